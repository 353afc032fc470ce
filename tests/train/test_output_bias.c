/* --output-bias frequency: the softmax of a network that has learnt nothing else gives targets their frequencies. */
#include "../data/data_help.h"

#include "sequence/batch.h"
#include "tasks/output_bias.h"

#include <math.h>

static rondo_model *model_of(const rondo_data *data, rondo_options *options)
{
    rondo_device *device = NULL;
    rondo_model *model = NULL;
    assert_int_equal(rondo_device_open("cpu", 1, &device, NULL), RONDO_OK);
    assert_int_equal(rondo_model_for(device, options, data, &model, NULL), RONDO_OK);
    return model;
}

static const rd_real *bias_of(rondo_model *model, size_t *classes)
{
    rondo_view value = {0}, grad;
    for (size_t i = 0; rondo_model_param(model, i, &value, &grad) == RONDO_OK; i++)
        if (strcmp(value.name, "out.bias") == 0) break;
    assert_string_equal(value.name, "out.bias");
    *classes = value.shape[0];
    return value.data;
}

static void close_model(rondo_model *model)
{
    rondo_device *device = model->device;
    rondo_model_free(model);
    rondo_device_close(device);
}

static void labels_have_their_frequencies(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "classify", "p\ta\np\tb\np\ta\nq\tb\n");
    rondo_options *options = OPTIONS("output-bias", "frequency", "task", "classify");
    rondo_model *model = model_of(data, options);
    size_t classes;
    const rd_real *bias = bias_of(model, &classes);
    assert_int_equal(classes, 2);
    assert_float_equal(bias[0], log(4.0 / 6), 1e-6); /* (3 + 1) / (4 + 2) */
    assert_float_equal(bias[1], log(2.0 / 6), 1e-6);
    close_model(model);
    rondo_options_free(options);
    rondo_data_free(data);
}

static void the_end_of_a_target_is_a_target(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "seq2seq", "ab\tx\nb\txxy\n");
    rondo_options *options = OPTIONS("task", "seq2seq");
    rondo_model *model = model_of(data, options);
    size_t classes;
    const rd_real *bias = bias_of(model, &classes);
    assert_int_equal(classes, 4); /* unknown, end, x, y */
    const double wanted[] = {1, 3, 4, 2};
    for (size_t k = 0; k < classes; k++)
        assert_float_equal(bias[k], log(wanted[k] / 10), 1e-6);
    close_model(model);
    rondo_options_free(options);
    rondo_data_free(data);
}

static void it_is_zero_unless_asked_for(void **state)
{
    (void)state;
    rondo_data *data = data_of(DEFAULTS, "lm", "abcab");
    rondo_options *options = DEFAULTS;
    rondo_model *model = model_of(data, options);
    size_t classes;
    const rd_real *bias = bias_of(model, &classes);
    for (size_t k = 0; k < classes; k++)
        assert_float_equal(bias[k], 0, 0);
    close_model(model);
    rondo_options_free(options);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_have_their_frequencies),
        cmocka_unit_test(the_end_of_a_target_is_a_target),
        cmocka_unit_test(it_is_zero_unless_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
