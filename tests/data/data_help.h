/* Short words for the tests of data: options by text, data from memory, files in a fresh folder. */
#ifndef RD_TEST_DATA_HELP_H
#define RD_TEST_DATA_HELP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/memory.h"
#include "data/open.h"

/* Options from "name value" pairs, ended by NULL. */
__attribute__((unused)) static rondo_options *options_of(const char *const *pair)
{
    rondo_options *options = NULL;
    rondo_error error = {0};
    assert_int_equal(rondo_options_new(&options, &error), RONDO_OK);
    for (; pair && pair[0]; pair += 2)
        if (rondo_options_set(options, pair[0], pair[1], &error) != RONDO_OK) fail_msg("%s", error.message);
    return options;
}
#define OPTIONS(...) options_of((const char *const[]){__VA_ARGS__, NULL})
#define DEFAULTS     options_of(NULL)

/* Opens text in memory under the name "in"; fails the test when that fails. Frees the options. */
__attribute__((unused)) static rondo_data *data_of(rondo_options *options, const char *task, const char *text)
{
    rondo_data *data = NULL;
    rondo_error error = {0};
    if (rd_data_open_memory(options, task, (rd_known){0}, "in", text, strlen(text), &data, &error) !=
        RONDO_OK)
        fail_msg("%s", error.message);
    rondo_options_free(options);
    return data;
}

/* Opens bytes that must be refused with `status` and a message that begins with `message`. Frees the options.
 */
__attribute__((unused)) static rondo_error refused_bytes(rondo_options *options, const char *task,
                                                         const char *bytes, size_t size, rondo_status status,
                                                         const char *message)
{
    rondo_data *data = NULL;
    rondo_error error = {0};
    assert_int_equal(rd_data_open_memory(options, task, (rd_known){0}, "in", bytes, size, &data, &error),
                     status);
    assert_null(data);
    assert_int_equal(error.status, status);
    if (strncmp(error.message, message, strlen(message)) != 0)
        fail_msg("expected \"%s...\", found \"%s\"", message, error.message);
    rondo_options_free(options);
    return error;
}
#define refused(options, task, text, status, message)                                                        \
    refused_bytes(options, task, text, strlen(text), status, message)

/* All indices of part x or y of the data, as letters of its vocabulary; 'E' for the end, 'U' for the unknown.
 */
__attribute__((unused)) static const char *stored(const rondo_data *data, int part)
{
    static char text[4096];
    size_t n = 0;
    const rd_symbols *symbols = data->corpus->symbols[part];
    for (uint64_t i = 0; i < data->corpus->rows; i++) {
        int32_t index = 0;
        size_t size;
        assert_int_equal(rd_store_read(data->corpus->index[part], i, 1, &index, NULL), RONDO_OK);
        const char *symbol = rd_symbols_text(symbols, (size_t)index, &size);
        const int label = rd_symbols_rules_of(symbols)->kind == RD_TOKENS_LABEL;
        assert_true(n + size + 2 < sizeof text);
        if (index < (int32_t)rd_symbols_first(symbols)) {
            text[n++] = label ? '?' : "UE"[index];
        } else {
            memcpy(text + n, symbol, size);
            n += size;
        }
        if (label || rd_symbols_rules_of(symbols)->kind == RD_TOKENS_WORD) text[n++] = ' ';
    }
    text[n] = 0;
    return text;
}

/* A growing text that a sink fills. */
typedef struct collected {
    char text[65536];
    size_t size;
} collected;
__attribute__((unused)) static int collect(void *user, const char *bytes, size_t size)
{
    collected *to = user;
    if (size >= sizeof to->text - to->size) return 1;
    memcpy(to->text + to->size, bytes, size);
    to->size += size;
    to->text[to->size] = 0;
    return 0;
}

/* A fresh folder, gone again with remove_folder. */
__attribute__((unused)) static char *fresh_folder(void)
{
    static char folder[64];
    strcpy(folder, "/tmp/rondo_test_XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

__attribute__((unused)) static void remove_folder(const char *folder)
{
    char **names = NULL;
    size_t count = 0;
    char path[512];
    assert_int_equal(rd_folder_list(folder, &names, &count, NULL), RONDO_OK);
    for (size_t i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rd_free(names);
    rmdir(folder);
}

__attribute__((unused)) static const char *write_file(const char *folder, const char *name, const char *bytes,
                                                      size_t size)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

#endif
