/* Models and checkpoints whose checksums are right and whose content is not: refused with the name of what is
 * wrong. Folders of checkpoints: the newest sound one by the step inside, whatever the names say. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/fresh_folder.h"
#include "base/memory.h"
#include "formats/safetensors.h"
#include "store/checkpoint.h"
#include "store/model_file.h"

static rondo_device *device;
static rondo_error error;
static rd_bundle *sound; /* of a small model */

#define MUST(call)                                                                                           \
    do {                                                                                                     \
        if ((call) != RONDO_OK) fail_msg("%s", error.message);                                               \
    } while (0)

static int make_model(void **state)
{
    static const char *const settings[][2] = {{"hidden-size", "4"}, {"embed-size", "3"}, {"cell", "gru"}};
    static const char text[] = "abra cadabra\nsim sala bim\n";
    rondo_options *options;
    rondo_data *data;
    rondo_model *model;
    (void)enter_folder(state);
    MUST(rondo_device_open("cpu", 1, &device, &error));
    MUST(rondo_options_new(&options, &error));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        MUST(rondo_options_set(options, settings[i][0], settings[i][1], &error));
    MUST(rondo_data_open_memory(options, NULL, "spells", text, sizeof text - 1, &data, &error));
    MUST(rondo_model_for(device, options, data, &model, &error));
    MUST(rondo_model_save(model, in_folder("sound"), 0, &error));
    MUST(rd_safetensors_read(in_folder("sound"), &sound, NULL, &error));
    rondo_model_free(model);
    rondo_data_free(data);
    rondo_options_free(options);
    return 0;
}

static int free_model(void **state)
{
    rd_bundle_free(sound);
    rondo_device_close(device);
    return leave_folder(state);
}

/* ---- changed models: everything is lent from the sound one */

typedef struct change {
    const char *text, *value; /* a text set to another value, NULL: removed */
    const char *tensor;       /* the tensor changed */
    rd_tensor to;             /* what it becomes; without a name it is removed */
} change;

static rondo_status load_changed(const change *c)
{
    rd_bundle *bundle;
    rondo_model *model = NULL;
    const char *name, *value;
    size_t size;
    const rd_tensor *tensor;
    MUST(rd_bundle_new(&bundle, &error));
    for (size_t i = 0; rd_bundle_text(sound, i, &name, &value, &size); i++)
        if (!c->text || strcmp(c->text, name) != 0) MUST(rd_bundle_set(bundle, name, value, size, &error));
    if (c->text && c->value) MUST(rd_bundle_set(bundle, c->text, c->value, strlen(c->value), &error));
    for (size_t i = 0; (tensor = rd_bundle_at(sound, i)) != NULL; i++)
        if (!c->tensor || strcmp(c->tensor, tensor->name) != 0) MUST(rd_bundle_add(bundle, tensor, &error));
    if (c->to.name) MUST(rd_bundle_add(bundle, &c->to, &error));
    MUST(rd_bundle_save(bundle, in_folder("changed"), 1, &error));
    rd_bundle_free(bundle);
    rondo_status status = rondo_model_load(device, in_folder("changed"), &model, &error);
    rondo_model_free(model);
    return status;
}

static void assert_refused(const change *c, const char *expected)
{
    rondo_status status = load_changed(c);
    if (status != RONDO_BAD_MODEL || !strstr(error.message, expected))
        fail_msg("status %d, \"%s\" (expected \"%s\")", (int)status, error.message, expected);
    assert_non_null(strstr(error.message, "/changed: ")); /* the file is always named */
}

static void an_unchanged_copy_loads(void **state)
{
    (void)state;
    assert_int_equal(load_changed(&(change){0}), RONDO_OK);
}

static void a_newer_format_says_who_made_it_and_what_is_read(void **state)
{
    (void)state;
    assert_refused(&(change){.text = "rondo.format", .value = "3"},
                   "format 3; this one reads up to format 2");
    static const char *const bad[] = {"0", "-1", "", "x", "1.5", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_refused(&(change){.text = "rondo.format", .value = bad[i]}, "\"rondo.format\" is ");
    assert_refused(&(change){.text = "rondo.format"}, "not a model of rondo");
}

/* Saves `sound` with narrow weights as `name`. */
static void save_narrow(const char *weights, const char *name)
{
    rondo_model *model;
    MUST(rondo_model_load(device, in_folder("sound"), &model, &error));
    MUST(rondo_quantize(model, weights, &error));
    MUST(rondo_model_save(model, in_folder(name), 1, &error));
    rondo_model_free(model);
}

static void narrow_weights_are_of_their_type_and_come_back_as_they_went(void **state)
{
    static const struct {
        const char *weights;
        rd_dtype dtype;
    } kinds[] = {{"bf16", RD_DTYPE_BF16}, {"int8", RD_DTYPE_I8}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        rondo_model *first, *again;
        rd_bundle *bundle;
        save_narrow(kinds[i].weights, "narrow");
        MUST(rondo_model_load(device, in_folder("narrow"), &first, &error));
        assert_string_equal(rondo_model_weights(first), kinds[i].weights);
        MUST(rondo_model_save(first, in_folder("again"), 1, &error));
        MUST(rondo_model_load(device, in_folder("again"), &again, &error));
        assert_memory_equal(first->params, again->params, first->numbers * sizeof(rondo_real));
        MUST(rd_safetensors_read(in_folder("again"), &bundle, NULL, &error));
        assert_int_equal(rd_bundle_find(bundle, "rnn.weight_hh_l0")->dtype, kinds[i].dtype);
        assert_int_equal(rd_bundle_find(bundle, "rnn.bias_hh_l0")->dtype, RD_DTYPE_F32);
        assert_int_equal(rd_bundle_find(bundle, "rnn.weight_hh_l0.scale") != NULL, i == 1);
        assert_string_equal(rd_bundle_get(bundle, "rondo.format", NULL), "2");
        rd_bundle_free(bundle);
        rondo_model_free(first);
        rondo_model_free(again);
    }
}

static void narrow_models_that_are_not_as_they_say_are_refused_by_name(void **state)
{
    rd_bundle *plain = sound;
    static const float scales[12] = {[3] = -1};
    (void)state;
    assert_refused(&(change){.text = "rondo.weights", .value = "int4"}, "weights \"int4\" are not known");
    save_narrow("int8", "narrow");
    MUST(rd_safetensors_read(in_folder("narrow"), &sound, NULL, &error));
    assert_int_equal(load_changed(&(change){0}), RONDO_OK);
    assert_refused(&(change){.text = "rondo.weights"}, "weight.scale\" belongs to no layer");
    assert_refused(&(change){.text = "rondo.weights", .value = "bf16"}, "weight.scale\" belongs to no layer");
    assert_refused(&(change){.text = "rondo.weights", .value = "int4"}, "weights \"int4\" are not known");
    assert_refused(&(change){.tensor = "rnn.weight_hh_l0.scale"}, "\"rnn.weight_hh_l0.scale\" is missing");
    assert_refused(&(change){.tensor = "rnn.weight_hh_l0.scale",
                             .to = {.name = "rnn.weight_hh_l0.scale",
                                    .dtype = RD_DTYPE_F32,
                                    .rank = 1,
                                    .shape = {12},
                                    .data = scales}},
                   "the scale of row 3 is -1");
    assert_refused(&(change){.tensor = "rnn.weight_hh_l0.scale",
                             .to = {.name = "rnn.weight_hh_l0.scale",
                                    .dtype = RD_DTYPE_F32,
                                    .rank = 1,
                                    .shape = {11},
                                    .data = scales}},
                   "has shape [11]");
    rd_bundle_free(sound);
    sound = plain;
}

static void every_text_that_is_missing_or_senseless_is_named(void **state)
{
    static const char *const needed[] = {"rondo.model", "rondo.options", "rondo.sizes", "rondo.task"};
    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        assert_refused(&(change){.text = needed[i]}, needed[i]);
    assert_refused(&(change){.text = "rondo.model", .value = "h = what(x)\n"}, "what");
    assert_refused(&(change){.text = "rondo.model", .value = ""}, "");
    assert_refused(&(change){.text = "rondo.options", .value = "hidden-size = minus\n"}, "hidden-size");
    assert_refused(&(change){.text = "rondo.options", .value = "no-such-option = 1\n"}, "no-such-option");
    assert_refused(&(change){.text = "rondo.sizes", .value = "x = symbols 0\n"}, "line 1");
    assert_refused(&(change){.text = "rondo.sizes", .value = "x = symbols 99999999999999999999\n"}, "line 1");
    assert_refused(&(change){.text = "rondo.sizes", .value = "x = symbols -4\n"}, "line 1");
    assert_refused(&(change){.text = "rondo.sizes", .value = "x = symbols 7\ny = symbols 7\n"}, "");
    assert_refused(
        &(change){.text = "rondo.task",
                  .value = "a task with a name that is much longer than any name of a task could be"},
        "rondo.task");
}

static void every_tensor_that_is_not_as_the_model_says_is_named(void **state)
{
    const rd_tensor *tensor;
    float numbers[4096] = {0};
    (void)state;
    for (size_t i = 0; (tensor = rd_bundle_at(sound, i)) != NULL; i++) {
        const char *name = tensor->name;
        rd_tensor other = *tensor;
        assert_refused(&(change){.tensor = name}, name); /* missing */
        other.name = "other";
        assert_refused(&(change){.tensor = name, .to = other}, "other"); /* renamed */
        assert_refused(&(change){.to = other}, "other");                 /* one too many */
        other = (rd_tensor){.name = name, .dtype = RD_DTYPE_I32, .rank = tensor->rank, .data = numbers};
        memcpy(other.shape, tensor->shape, sizeof other.shape);
        assert_refused(&(change){.tensor = name, .to = other}, name); /* of another type */
        other.dtype = tensor->dtype;
        other.rank = 1;
        other.shape[0] = tensor->shape[0] + 1;
        assert_refused(&(change){.tensor = name, .to = other}, name); /* of another shape */
        if (tensor->rank == 2 && tensor->shape[0] != tensor->shape[1]) {
            other = *tensor;
            other.shape[0] = tensor->shape[1];
            other.shape[1] = tensor->shape[0];
            assert_refused(&(change){.tensor = name, .to = other}, name); /* transposed */
        }
    }
}

static void a_number_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t k = 0; k < 3; k++)
        for (size_t i = 0; rd_bundle_at(sound, i); i++) {
            rd_tensor tensor = *rd_bundle_at(sound, i);
            float numbers[4096];
            if (tensor.dtype != RD_DTYPE_F32) continue;
            memcpy(numbers, tensor.data, tensor.bytes);
            numbers[tensor.bytes / sizeof *numbers - 1] = bad[k];
            tensor.data = numbers;
            assert_refused(&(change){.tensor = tensor.name, .to = tensor}, "not a finite number");
        }
}

/* ---- folders of checkpoints */

static void put(const char *run, const char *name, uint64_t step)
{
    char text[64], path[256];
    rd_bundle *bundle;
    MUST(rd_folder_make(in_folder(run), &error));
    MUST(rd_bundle_new(&bundle, &error));
    (void)snprintf(text, sizeof text, "step = %llu\n", (unsigned long long)step);
    MUST(rd_bundle_set(bundle, "rondo.checkpoint", text, strlen(text), &error));
    (void)snprintf(path, sizeof path, "%s/%s", in_folder(run), name);
    MUST(rd_bundle_save(bundle, path, 1, &error));
    rd_bundle_free(bundle);
}

static rondo_status take(const char *run, int strict, char name[64], char told[1024])
{
    rd_bundle *bundle;
    rd_text warning = {0};
    char *path;
    rondo_status status = rd_checkpoint_load(in_folder(run), strict, &bundle, &path, &warning, &error);
    (void)snprintf(name, 64, "%s", path ? strrchr(path, '/') + 1 : "");
    (void)snprintf(told, 1024, "%s", warning.text ? warning.text : "");
    rd_bundle_free(bundle);
    rd_free(path);
    rd_text_free(&warning);
    return status;
}

static void the_step_inside_decides_and_not_the_name(void **state)
{
    char name[64], told[1024];
    (void)state;
    put("a", "step-000000000009.safetensors", 3);
    put("a", "step-000000000001.safetensors", 7);
    put("a", "step-000000000004.safetensors", 4);
    assert_int_equal(take("a", 0, name, told), RONDO_OK);
    assert_string_equal(name, "step-000000000001.safetensors");
    assert_string_equal(told, "");
}

static void a_folder_without_a_checkpoint_is_no_failure_and_one_without_a_sound_one_is(void **state)
{
    char name[64], told[1024];
    (void)state;
    assert_int_equal(take("nowhere", 0, name, told), RONDO_SYSTEM);
    MUST(rd_folder_make(in_folder("b"), &error));
    assert_int_equal(take("b", 0, name, told), RONDO_NO);
    write_file(in_folder("b/step-000000000001.safetensors"), "torn", 4);
    assert_int_equal(take("b", 1, name, told), RONDO_BAD_MODEL);
    assert_true(rd_file_exists(in_folder("b/step-000000000001.safetensors"))); /* strict changes nothing */
    assert_int_equal(take("b", 0, name, told), RONDO_BAD_MODEL);
    assert_non_null(strstr(error.message, "step-000000000001.safetensors"));
}

static void a_damaged_checkpoint_is_set_aside_and_both_are_named(void **state)
{
    char name[64], told[1024];
    (void)state;
    put("c", "step-000000000001.safetensors", 1);
    write_file(in_folder("c/step-000000000002.safetensors"), "torn", 4);
    assert_int_equal(take("c", 0, name, told), RONDO_OK);
    assert_string_equal(name, "step-000000000001.safetensors");
    assert_non_null(strstr(told, "step-000000000002.safetensors: byte "));
    assert_non_null(strstr(told, "step-000000000001.safetensors: taken instead"));
    assert_false(rd_file_exists(in_folder("c/step-000000000002.safetensors")));
    assert_true(rd_file_exists(in_folder("c/step-000000000002.safetensors.damaged")));
    put("c", "step-000000000003.safetensors", 3); /* so that it counts for no generation */
    rd_bundle *bundle;
    MUST(rd_bundle_new(&bundle, &error));
    MUST(rd_bundle_set(bundle, "rondo.checkpoint", "step = 4\n", 9, &error));
    MUST(rd_checkpoint_save(in_folder("c"), 4, bundle, 2, &error));
    rd_bundle_free(bundle);
    assert_false(rd_file_exists(in_folder("c/step-000000000001.safetensors")));
    assert_true(rd_file_exists(in_folder("c/step-000000000003.safetensors")));
    assert_true(rd_file_exists(in_folder("c/step-000000000004.safetensors")));
}

static void a_model_is_no_checkpoint(void **state)
{
    char name[64], told[1024];
    (void)state;
    MUST(rd_folder_make(in_folder("d"), &error));
    MUST(rd_bundle_save(sound, in_folder("d/step-000000000001.safetensors"), 1, &error));
    assert_int_equal(take("d", 1, name, told), RONDO_BAD_MODEL);
    assert_non_null(strstr(error.message, "not a checkpoint"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unchanged_copy_loads),
        cmocka_unit_test(a_newer_format_says_who_made_it_and_what_is_read),
        cmocka_unit_test(narrow_weights_are_of_their_type_and_come_back_as_they_went),
        cmocka_unit_test(narrow_models_that_are_not_as_they_say_are_refused_by_name),
        cmocka_unit_test(every_text_that_is_missing_or_senseless_is_named),
        cmocka_unit_test(every_tensor_that_is_not_as_the_model_says_is_named),
        cmocka_unit_test(a_number_that_is_not_finite_is_refused),
        cmocka_unit_test(the_step_inside_decides_and_not_the_name),
        cmocka_unit_test(a_folder_without_a_checkpoint_is_no_failure_and_one_without_a_sound_one_is),
        cmocka_unit_test(a_damaged_checkpoint_is_set_aside_and_both_are_named),
        cmocka_unit_test(a_model_is_no_checkpoint),
    };
    return cmocka_run_group_tests(tests, make_model, free_model);
}
