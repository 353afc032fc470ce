/* Saving: the old or the new, never between; folders, locks, and arrays larger than memory. */
#include "base/file.h"
#include "base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "fresh_folder.h"

static rondo_status save(const char *path, const char *text, int replace, rondo_error *error)
{
    rd_save *file;
    RD_TRY(rd_save_open(path, &file, error));
    const rondo_status status = rd_save_write(file, text, strlen(text), error);
    if (status == RONDO_OK) return rd_save_commit(file, replace, error);
    rd_save_abandon(file);
    return status;
}

static size_t entries(void)
{
    char **names;
    size_t count;
    assert_int_equal(rd_folder_list(folder, &names, &count, NULL), RONDO_OK);
    rd_free(names);
    return count;
}

static void a_file_appears_only_when_it_is_committed(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    rd_save *file;
    assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
    assert_int_equal(rd_save_write(file, "whole", 5, NULL), RONDO_OK);
    assert_false(rd_file_exists(path));
    assert_int_equal(entries(), 1);
    assert_int_equal(rd_save_commit(file, 0, NULL), RONDO_OK);
    assert_string_equal(content(path), "whole");
    assert_int_equal(entries(), 1);
}

static void an_existing_file_is_replaced_only_when_asked(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    rondo_error error;
    assert_int_equal(save(path, "old", 0, NULL), RONDO_OK);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(save(path, "new", 0, &error), RONDO_BAD_ARGUMENT);
    assert_non_null(strstr(error.hint, "-f"));
    assert_string_equal(content(path), "old");
    assert_int_equal(save(path, "new", 1, NULL), RONDO_OK);
    assert_string_equal(content(path), "new");
    assert_int_equal(entries(), 1);
    struct stat about;
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
}

static void a_name_taken_meanwhile_is_not_overwritten(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    rd_save *file;
    assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
    write_file(path, "theirs", 6);
    assert_int_equal(rd_save_commit(file, 0, NULL), RONDO_BAD_ARGUMENT);
    assert_string_equal(content(path), "theirs");
    assert_int_equal(entries(), 1);
}

static void an_abandoned_save_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    rd_save *file;
    assert_int_equal(save(path, "old", 0, NULL), RONDO_OK);
    assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
    assert_int_equal(rd_save_write(file, "half", 4, NULL), RONDO_OK);
    rd_save_abandon(file);
    rd_save_abandon(NULL);
    assert_string_equal(content(path), "old");
    assert_int_equal(entries(), 1);
}

static void pieces_of_all_sizes_arrive_in_order(void **state)
{
    (void)state;
    const char *path = in_folder("large");
    static unsigned char bytes[300000];
    rd_save *file;
    char *back;
    size_t size;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 251);
    assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
    for (size_t at = 0, step = 1; at < sizeof bytes; at += step, step = step * 2 + 1) {
        step = at + step > sizeof bytes ? sizeof bytes - at : step;
        assert_int_equal(rd_save_write(file, bytes + at, step, NULL), RONDO_OK);
    }
    assert_int_equal(rd_save_write(file, NULL, 0, NULL), RONDO_OK);
    assert_int_equal(rd_save_commit(file, 0, NULL), RONDO_OK);
    assert_int_equal(rd_file_read(path, sizeof bytes, &back, &size, NULL), RONDO_OK);
    assert_int_equal(size, sizeof bytes);
    assert_memory_equal(back, bytes, sizeof bytes);
    rd_free(back);
}

static void what_changed_on_the_disk_is_seen_before_the_rename(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    char temporary[600];
    static char text[100000];
    memset(text, 't', sizeof text);
    for (int longer = 0; longer < 2; longer++) {
        rd_save *file;
        rondo_error error;
        assert_int_equal(save(path, "old", 1, NULL), RONDO_OK);
        assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
        assert_int_equal(rd_save_write(file, text, sizeof text, NULL), RONDO_OK);
        (void)snprintf(temporary, sizeof temporary, "%s.tmp.%ld", path, (long)getpid());
        const int other = open(temporary, O_WRONLY);
        assert_int_equal(pwrite(other, "X", 1, longer ? 100000 : 5000), 1);
        (void)close(other);
        assert_int_equal(rd_save_commit(file, 1, &error), RONDO_SYSTEM);
        assert_non_null(strstr(error.message, "what was read back is not what was written"));
        assert_string_equal(content(path), "old");
        assert_int_equal(entries(), 1);
    }
}

static void temporaries_of_the_dead_are_removed_and_of_the_living_kept(void **state)
{
    (void)state;
    char name[64];
    const pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    (void)snprintf(name, sizeof name, "model.tmp.%ld", (long)child);
    write_file(in_folder(name), "torn", 4);
    write_file(in_folder("model.tmp.1"), "alive", 5);
    write_file(in_folder("model.tmp.x"), "no number", 9);
    write_file(in_folder("other.tmp.99999999"), "not ours", 8);
    (void)snprintf(name, sizeof name, "model.tmp.%ld", (long)getpid());
    write_file(in_folder(name), "of a process that had our number", 32);
    assert_int_equal(save(in_folder("model"), "new", 0, NULL), RONDO_OK);
    assert_string_equal(content(in_folder("model")), "new");
    assert_int_equal(entries(), 4);
    assert_string_equal(content(in_folder("model.tmp.1")), "alive");
    assert_string_equal(content(in_folder("model.tmp.x")), "no number");
    assert_string_equal(content(in_folder("other.tmp.99999999")), "not ours");
}

static void two_saves_of_one_file_at_once_are_refused(void **state)
{
    (void)state;
    rd_save *first, *second;
    rondo_error error;
    assert_int_equal(rd_save_open(in_folder("model"), &first, NULL), RONDO_OK);
    assert_int_equal(rd_save_open(in_folder("model"), &second, &error), RONDO_SYSTEM);
    assert_null(second);
    assert_int_equal(rd_save_commit(first, 0, NULL), RONDO_OK);
}

static void what_is_no_file_is_never_replaced(void **state)
{
    (void)state;
    rd_save *file;
    assert_int_equal(mkdir(in_folder("inner"), 0700), 0);
    assert_int_equal(rd_save_open(in_folder("inner"), &file, NULL), RONDO_SYSTEM);
    assert_int_equal(rd_save_open("/dev/null", &file, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_save_open("", &file, NULL), RONDO_BAD_ARGUMENT);
    assert_int_equal(rd_save_open(in_folder("no/such/folder"), &file, NULL), RONDO_SYSTEM);
    assert_int_equal(entries(), 1);
}

/* A limit on the size of files stands for a disk that runs full. */
static void a_failed_write_keeps_the_old_file_and_stays_failed(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    static char text[200000];
    struct rlimit kept;
    rd_save *file;
    assert_int_equal(save(path, "old", 0, NULL), RONDO_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    const struct rlimit small = {.rlim_cur = 70000, .rlim_max = kept.rlim_max};
    assert_int_equal(rd_save_open(path, &file, NULL), RONDO_OK);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const rondo_status wrote = rd_save_write(file, text, sizeof text, NULL);
    const rondo_status again = rd_save_write(file, "x", 1, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    assert_int_equal(wrote, RONDO_SYSTEM);
    assert_int_equal(again, RONDO_SYSTEM);
    assert_int_equal(rd_save_commit(file, 1, NULL), RONDO_SYSTEM);
    assert_string_equal(content(path), "old");
    assert_int_equal(entries(), 1);
}

static void a_full_disk_tells_what_is_needed_and_what_is_free(void **state)
{
    (void)state;
    rondo_error error;
    const int full = open("/dev/full", O_WRONLY);
    if (full < 0) skip();
    assert_int_equal(rd_file_append(full, "run/log", "12345", 5, &error), RONDO_SYSTEM);
    (void)close(full);
    assert_memory_equal(error.message, "run/log: the disk is full: at least 5 bytes needed, ", 52);
}

static void memory_that_fails_anywhere_leaves_the_old_file(void **state)
{
    (void)state;
    const char *path = in_folder("model");
    rondo_status status = RONDO_LIMIT;
    const uint64_t live = rd_memory_live();
    assert_int_equal(save(path, "old", 0, NULL), RONDO_OK);
    for (int forever = 0; forever < 2; forever++, status = RONDO_LIMIT)
        for (uint64_t n = 1; status != RONDO_OK && n < 100; n++) {
            rd_memory_fail_at(n, forever);
            status = save(path, "new", 1, NULL);
            rd_memory_fail_at(0, 0);
            assert_int_equal(rd_memory_live(), live);
            assert_true(status == RONDO_OK || status == RONDO_LIMIT);
            if (status != RONDO_OK) assert_int_equal(entries(), 1);
        }
    assert_string_equal(content(path), "new");
}

/* ---- folders */

static void folders_are_made_with_parents_and_listed_in_order(void **state)
{
    (void)state;
    static const char *const want[] = {"B", "a", "a2", "\xC3\xA4"};
    rondo_error error;
    char **names;
    size_t count;
    assert_int_equal(rd_folder_make(in_folder("x/y//z/"), NULL), RONDO_OK);
    assert_int_equal(rd_folder_make(in_folder("x/y/z"), NULL), RONDO_OK);
    assert_true(rd_is_folder(in_folder("x/y/z")));
    for (size_t i = 4; i-- > 0;) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/%s", in_folder("x/y"), want[i]);
        write_file(path, "", 0);
    }
    assert_int_equal(rd_folder_list(in_folder("x/y"), &names, &count, NULL), RONDO_OK);
    assert_int_equal(count, 5);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(names[i], want[i]);
    assert_string_equal(names[3], "z");
    assert_string_equal(names[4], want[3]);
    assert_null(names[5]);
    rd_free(names);
    assert_int_equal(rd_folder_make(in_folder("x/y/a"), &error), RONDO_SYSTEM);
    assert_int_equal(rd_folder_make(in_folder("x/y/a/b"), &error), RONDO_SYSTEM);
    assert_int_equal(rd_folder_make("", &error), RONDO_SYSTEM);
    assert_int_equal(rd_folder_list(in_folder("none"), &names, &count, &error), RONDO_SYSTEM);
    assert_int_equal(rd_folder_list(in_folder("x/y/z"), &names, &count, NULL), RONDO_OK);
    assert_int_equal(count, 0);
    rd_free(names);
}

static void removing_what_is_missing_is_fine(void **state)
{
    (void)state;
    write_file(in_folder("a"), "", 0);
    assert_true(rd_file_exists(in_folder("a")) && !rd_is_folder(in_folder("a")));
    assert_int_equal(rd_file_remove(in_folder("a"), NULL), RONDO_OK);
    assert_int_equal(rd_file_remove(in_folder("a"), NULL), RONDO_OK);
    assert_int_equal(rd_file_remove(folder, NULL), RONDO_SYSTEM);
    assert_false(rd_file_exists(in_folder("a")));
    assert_true(rd_file_free_space(folder) != UINT64_MAX);
    assert_true(rd_file_free_space(in_folder("not yet")) != UINT64_MAX);
    assert_true(rd_file_free_space("not yet") != UINT64_MAX);
}

/* ---- locks */

static void a_lock_held_by_the_living_is_refused_by_number(void **state)
{
    (void)state;
    rd_lock *lock, *second;
    rondo_error error;
    char want[32];
    assert_int_equal(rd_lock_take(folder, &lock, NULL), RONDO_OK);
    (void)snprintf(want, sizeof want, "%ld\n", (long)getpid());
    assert_string_equal(content(in_folder("lock")), want);
    (void)snprintf(want, sizeof want, "process %ld", (long)getpid());
    assert_int_equal(rd_lock_take(folder, &second, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, want));
    assert_null(second);
    rd_lock_free(lock);
    rd_lock_free(NULL);
    assert_false(rd_file_exists(in_folder("lock")));
    assert_int_equal(rd_lock_take(in_folder("none"), &lock, &error), RONDO_SYSTEM);
}

static void a_lock_of_a_killed_process_is_taken_over(void **state)
{
    (void)state;
    rd_lock *lock;
    rondo_error error;
    int pipes[2];
    char byte;
    assert_int_equal(pipe(pipes), 0);
    const pid_t child = fork();
    if (child == 0) {
        if (rd_lock_take(folder, &lock, NULL) == RONDO_OK && write(pipes[1], "x", 1) == 1)
            for (;;)
                (void)pause();
        _exit(1);
    }
    assert_int_equal(read(pipes[0], &byte, 1), 1);
    assert_int_equal(rd_lock_take(folder, &lock, &error), RONDO_SYSTEM);
    char want[32];
    (void)snprintf(want, sizeof want, "process %ld", (long)child);
    assert_non_null(strstr(error.message, want));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_true(rd_file_exists(in_folder("lock")));
    assert_int_equal(rd_lock_take(folder, &lock, NULL), RONDO_OK);
    rd_lock_free(lock);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
}

/* ---- stores */

static void a_store_gives_back_what_was_added_wherever_it_lies(void **state)
{
    (void)state;
    enum { MANY = 200000 };
    static const size_t limits[] = {0, 4, 1000, 100003, 1 << 30};
    static uint32_t numbers[MANY], back[MANY];
    const uint64_t live = rd_memory_live();
    for (uint32_t i = 0; i < MANY; i++)
        numbers[i] = i * 2654435761u;
    for (size_t l = 0; l < 5; l++) {
        rd_store *store;
        rondo_error error;
        assert_int_equal(rd_store_new(4, limits[l], &store, NULL), RONDO_OK);
        for (size_t at = 0, step = 1; at < MANY; at += step, step = step * 3 + 1) {
            step = at + step > MANY ? MANY - at : step;
            assert_int_equal(rd_store_add(store, numbers + at, step, NULL), RONDO_OK);
        }
        assert_int_equal(rd_store_count(store), MANY);
        assert_int_equal(rd_store_read(store, 0, MANY, back, NULL), RONDO_OK);
        assert_memory_equal(back, numbers, sizeof numbers);
        for (size_t first = 0; first < MANY; first += 997)
            for (size_t count = 0; count < 4 && first + count <= MANY; count++) {
                memset(back, 0, 16);
                assert_int_equal(rd_store_read(store, first, count, back, NULL), RONDO_OK);
                assert_memory_equal(back, numbers + first, count * 4);
            }
        assert_int_equal(rd_store_read(store, MANY, 0, back, NULL), RONDO_OK);
        assert_int_equal(rd_store_read(store, MANY, 1, back, &error), RONDO_BAD_ARGUMENT);
        assert_int_equal(rd_store_read(store, UINT64_MAX, 2, back, &error), RONDO_BAD_ARGUMENT);
        rd_store_free(store);
    }
    rd_store_free(NULL);
    assert_int_equal(rd_memory_live(), live);
}

static void a_store_spills_into_tmpdir_and_leaves_nothing_there(void **state)
{
    (void)state;
    static char bytes[1000];
    rd_store *store;
    rondo_error error;
    assert_int_equal(setenv("TMPDIR", folder, 1), 0);
    assert_int_equal(rd_store_new(1, 10, &store, NULL), RONDO_OK);
    assert_int_equal(rd_store_add(store, bytes, sizeof bytes, NULL), RONDO_OK);
    assert_int_equal(entries(), 0);
    rd_store_free(store);
    assert_int_equal(setenv("TMPDIR", in_folder("none"), 1), 0);
    assert_int_equal(rd_store_new(1, 10, &store, NULL), RONDO_OK);
    assert_int_equal(rd_store_add(store, bytes, 10, NULL), RONDO_OK);
    assert_int_equal(rd_store_add(store, bytes, 1, &error), RONDO_SYSTEM);
    assert_non_null(strstr(error.message, "none: cannot hold a temporary file"));
    rd_store_free(store);
    assert_int_equal(unsetenv("TMPDIR"), 0);
    assert_int_equal(rd_store_new(0, 10, &store, NULL), RONDO_BAD_ARGUMENT);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_file_appears_only_when_it_is_committed),
        IN_FOLDER(an_existing_file_is_replaced_only_when_asked),
        IN_FOLDER(a_name_taken_meanwhile_is_not_overwritten),
        IN_FOLDER(an_abandoned_save_leaves_the_old_file),
        IN_FOLDER(pieces_of_all_sizes_arrive_in_order),
        IN_FOLDER(what_changed_on_the_disk_is_seen_before_the_rename),
        IN_FOLDER(temporaries_of_the_dead_are_removed_and_of_the_living_kept),
        IN_FOLDER(two_saves_of_one_file_at_once_are_refused),
        IN_FOLDER(what_is_no_file_is_never_replaced),
        IN_FOLDER(a_failed_write_keeps_the_old_file_and_stays_failed),
        cmocka_unit_test(a_full_disk_tells_what_is_needed_and_what_is_free),
        IN_FOLDER(memory_that_fails_anywhere_leaves_the_old_file),
        IN_FOLDER(folders_are_made_with_parents_and_listed_in_order),
        IN_FOLDER(removing_what_is_missing_is_fine),
        IN_FOLDER(a_lock_held_by_the_living_is_refused_by_number),
        IN_FOLDER(a_lock_of_a_killed_process_is_taken_over),
        cmocka_unit_test(a_store_gives_back_what_was_added_wherever_it_lies),
        IN_FOLDER(a_store_spills_into_tmpdir_and_leaves_nothing_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
