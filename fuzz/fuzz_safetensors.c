/* Any bytes as a model file. What is accepted is written, with and without checksums, and read back: it must
 * be the same, and the file must be as long as was said before. */
#include "base/memory.h"
#include "formats/safetensors.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

static void compare(const rd_bundle *a, const rd_bundle *b)
{
    const char *name_a, *name_b, *value_a, *value_b;
    size_t size_a, size_b;
    demand(rd_bundle_tensors(a) == rd_bundle_tensors(b));
    demand(rd_bundle_texts(a) == rd_bundle_texts(b));
    for (size_t i = 0; i < rd_bundle_tensors(a); i++) {
        const rd_tensor *x = rd_bundle_at(a, i), *y = rd_bundle_at(b, i);
        demand(strcmp(x->name, y->name) == 0 && x->dtype == y->dtype && x->rank == y->rank);
        demand(memcmp(x->shape, y->shape, sizeof x->shape) == 0);
        demand(x->bytes == y->bytes && memcmp(x->data, y->data, x->bytes) == 0);
    }
    for (size_t i = 0; rd_bundle_text(a, i, &name_a, &value_a, &size_a); i++) {
        demand(rd_bundle_text(b, i, &name_b, &value_b, &size_b));
        demand(strcmp(name_a, name_b) == 0 && size_a == size_b && memcmp(value_a, value_b, size_a) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_error error = {0};
    rd_bundle *bundle;
    if (rd_safetensors_parse(data, size, "fuzz", &bundle, NULL, &error) != RONDO_OK) {
        demand(error.message[0] != 0);
        return 0;
    }
    for (int checks = 0; checks < 2; checks++) {
        rd_bundle *again;
        char *bytes;
        size_t written;
        uint64_t measured;
        int checked;
        demand(rd_safetensors_pack(bundle, checks, &bytes, &written, NULL) == RONDO_OK);
        demand(rd_safetensors_measure(bundle, checks, &measured, NULL) == RONDO_OK && measured == written);
        demand(rd_safetensors_parse(bytes, written, "again", &again, &checked, NULL) == RONDO_OK);
        demand(checked == checks);
        compare(bundle, again);
        rd_bundle_free(again);
        rd_free(bytes);
    }
    rd_bundle_free(bundle);
    return 0;
}
