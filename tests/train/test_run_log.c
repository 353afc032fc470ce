/* The log of a run: what it holds, and that a resumed one equals one never stopped. */
#include "train/run_log.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/memory.h"
#include "formats/metrics_line.h"
#include "formats/tfevents.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char folder[64];

/* ---- a run of made numbers: step s, an evaluation every 5, a checkpoint every 10 */

static rondo_status log_step(rd_run_log *log, uint64_t step, double loss, rondo_error *error)
{
    rondo_step_report report = {.step = step,
                                .epoch = step / 8,
                                .loss = loss,
                                .rows = 64,
                                .grad_norm = 1.0 / (double)step,
                                .rate = 0.002,
                                .seconds = 0.001 * (double)getpid()};
    rondo_event event = {.kind = RONDO_EVENT_STEP, .step = &report};
    return rd_run_log_event(log, &event, error);
}

static void log_kind(rd_run_log *log, rondo_event_kind kind, const char *text)
{
    rondo_error error;
    rondo_event event = {.kind = kind,
                         .train_loss = 2,
                         .valid_loss = 2.5,
                         .best_loss = 2.5,
                         .best_step = 5,
                         .total_steps = 30,
                         .memory = 1000,
                         .tokens_per_second = 5,
                         .text = text,
                         .improved = 1};
    assert_int_equal(rd_run_log_event(log, &event, &error), RONDO_OK);
}

static void run_steps(rd_run_log *log, uint64_t first, uint64_t last)
{
    rondo_error error;
    for (uint64_t s = first; s <= last; s++) {
        assert_int_equal(log_step(log, s, 3.0 / (double)s, &error), RONDO_OK);
        if (s % 5 == 0) log_kind(log, RONDO_EVENT_EVAL, NULL);
        if (s % 10 == 0) log_kind(log, RONDO_EVENT_CHECKPOINT, "saved");
    }
}

static rd_run_log *open_log(int resume, uint64_t step)
{
    rd_run_log *log = NULL;
    rondo_error error = {RONDO_OK, "", ""};
    if (rd_run_log_open(folder, resume, step, "nats", &log, &error) != RONDO_OK)
        fail_msg("%s", error.message);
    return log;
}

static void close_log(rd_run_log *log)
{
    assert_int_equal(rd_run_log_close(log, NULL), RONDO_OK);
}

/* ---- reading it back */

static char *read_log(size_t *size)
{
    char path[96], *bytes = NULL;
    (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    assert_int_equal(rd_file_read(path, 1 << 24, &bytes, size, NULL), RONDO_OK);
    return bytes;
}

/* The lines without the values of wall-clock fields. */
static void drop_clock(char *text)
{
    static const char *const fields[] = {
        "\"time\":", "\"seconds\":", "\"seconds_trained\":", "\"tokens_per_second\":", "\"input_wait\":"};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        for (char *at = text; (at = strstr(at, fields[i])) != NULL;) {
            at += strlen(fields[i]);
            size_t number = strcspn(at, ",}");
            memmove(at, at + number, strlen(at + number) + 1);
        }
    }
}

static void write_log(const char *text, size_t size)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static size_t count_events(void)
{
    char **names;
    size_t count, files = 0;
    assert_int_equal(rd_folder_list(folder, &names, &count, NULL), RONDO_OK);
    for (size_t i = 0; i < count; i++)
        files += strncmp(names[i], "events.out.tfevents.", 20) == 0;
    rd_free(names);
    return files;
}

/* ---- tests */

static void a_log_holds_every_event_as_a_line_that_parses(void **state)
{
    (void)state;
    rd_run_log *log = open_log(0, 0);
    log_kind(log, RONDO_EVENT_START, "1 layer");
    run_steps(log, 1, 10);
    log_kind(log, RONDO_EVENT_POLL, NULL);
    log_kind(log, RONDO_EVENT_END, "epochs");
    close_log(log);
    size_t size, lines = 0;
    char *text = read_log(&size);
    static const char *const first =
        "{\"schema\":1,\"event\":\"start\",\"step\":0,\"total_steps\":30,\"memory\":1000,"
        "\"loss_unit\":\"nats\",\"text\":\"1 layer\",\"time\":";
    assert_memory_equal(text, first, strlen(first));
    for (char *at = text, *end; (end = strchr(at, '\n')) != NULL; at = end + 1, lines++) {
        rd_metrics_line line;
        size_t column;
        const char *wrong;
        assert_int_equal(rd_metrics_parse(at, (size_t)(end - at), &line, &column, &wrong), 1);
    }
    assert_int_equal(lines, 1 + 10 + 2 + 1 + 1);
    assert_int_equal(text[size - 1], '\n');
    assert_non_null(strstr(text, "\"event\":\"end\",\"step\":10,"));
    assert_non_null(strstr(text, "\"text\":\"epochs\""));
    rd_free(text);
}

/* Killed after step `killed`, with the last line cut by `cut` bytes, and resumed from step 10. */
static void check_resume(const char *expected, uint64_t killed, size_t cut)
{
    rd_run_log *log = open_log(0, 0);
    log_kind(log, RONDO_EVENT_START, "1 layer");
    run_steps(log, 1, killed);
    close_log(log);
    size_t size;
    char *text = read_log(&size);
    write_log(text, size - cut);
    rd_free(text);
    log = open_log(1, 10);
    log_kind(log, RONDO_EVENT_START, "1 layer");
    run_steps(log, 11, 23);
    log_kind(log, RONDO_EVENT_END, "epochs");
    close_log(log);
    text = read_log(&size);
    drop_clock(text);
    assert_string_equal(text, expected);
    rd_free(text);
}

static void a_resumed_log_equals_one_never_stopped_but_for_the_clock(void **state)
{
    (void)state;
    rd_run_log *log = open_log(0, 0);
    log_kind(log, RONDO_EVENT_START, "1 layer");
    run_steps(log, 1, 23);
    log_kind(log, RONDO_EVENT_END, "epochs");
    close_log(log);
    size_t size;
    char *expected = read_log(&size);
    drop_clock(expected);
    for (uint64_t killed = 10; killed < 23; killed++) {
        for (size_t cut = 0; cut < 60 && (killed > 10 || cut == 0); cut += 7)
            check_resume(expected, killed, cut);
    }
    rd_free(expected);
}

static void an_evaluation_repeated_after_a_resume_is_logged_once(void **state)
{
    (void)state;
    rd_run_log *log = open_log(0, 0);
    run_steps(log, 1, 10);
    close_log(log);
    size_t before, after;
    char *old = read_log(&before);
    log = open_log(1, 10);
    log_kind(log, RONDO_EVENT_EVAL, NULL);
    close_log(log);
    char *text = read_log(&after);
    assert_string_equal(text, old);
    rd_free(text);
    rd_free(old);
}

static void the_end_of_a_run_is_taken_away_when_it_goes_on(void **state)
{
    (void)state;
    rd_run_log *log = open_log(0, 0);
    run_steps(log, 1, 10);
    log_kind(log, RONDO_EVENT_END, "stopped");
    close_log(log);
    log = open_log(1, 10);
    close_log(log);
    size_t size;
    char *text = read_log(&size);
    assert_null(strstr(text, "\"end\""));
    assert_non_null(strstr(text, "\"step\":10"));
    rd_free(text);
}

static void a_missing_or_damaged_log_does_not_stop_a_resume(void **state)
{
    (void)state;
    size_t size;
    static const char damaged[] = "{\"schema\":1,\"event\":\"step\",\"step\":1}\n\0\0\0garbage\n";
    write_log(damaged, sizeof damaged - 1);
    rd_run_log *log = open_log(1, 10);
    run_steps(log, 11, 11);
    close_log(log);
    char *text = read_log(&size);
    assert_memory_equal(text, damaged, 37);
    assert_memory_equal(text + 37, "{\"schema\":1,\"event\":\"step\",\"step\":11,", 37);
    rd_free(text);
    char path[96];
    (void)snprintf(path, sizeof path, "%s/metrics.jsonl", folder);
    assert_int_equal(unlink(path), 0);
    log = open_log(1, 10);
    close_log(log);
    text = read_log(&size);
    assert_int_equal(size, 0);
    rd_free(text);
}

static void a_loss_that_is_not_a_number_is_null(void **state)
{
    (void)state;
    rondo_error error;
    rd_run_log *log = open_log(0, 0);
    assert_int_equal(log_step(log, 1, (double)NAN, &error), RONDO_OK);
    close_log(log);
    size_t size;
    char *text = read_log(&size);
    assert_non_null(strstr(text, "\"loss\":null"));
    assert_non_null(strstr(text, "\"nonfinite\":true"));
    rd_free(text);
}

static void a_fresh_log_removes_old_event_files_and_a_resumed_one_adds_a_file(void **state)
{
    (void)state;
    close_log(open_log(0, 0));
    assert_int_equal(count_events(), 1);
    close_log(open_log(1, 0));
    assert_int_equal(count_events(), 2);
    close_log(open_log(0, 0));
    assert_int_equal(count_events(), 1);
}

static void every_record_of_the_event_file_has_right_checksums(void **state)
{
    (void)state;
    rd_run_log *log = open_log(0, 0);
    run_steps(log, 1, 20);
    close_log(log);
    char **names, *bytes = NULL, path[400];
    size_t count, size = 0, records = 0;
    assert_int_equal(rd_folder_list(folder, &names, &count, NULL), RONDO_OK);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(names[i], "events.", 7) != 0) continue;
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        assert_int_equal(rd_file_read(path, 1 << 20, &bytes, &size, NULL), RONDO_OK);
    }
    rd_free(names);
    for (size_t at = 0; at < size; records++) {
        uint64_t length;
        uint32_t crc;
        assert_true(size - at >= 16);
        memcpy(&length, bytes + at, 8); /* tests run on little-endian machines */
        assert_true(length <= size - at - 16);
        memcpy(&crc, bytes + at + 12 + length, 4);
        assert_int_equal(crc, rd_tfevent_mask(rd_crc32c(0, bytes + at + 12, (size_t)length)));
        at += 16 + (size_t)length;
    }
    assert_int_equal(records, 1 + 20 + 4); /* version, steps, evaluations */
    rd_free(bytes);
}

static void logging_a_step_allocates_nothing(void **state)
{
    (void)state;
    rondo_error error;
    rd_run_log *log = open_log(0, 0);
    rd_memory_trap(1);
    rondo_status status = log_step(log, 1, 2.5, &error);
    rd_memory_trap(0);
    assert_int_equal(status, RONDO_OK);
    close_log(log);
}

static void a_failed_write_is_told_and_leaves_whole_lines(void **state)
{
    (void)state;
    rondo_error error = {RONDO_OK, "", ""};
    rd_run_log *log = open_log(0, 0);
    run_steps(log, 1, 9);
    size_t size;
    char *before = read_log(&size);
    struct rlimit old, tight;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = size + 20; /* a part of the next line fits */
    assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    rondo_status status = log_step(log, 10, 1, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "metrics.jsonl"));
    char *after = read_log(&size);
    assert_string_equal(after, before);
    rd_free(after);
    rd_free(before);
    assert_int_equal(log_step(log, 11, 1, &error), RONDO_OK); /* brings the one that failed along */
    after = read_log(&size);
    const char *tenth = strstr(after, "\"step\":10,"), *next = strstr(after, "\"step\":11,");
    assert_true(tenth && next && tenth < next);
    rd_free(after);
    close_log(log);
}

static void a_log_that_never_got_room_says_so_when_it_is_closed(void **state)
{
    (void)state;
    rondo_error error = {RONDO_OK, "", ""};
    struct rlimit old, tight;
    rd_run_log *log = open_log(0, 0);
    run_steps(log, 1, 3);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tight = old;
    tight.rlim_cur = 40;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
    rondo_status status = RONDO_OK;
    for (uint64_t step = 4; step < 20000; step++) /* more than memory keeps */
        status = log_step(log, step, 1, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(status, RONDO_SYSTEM);
    assert_int_equal(rd_run_log_close(log, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "missing"));
}

static void every_allocation_may_fail_and_the_log_stays(void **state)
{
    (void)state;
    rondo_status status = RONDO_LIMIT;
    rd_run_log *first = open_log(0, 0);
    run_steps(first, 1, 3);
    close_log(first);
    for (uint64_t n = 1; n < 100 && status == RONDO_LIMIT; n++) {
        rd_run_log *log = NULL;
        uint64_t live = rd_memory_live();
        rd_memory_fail_at(n, 0);
        status = rd_run_log_open(folder, 1, 3, "nats", &log, NULL);
        rd_memory_fail_at(0, 0);
        (void)rd_run_log_close(log, NULL);
        assert_int_equal(rd_memory_live(), live);
    }
    assert_int_equal(status, RONDO_OK);
    size_t size;
    char *text = read_log(&size); /* and none of the failures cost a line */
    assert_non_null(strstr(text, "\"step\":3"));
    rd_free(text);
}

static void a_folder_that_is_missing_is_told(void **state)
{
    (void)state;
    rd_run_log *log = NULL;
    rondo_error error = {RONDO_OK, "", ""};
    assert_int_equal(rd_run_log_open("/tmp/rondo-there-is-no-such-folder", 0, 0, NULL, &log, &error),
                     RONDO_SYSTEM);
    assert_null(log);
    assert_non_null(strstr(error.message, "rondo-there-is-no-such-folder"));
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/rondo-log-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    char **names, path[400];
    size_t count;
    (void)state;
    if (rd_folder_list(folder, &names, &count, NULL) != RONDO_OK) return -1;
    for (size_t i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    rd_free(names);
    return rmdir(folder);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_FOLDER(a_log_holds_every_event_as_a_line_that_parses),
        IN_A_FOLDER(a_resumed_log_equals_one_never_stopped_but_for_the_clock),
        IN_A_FOLDER(an_evaluation_repeated_after_a_resume_is_logged_once),
        IN_A_FOLDER(the_end_of_a_run_is_taken_away_when_it_goes_on),
        IN_A_FOLDER(a_missing_or_damaged_log_does_not_stop_a_resume),
        IN_A_FOLDER(a_loss_that_is_not_a_number_is_null),
        IN_A_FOLDER(a_fresh_log_removes_old_event_files_and_a_resumed_one_adds_a_file),
        IN_A_FOLDER(every_record_of_the_event_file_has_right_checksums),
        IN_A_FOLDER(logging_a_step_allocates_nothing),
        IN_A_FOLDER(a_failed_write_is_told_and_leaves_whole_lines),
        IN_A_FOLDER(a_log_that_never_got_room_says_so_when_it_is_closed),
        IN_A_FOLDER(every_allocation_may_fail_and_the_log_stays),
        IN_A_FOLDER(a_folder_that_is_missing_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
