/* Any bytes as a file of options. What is accepted is written and read back: it must be the same, and hash
 * the same. */
#include "base/text.h"
#include "options/options.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

static void reads_back(rondo_options *options, int which)
{
    rondo_options *again = NULL;
    rondo_option_info info;
    const char *text = rondo_options_text(options, which, NULL);
    demand(text && rondo_options_new(&again, NULL) == RONDO_OK);
    demand(rondo_options_parse(again, text, strlen(text), "again", NULL) == RONDO_OK);
    for (size_t i = 0; rondo_option(i, &info) == RONDO_OK; i++)
        demand(which == 2 ||
               rd_equal(rondo_options_get(options, info.name), rondo_options_get(again, info.name)));
    demand(rd_options_hash(options) == rd_options_hash(again));
    rondo_options_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_options *options = NULL;
    rondo_error error = {0};
    demand(rondo_options_new(&options, &error) == RONDO_OK);
    rondo_status status = rondo_options_parse(options, (const char *)data, size, "fuzz", &error);
    demand(status == RONDO_OK || error.message[0]);
    for (int which = 0; status == RONDO_OK && which < 3; which++)
        reads_back(options, which);
    rondo_options_free(options);
    return 0;
}
