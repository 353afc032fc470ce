/* Batches read ahead are those of the loader, in its order; what is read ahead changes nothing that is told,
 * kept or refused. */
#include "data_help.h"

#include "data/loader.h"
#include "data/reading.h"
#include "sequence/batch.h"

static rondo_data *lines_of_letters(void)
{
    static char text[4096];
    size_t at = 0;
    for (size_t line = 0; line < 60; line++) {
        for (size_t i = 0; i <= line * 7 % 11; i++)
            text[at++] = (char)('a' + (line + i * i) % 26);
        text[at++] = '\n';
    }
    text[at] = 0;
    return data_of(OPTIONS("lines", "on"), "lm", text);
}

static rondo_loader *loader_of(const rondo_data *data, int training)
{
    rondo_options *options = OPTIONS("lines", "on", "batch-size", "7");
    rondo_loader *loader = NULL;
    assert_int_equal(rondo_loader_new(data, options, training, &loader, NULL), RONDO_OK);
    rondo_options_free(options);
    return loader;
}

static rd_reading *reading_of(rondo_loader *loader)
{
    rd_reading *reading = NULL;
    assert_int_equal(rd_reading_new(loader, &reading, NULL), RONDO_OK);
    return reading;
}

static void assert_same_batch(const rondo_batch *a, const rondo_batch *b)
{
    static const char *const names[] = {"x", "y"};
    assert_int_equal(a->sequences, b->sequences);
    assert_int_equal(a->first_sequence, b->first_sequence);
    assert_memory_equal(a->fresh, b->fresh, a->sequences);
    for (int i = 0; i < 2; i++) {
        const rd_part *p = rd_batch_part(a, names[i]), *q = rd_batch_part(b, names[i]);
        assert_int_equal(p->packed.pack.rows, q->packed.pack.rows);
        assert_memory_equal(p->packed.pack.length, q->packed.pack.length, a->sequences * sizeof(size_t));
        assert_memory_equal(p->symbols, q->symbols, p->packed.pack.rows * sizeof *p->symbols);
    }
}

static void batches_come_in_the_order_of_the_loader(void **state)
{
    (void)state;
    rondo_data *data = lines_of_letters();
    rondo_loader *plain = loader_of(data, 1), *ahead = loader_of(data, 1);
    rd_reading *reading = reading_of(ahead);
    rondo_batch *expected, *batch = NULL;
    assert_int_equal(rondo_batch_new(&expected, NULL), RONDO_OK);
    for (uint64_t i = 0; i < 3 * rd_loader_batches(plain); i++) {
        uint64_t epochs[2], batches[2];
        int ends[2];
        assert_int_equal(rondo_loader_next(plain, expected, &ends[0], NULL), RONDO_OK);
        assert_int_equal(rd_reading_next(reading, &batch, &ends[1], NULL), RONDO_OK);
        assert_same_batch(batch, expected);
        assert_int_equal(ends[0], ends[1]);
        rd_loader_tell(plain, &epochs[0], &batches[0]);
        rd_reading_tell(reading, &epochs[1], &batches[1]); /* not where the loader stands, one batch on */
        assert_int_equal(epochs[0], epochs[1]);
        assert_int_equal(batches[0], batches[1]);
    }
    rd_reading_free(reading);
    rondo_loader_free(ahead);
    rondo_loader_free(plain);
    rondo_batch_free(expected);
    rondo_data_free(data);
}

static void a_seek_drops_what_was_read_ahead(void **state)
{
    (void)state;
    rondo_data *data = lines_of_letters();
    rondo_loader *plain = loader_of(data, 1), *ahead = loader_of(data, 1);
    rd_reading *reading = reading_of(ahead);
    rondo_batch *expected, *batch = NULL;
    int end;
    assert_int_equal(rondo_batch_new(&expected, NULL), RONDO_OK);
    for (uint64_t at = 0; at < rd_loader_batches(plain); at += 3) {
        rondo_error error = {0};
        uint64_t epoch, next;
        assert_int_equal(rd_reading_next(reading, &batch, &end, NULL), RONDO_OK);
        assert_int_equal(rd_reading_seek(reading, 5, 1000000, &error), RONDO_BAD_ARGUMENT);
        assert_int_equal(rd_reading_seek(reading, 5, at, NULL), RONDO_OK);
        assert_int_equal(rd_loader_seek(plain, 5, at, NULL), RONDO_OK);
        rd_reading_tell(reading, &epoch, &next);
        assert_int_equal(epoch, 5);
        assert_int_equal(next, at);
        for (int i = 0; i < 2; i++) {
            assert_int_equal(rd_reading_next(reading, &batch, &end, NULL), RONDO_OK);
            assert_int_equal(rondo_loader_next(plain, expected, &end, NULL), RONDO_OK);
            assert_same_batch(batch, expected);
        }
    }
    rd_reading_free(reading);
    rondo_loader_free(ahead);
    rondo_loader_free(plain);
    rondo_batch_free(expected);
    rondo_data_free(data);
}

/* The end of the data is met by the thread and told when its turn comes; asking again tells it again. */
static void an_error_comes_in_its_turn(void **state)
{
    (void)state;
    rondo_data *data = lines_of_letters();
    rondo_loader *loader = loader_of(data, 0);
    rd_reading *reading = reading_of(loader);
    rondo_batch *batch = NULL;
    int end = 0;
    for (uint64_t i = 0; i < rd_loader_batches(loader); i++) {
        assert_false(end);
        assert_int_equal(rd_reading_next(reading, &batch, &end, NULL), RONDO_OK);
    }
    assert_true(end);
    for (int i = 0; i < 2; i++)
        assert_int_equal(rd_reading_next(reading, &batch, &end, NULL), RONDO_NO);
    rd_reading_free(reading);
    rondo_loader_free(loader);
    rondo_data_free(data);
}

static void it_may_be_stopped_at_any_moment(void **state)
{
    (void)state;
    rondo_data *data = lines_of_letters();
    const uint64_t live = rd_memory_live();
    for (int i = 0; i < 40; i++) {
        rondo_loader *loader = loader_of(data, 1);
        rd_reading *reading = reading_of(loader);
        rondo_batch *batch = NULL;
        int end;
        for (int n = 0; n < i % 4; n++)
            assert_int_equal(rd_reading_next(reading, &batch, &end, NULL), RONDO_OK);
        rd_reading_free(reading);
        rondo_loader_free(loader);
    }
    assert_int_equal(rd_memory_live(), live);
    rondo_data_free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_in_the_order_of_the_loader),
        cmocka_unit_test(a_seek_drops_what_was_read_ahead),
        cmocka_unit_test(an_error_comes_in_its_turn),
        cmocka_unit_test(it_may_be_stopped_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
