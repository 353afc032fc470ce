/* Small safetensors files put together by hand, and what a test says about reading them. */
#ifndef SAFETENSORS_BYTES_H
#define SAFETENSORS_BYTES_H

#include "base/memory.h"
#include "formats/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct file_bytes {
    unsigned char *at; /* of malloc, exactly as long as the content */
    size_t size;
} file_bytes;

/* A file: the header's length, the header as it is, `data` zeros. */
static inline file_bytes file_with(const char *header, size_t header_size, size_t data)
{
    file_bytes file = {.size = 8 + header_size + data};
    file.at = calloc(file.size, 1);
    assert_non_null(file.at);
    for (unsigned i = 0; i < 8; i++)
        file.at[i] = (unsigned char)((uint64_t)header_size >> (8 * i));
    memcpy(file.at + 8, header, header_size);
    return file;
}

/* Reads exactly these bytes; frees nothing but what it made. The message is kept for a look. */
static inline rondo_status try_bytes(const void *content, size_t size, rondo_error *error)
{
    rd_bundle *bundle = NULL;
    unsigned char *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, content, size);
    const uint64_t live = rd_memory_live();
    const rondo_status status = rd_safetensors_parse(exact, size, "x", &bundle, NULL, error);
    if (status == RONDO_OK)
        rd_bundle_free(bundle);
    else
        assert_null(bundle);
    assert_int_equal(rd_memory_live(), live);
    free(exact);
    return status;
}

/* The status must be this one and the message hold `part`; a refusal has a place in the file. */
static inline void expect_bytes(const void *content, size_t size, rondo_status status, const char *part)
{
    rondo_error error = {0};
    const rondo_status got = try_bytes(content, size, &error);
    if (got != status || (got != RONDO_OK && (!strstr(error.message, part) || error.status != got)) ||
        (got != RONDO_OK && strncmp(error.message, "x: byte ", 8) != 0))
        fail_msg("expected %d with \"%s\", got %d: %s", (int)status, part, (int)got, error.message);
}

static inline void expect_header(const char *header, size_t data, rondo_status status, const char *part)
{
    const file_bytes file = file_with(header, strlen(header), data);
    expect_bytes(file.at, file.size, status, part);
    free(file.at);
}

/* Two tensors and a text, packed with checksums; freed with rd_free. */
static inline file_bytes guarded_file(void)
{
    static const float w[] = {1, 2, 3, 4, 5, 6};
    static const unsigned char u[] = {7, 8, 9};
    rd_bundle *bundle;
    char *packed;
    file_bytes file;
    assert_int_equal(rd_bundle_new(&bundle, NULL), RONDO_OK);
    assert_int_equal(
        rd_bundle_add(
            bundle,
            &(rd_tensor){.name = "w\\\n", .dtype = RD_DTYPE_F32, .rank = 2, .shape = {3, 2}, .data = w},
            NULL),
        RONDO_OK);
    assert_int_equal(
        rd_bundle_add(bundle,
                      &(rd_tensor){.name = "u", .dtype = RD_DTYPE_U8, .rank = 1, .shape = {3}, .data = u},
                      NULL),
        RONDO_OK);
    assert_int_equal(rd_bundle_set(bundle, "rondo.options", "cell = lstm\nseed = 1\n", 21, NULL), RONDO_OK);
    assert_int_equal(rd_safetensors_pack(bundle, 1, &packed, &file.size, NULL), RONDO_OK);
    rd_bundle_free(bundle);
    file.at = (unsigned char *)packed;
    return file;
}

/* 0 in a build with jansson. Without it every door must say so: 1 when they do, else 2. */
static inline int without_json(void)
{
    rondo_error error = {0};
    rd_bundle *bundle = NULL;
    char *packed;
    size_t size;
    if (RONDO_WITH_JSON) return 0;
    const int said = rd_safetensors_parse("", 0, "x", &bundle, NULL, &error) == RONDO_SYSTEM &&
                     strstr(error.message, "jansson") && rd_bundle_new(&bundle, NULL) == RONDO_OK &&
                     rd_safetensors_pack(bundle, 0, &packed, &size, &error) == RONDO_SYSTEM &&
                     rd_safetensors_read("x", &bundle, NULL, &error) == RONDO_SYSTEM;
    rd_bundle_free(bundle);
    printf(said ? "skip - safetensors: this build has no jansson\n"
                : "not ok - a build without jansson does not say so\n");
    return said ? 1 : 2;
}

#endif
