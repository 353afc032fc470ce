/* A fresh folder for a test, left by removing everything in it. */
#ifndef FRESH_FOLDER_H
#define FRESH_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static inline int remove_entry(const char *path, const struct stat *about, int kind, struct FTW *place)
{
    (void)about, (void)kind, (void)place;
    return remove(path);
}

static inline int enter_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/rondo-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int leave_folder(void **state)
{
    (void)state;
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/* folder/name, valid until the fourth call after. */
static inline const char *in_folder(const char *name)
{
    static char paths[4][512];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* The content of a small file, ended by 0; "" when there is none. */
static inline const char *content(const char *path)
{
    static char bytes[4096];
    FILE *file = fopen(path, "rb");
    bytes[0] = 0;
    if (!file) return bytes;
    bytes[fread(bytes, 1, sizeof bytes - 1, file)] = 0;
    (void)fclose(file);
    return bytes;
}

#endif
