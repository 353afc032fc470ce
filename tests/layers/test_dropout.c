/* Dropout and noise: their shares, and that masks belong to sequences and not to rows. */
#include "layer_help.h"

static void a_share_p_is_dropped_and_the_rest_scaled_up(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=2000, bias=0)\nd = dropout(h, p=0.3)\n");
    bench_fill(&b);
    const rd_value *d = run_layer(&b, RONDO_TRAIN, "d"), *h = value_of(&b, &b.model->train, "h");
    size_t dropped = 0;
    for (size_t r = 0; r < BENCH_ROWS; r++)
        for (size_t j = 0; j < 2000; j++) {
            rd_real got = d->data[r * d->stride + j], had = h->data[r * h->stride + j];
            dropped += got == 0;
            assert_true(got == 0 || fabs((double)got - (double)had / 0.7) < 1e-5);
        }
    assert_true(fabs((double)dropped / (BENCH_ROWS * 2000) - 0.3) < 0.015);
    bench_close(&b);
}

static void in_use_dropout_and_noise_are_the_identity_and_cost_nothing(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=4)\nd = dropout(noise(h, scale=2), p=0.5)\n");
    bench_fill(&b);
    const rd_value *d = run_layer(&b, RONDO_USE, "d"), *h = value_of(&b, &b.model->use, "h");
    assert_ptr_equal(d->data, h->data);
    bench_close(&b);
}

/* The masks of four sequences, in a batch and each in another place of another batch. */
static void masks_do_not_depend_on_the_packing(void **state)
{
    (void)state;
    const char *const texts[] = {"h = dense(x, size=8)\nd = dropout(h, p=0.5)\n",
                                 "h = dense(x, size=8)\nd = dropout(h, p=0.5, variational=1)\n",
                                 "h = dense(x, size=8)\nd = noise(h, scale=1)\n"};
    for (size_t i = 0; i < 3; i++) {
        bench a, b;
        const size_t longer[] = {5, 4, 6, 3}, name[] = {0, 1, 2, 3};
        bench_open(&a, 1, "");
        bench_open(&b, 1, "");
        bench_model(&a, texts[i]);
        bench_model(&b, texts[i]);
        bench_fill(&a);
        bench_fill_as(&b, longer, name, 4);
        const rd_value *da = run_layer(&a, RONDO_TRAIN, "d"), *db = run_layer(&b, RONDO_TRAIN, "d");
        for (size_t s = 0; s < 4; s++)
            for (size_t t = 0; t < bench_length[s]; t++)
                assert_memory_equal(da->data + row_at(&a, "x", s, t) * da->stride,
                                    db->data + row_at(&b, "x", s, t) * db->stride, 8 * sizeof(rd_real));
        bench_close(&a);
        bench_close(&b);
    }
}

static void a_variational_mask_is_the_same_at_all_steps_and_differs_between_sequences(void **state)
{
    (void)state;
    bench b;
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=64)\nd = dropout(h, p=0.5, variational=1)\n");
    bench_fill(&b);
    const rd_value *d = run_layer(&b, RONDO_TRAIN, "d");
    size_t differ = 0;
    for (size_t j = 0; j < 64; j++) {
        int kept = d->data[row_at(&b, "x", 1, 0) * d->stride + j] != 0;
        for (size_t t = 1; t < 4; t++)
            assert_int_equal(kept, d->data[row_at(&b, "x", 1, t) * d->stride + j] != 0);
        differ += kept != (d->data[row_at(&b, "x", 3, 0) * d->stride + j] != 0);
    }
    assert_true(differ > 16 && differ < 48);
    bench_close(&b);
}

static void another_step_or_seed_draws_another_mask(void **state)
{
    (void)state;
    bench b;
    rd_real first[64];
    bench_open(&b, 1, "");
    bench_model(&b, "h = dense(x, size=64)\nd = dropout(h, p=0.5)\n");
    bench_fill(&b);
    for (int again = 0; again < 3; again++) {
        b.model->step = again == 1;
        b.model->seed = again == 2 ? 99 : 1;
        const rd_value *d = run_layer(&b, RONDO_TRAIN, "d");
        if (again)
            assert_memory_not_equal(first, d->data, sizeof first);
        else
            memcpy(first, d->data, sizeof first);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_p_is_dropped_and_the_rest_scaled_up),
        cmocka_unit_test(in_use_dropout_and_noise_are_the_identity_and_cost_nothing),
        cmocka_unit_test(masks_do_not_depend_on_the_packing),
        cmocka_unit_test(a_variational_mask_is_the_same_at_all_steps_and_differs_between_sequences),
        cmocka_unit_test(another_step_or_seed_draws_another_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
