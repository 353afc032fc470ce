/* The data behind the header: compared with the file's length, then copied in the order of this machine. */
#include "formats/npy.h"

#include "base/memory.h"
#include "base/size.h"
#include "formats/npy_header.h"
#include "formats/zip.h"

#include <string.h>

#define BIG_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)

/* Element k of the result, row-major, stands at Σ index_j · stride_j of the file, where the first axis is the
 * fastest. */
static void copy_columns(const rd_npy_header *header, const unsigned char *from, size_t count, size_t size,
                         unsigned char *to)
{
    size_t index[RD_BUNDLE_RANK] = {0}, stride[RD_BUNDLE_RANK] = {size}, at = 0;
    for (size_t j = 1; j < header->rank; j++)
        stride[j] = stride[j - 1] * header->shape[j - 1];
    for (size_t k = 0; k < count; k++) {
        memcpy(to + k * size, from + at, size);
        for (size_t j = header->rank; j-- > 0;) {
            at += stride[j];
            if (++index[j] < header->shape[j]) break;
            at -= index[j] * stride[j];
            index[j] = 0;
        }
    }
}

static rondo_status check_length(const rd_npy_header *header, const rd_tensor *tensor, size_t size,
                                 const char *origin, rondo_error *error)
{
    size_t wanted;
    const size_t left = size - header->data;
    char shape[RD_SHAPE_TEXT];
    if (rd_tensor_bytes(tensor, &wanted) && wanted == left) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %s data, %zu bytes, than an array %s of %s has",
                   origin, header->data, rd_tensor_bytes(tensor, &wanted) && wanted < left ? "more" : "fewer",
                   left, rd_shape_print(tensor->shape, tensor->rank, shape),
                   rd_dtype_of(tensor->dtype)->name);
}

rondo_status rd_npy_parse(const void *bytes, size_t size, const char *origin, const char *name,
                          rd_bundle *bundle, rondo_error *error)
{
    rd_npy_header header;
    RD_TRY(rd_npy_header_parse(bytes, size, origin, &header, error));
    rd_tensor tensor = {.name = name, .dtype = header.dtype, .rank = header.rank, .at = header.data};
    memcpy(tensor.shape, header.shape, sizeof tensor.shape);
    RD_TRY(check_length(&header, &tensor, size, origin, error));
    const unsigned char *from = (const unsigned char *)bytes + header.data;
    const rd_dtype_info *type = rd_dtype_of(header.dtype);
    const size_t data = size - header.data;
    void *to;
    RD_TRY(rd_bundle_make(bundle, &tensor, &to, error));
    if (header.fortran && header.rank > 1)
        copy_columns(&header, from, data / type->size, type->size, to);
    else if (data)
        memcpy(to, from, data);
    if (header.big != BIG_ENDIAN_HOST) rd_turn_bytes(to, to, data, type->unit);
    return RONDO_OK;
}

/* ---- archives */

typedef struct unpacking {
    rd_zip *zip;
    const char *origin;
    size_t left; /* bytes that may still be unpacked */
    rd_text place, name;
} unpacking;

static rondo_status add_entry(unpacking *u, size_t i, rd_bundle *bundle, rondo_error *error)
{
    static const char suffix[] = ".npy";
    const char *entry = rd_zip_name(u->zip, i);
    const size_t length = strlen(entry), tail = sizeof suffix - 1;
    if (length <= tail || memcmp(entry + length - tail, suffix, tail) != 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: entry %s is not a .npy array", u->origin,
                       rd_quote(entry).text);
    char *bytes;
    size_t size;
    RD_TRY(rd_zip_read(u->zip, i, u->left, &bytes, &size, error));
    u->left -= size;
    rd_text_clear(&u->place);
    rd_text_clear(&u->name);
    rd_text_format(&u->place, "%s: %s", u->origin, rd_quote(entry).text);
    rd_text_add(&u->name, entry, length - tail);
    rondo_status status = rd_text_done(&u->place, error);
    if (status == RONDO_OK) status = rd_text_done(&u->name, error);
    if (status == RONDO_OK) status = rd_npy_parse(bytes, size, u->place.text, u->name.text, bundle, error);
    rd_free(bytes);
    return status;
}

rondo_status rd_npz_parse(const void *bytes, size_t size, const char *origin, size_t limit,
                          rd_bundle **bundle, rondo_error *error)
{
    unpacking u = {.origin = origin, .left = limit};
    rd_bundle *fresh = NULL;
    RD_TRY(rd_zip_open(bytes, size, origin, &u.zip, error));
    rondo_status status = rd_bundle_new(&fresh, error);
    for (size_t i = 0; i < rd_zip_entries(u.zip) && status == RONDO_OK; i++)
        status = add_entry(&u, i, fresh, error);
    rd_zip_close(u.zip);
    rd_text_free(&u.place);
    rd_text_free(&u.name);
    if (status == RONDO_OK)
        *bundle = fresh;
    else
        rd_bundle_free(fresh);
    return status;
}

/* ---- writing */

/* The dictionary as NumPy prints it, with the room it leaves for the first axis to grow. */
static void put_header(const rd_tensor *tensor, rd_text *text)
{
    enum { GROWTH = 21 };
    const size_t before = text->size;
    size_t digits = 0;
    rd_text_format(text, "{'descr': '%s', 'fortran_order': False, 'shape': (", rd_npy_descr(tensor->dtype));
    for (size_t j = 0; j < tensor->rank; j++)
        rd_text_format(text,
                       j + 1 < tensor->rank ? "%zu, "
                       : tensor->rank == 1  ? "%zu,"
                                            : "%zu",
                       tensor->shape[j]);
    rd_text_put(text, "), }");
    for (size_t n = tensor->rank ? tensor->shape[0] : 0; digits == 0 || n; n /= 10)
        digits++;
    for (size_t k = digits; k < GROWTH && tensor->rank; k++)
        rd_text_put(text, " ");
    while ((10 + text->size - before + 1) % 64 && !text->failed)
        rd_text_put(text, " ");
    rd_text_put(text, "\n");
}

rondo_status rd_npy_write(const rd_tensor *tensor, rd_text *out, rondo_error *error)
{
    size_t bytes;
    rd_text header = {0};
    if (!rd_npy_descr(tensor->dtype) || tensor->rank > RD_BUNDLE_RANK || !rd_tensor_bytes(tensor, &bytes))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a .npy file cannot hold %s",
                       rd_dtype_of(tensor->dtype) ? rd_dtype_of(tensor->dtype)->name : "this type");
    put_header(tensor, &header);
    const char front[] = {
        '\x93', 'N', 'U', 'M', 'P', 'Y', 1, 0, (char)(header.size & 0xFF), (char)(header.size >> 8)};
    rd_text_add(out, front, sizeof front);
    rd_text_add(out, header.text ? header.text : "", header.size);
    const size_t data = out->size;
    rd_text_add(out, tensor->data, bytes);
    rondo_status status = rd_text_done(&header, error);
    if (status == RONDO_OK) status = rd_text_done(out, error);
    if (status == RONDO_OK && BIG_ENDIAN_HOST)
        rd_turn_bytes(out->text + data, out->text + data, bytes, rd_dtype_of(tensor->dtype)->unit);
    rd_text_free(&header);
    return status;
}
