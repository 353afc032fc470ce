/* Splits in a folder of their own: files put there, parts read back. */
#ifndef RD_TEST_SPLIT_HELP_H
#define RD_TEST_SPLIT_HELP_H

#include "data_help.h"

static char folder_name[64];

__attribute__((unused)) static int make_folder(void **state)
{
    (void)state;
    strcpy(folder_name, fresh_folder());
    return 0;
}

__attribute__((unused)) static int drop_folder(void **state)
{
    (void)state;
    remove_folder(folder_name);
    return 0;
}

/* A path in the folder; the last eight are valid. */
__attribute__((unused)) static const char *path_of(const char *name)
{
    static char path[8][256];
    static int turn;
    turn = (turn + 1) % 8;
    snprintf(path[turn], sizeof path[turn], "%s/%s", folder_name, name);
    return path[turn];
}

__attribute__((unused)) static void put(const char *name, const char *text)
{
    write_file(folder_name, name, text, strlen(text));
}

/* Splits one file, or a pair, into "out.train" …; frees the options. */
__attribute__((unused)) static rondo_status split(rondo_options *options, const char *one, const char *other, rondo_error *error)
{
    const char *const paths[] = {path_of(one), other ? path_of(other) : NULL};
    rondo_status status = rondo_data_split(options, paths, other ? 2 : 1, path_of("out"), NULL, NULL, error);
    rondo_options_free(options);
    return status;
}

/* The bytes of a part, the last eight of them valid; "" when it is not there. */
__attribute__((unused)) static const char *part(const char *name)
{
    static char text[8][65536];
    static int turn;
    turn = (turn + 1) % 8;
    FILE *file = fopen(path_of(name), "rb");
    size_t size = file ? fread(text[turn], 1, sizeof text[turn] - 1, file) : 0;
    if (file) fclose(file);
    text[turn][size] = 0;
    return text[turn];
}

/* How often a word stands in a text; "\n" counts its lines. */
__attribute__((unused)) static size_t times(const char *text, const char *word)
{
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, word)); at++)
        count++;
    return count;
}

#endif
