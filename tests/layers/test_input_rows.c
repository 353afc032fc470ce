/* The gradient of one-hot inputs is the plain double loop's, bit for bit, by table and by columns, with any
 * threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "layers/input_rows.h"

#include <string.h>

enum { MOST_ROWS = 700, MOST_OUTPUTS = 150, MOST_INPUTS = 300 };

static rd_real random_number(uint32_t *seed)
{
    *seed = *seed * 1103515245u + 12345u;
    return (rd_real)((double)(*seed >> 8) / (1 << 23) - 1);
}

static void check(int threads, size_t rows, size_t inputs, size_t outputs)
{
    static rd_real a[MOST_ROWS * MOST_OUTPUTS], made[MOST_OUTPUTS * MOST_INPUTS],
        expected[MOST_OUTPUTS * MOST_INPUTS];
    static int32_t symbols[MOST_ROWS];
    rondo_device *device;
    uint32_t seed = 5;
    for (size_t i = 0; i < rows * outputs; i++)
        a[i] = random_number(&seed);
    for (size_t r = 0; r < rows; r++)
        symbols[r] = (int32_t)((r * r + r / 3) % inputs);
    for (size_t i = 0; i < outputs * inputs; i++)
        made[i] = expected[i] = random_number(&seed);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < outputs; j++)
            expected[j * inputs + (size_t)symbols[r]] += a[r * outputs + j];
    assert_int_equal(rondo_device_open("cpu", threads, &device, NULL), RONDO_OK);
    const rd_value in = {.symbols = symbols};
    rd_input_backward(&(rd_input_rows){.device = device,
                                       .in = &in,
                                       .rows = rows,
                                       .inputs = inputs,
                                       .outputs = outputs,
                                       .symbols = 1,
                                       .a = a,
                                       .stride = outputs,
                                       .d_weight = made});
    rondo_device_close(device);
    assert_memory_equal(made, expected, outputs * inputs * sizeof *made);
}

static void one_hot_gradients_are_those_of_the_plain_loop(void **state)
{
    (void)state;
    static const size_t rows[] = {1, 7, 64, 700}, inputs[] = {1, 2, 65, 256, 257, 300},
                        outputs[] = {1, 17, 64, 150};
    for (int threads = 1; threads <= 3; threads++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            for (size_t k = 0; k < sizeof inputs / sizeof *inputs; k++)
                for (size_t j = 0; j < sizeof outputs / sizeof *outputs; j++)
                    check(threads, rows[i], inputs[k], outputs[j]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_hot_gradients_are_those_of_the_plain_loop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
