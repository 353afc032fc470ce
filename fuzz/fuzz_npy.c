/* Any bytes as .npy (the first one even) or .npz (odd). What is accepted is written and read back: the same.
 */
#include "base/memory.h"
#include "formats/npy.h"
#include "formats/tensor_numbers.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(int fact)
{
    if (!fact) abort();
}

static void write_and_read(const rd_tensor *tensor)
{
    rd_text text = {0};
    rd_bundle *bundle = NULL;
    demand(rd_npy_write(tensor, &text, NULL) == RONDO_OK);
    demand(rd_bundle_new(&bundle, NULL) == RONDO_OK);
    demand(rd_npy_parse(text.text, text.size, "again", "a", bundle, NULL) == RONDO_OK);
    const rd_tensor *again = rd_bundle_at(bundle, 0);
    demand(again->dtype == tensor->dtype && again->rank == tensor->rank && again->bytes == tensor->bytes);
    demand(memcmp(again->shape, tensor->shape, sizeof again->shape) == 0);
    demand(memcmp(again->data, tensor->data, tensor->bytes) == 0);
    rd_bundle_free(bundle);
    rd_text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    rondo_error error = {0};
    rd_bundle *bundle = NULL;
    rondo_status status;
    if (size == 0) return 0;
    if (data[0] & 1) {
        status = rd_npz_parse(data + 1, size - 1, "fuzz", 1 << 20, &bundle, &error);
    } else {
        demand(rd_bundle_new(&bundle, NULL) == RONDO_OK);
        status = rd_npy_parse(data + 1, size - 1, "fuzz", "a", bundle, &error);
    }
    demand(status == RONDO_OK || error.message[0] != 0);
    for (size_t i = 0; status == RONDO_OK && i < rd_bundle_tensors(bundle); i++) {
        const rd_tensor *tensor = rd_bundle_at(bundle, i);
        const size_t count = tensor->bytes / rd_dtype_of(tensor->dtype)->size;
        float number;
        write_and_read(tensor);
        demand(rd_tensor_is_numeric(tensor));
        if (count) rd_tensor_numbers(tensor, count - 1, 1, &number);
    }
    rd_bundle_free(bundle);
    return 0;
}
