/* Pictures are compared with committed ones, byte by byte. RONDO_WRITE_EXPECTED=1 writes them anew; look at
 * them before they are committed. */
#ifndef EXPECTED_H
#define EXPECTED_H

#include "base/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static void check_picture(const char *name, const rd_text *got)
{
    char path[1024], old[200000];
    (void)snprintf(path, sizeof path, "%s/tests/draw/expected/%s", RD_SOURCE_DIR, name);
    if (getenv("RONDO_WRITE_EXPECTED")) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got->text, 1, got->size, file), got->size);
        assert_int_equal(fclose(file), 0);
    }
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(old, 1, sizeof old - 1, file);
    assert_int_equal(fclose(file), 0);
    old[size] = 0;
    assert_string_equal(got->text, old);
}

#endif
