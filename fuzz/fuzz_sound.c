/* Any bytes as a list of sound files (the first one even: with labels; odd: with texts), whose files are not
 * there or are no sound; or, from 128 on, as a sound file to be answered. Refused with a message, or made
 * into rows of numbers. */
#include "data/open.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int fact, const char *what)
{
    if (fact) return;
    fprintf(stderr, "fuzz_sound: %s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_options *options = NULL;
    rondo_data *opened = NULL;
    rondo_error error = {0};
    if (size == 0) return 0;
    const int alone = data[0] >> 7;
    must(rondo_options_new(&options, NULL) == RONDO_OK, "no options");
    must(rondo_options_set(options, "skip-bad", data[0] & 2 ? "3" : "0", NULL) == RONDO_OK, "skip-bad");
    must(rondo_options_set(options, "features", data[0] & 4 ? "mfcc:39" : "logmel:8", NULL) == RONDO_OK,
         "features");
    must(rondo_options_set(options, "max-length", "1000", NULL) == RONDO_OK, "max-length");
    const rondo_status status = rd_data_open_memory(
        options, data[0] & 1 ? "transcribe" : "classify", (rd_known){.bare = alone},
        alone ? "in.wav" : "/nowhere/in.list", (const char *)data + 1, size - 1, &opened, &error);
    must((status == RONDO_OK) == (opened != NULL), "status and result differ");
    must(status == RONDO_OK || error.message[0], "refused without a message");
    if (opened) must(rd_data_width(opened, "x") == (data[0] & 4 ? 39 : 8), "rows of another width");
    rondo_data_free(opened);
    rondo_options_free(options);
    return 0;
}
