/* Any bytes as a ZIP archive: each entry is read, or refused with a message; a name finds its own entry. */
#include "base/memory.h"
#include "formats/zip.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_error error = {0};
    rd_zip *zip;
    if (rd_zip_open(data, size, "fuzz", &zip, &error) != RONDO_OK) {
        demand(error.message[0] != 0);
        return 0;
    }
    for (size_t i = 0; i < rd_zip_entries(zip); i++) {
        char *bytes, *again;
        size_t found = 0, length = 0, twice = 0;
        demand(rd_zip_find(zip, rd_zip_name(zip, i), &found) && found == i);
        error = (rondo_error){0};
        if (rd_zip_read(zip, i, 1 << 20, &bytes, &length, &error) != RONDO_OK) {
            demand(error.message[0] != 0);
            continue;
        }
        demand(length <= 1 << 20 && bytes[length] == 0);
        demand(rd_zip_read(zip, i, length, &again, &twice, NULL) == RONDO_OK);
        demand(length == twice && memcmp(bytes, again, length) == 0);
        rd_free(bytes);
        rd_free(again);
    }
    rd_zip_close(zip);
    return 0;
}
