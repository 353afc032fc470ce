/* Writes what the reference writer writes: the header's members without spaces, tensors from the widest type
 * down and by name inside one, spaces up to a multiple of eight. */
#include "formats/safetensors.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"
#include "formats/safetensors_header.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BIG_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#define LENGTH          8u    /* bytes of the length field */
#define CHUNK           4096u /* bytes turned round at a time; a multiple of every unit */

typedef rondo_status (*sink)(void *context, const void *bytes, size_t size, rondo_error *error);

/* A file about to be written. */
typedef struct plan {
    const rd_tensor **order; /* owned */
    size_t count;
    rd_text lines; /* RD_SAFETENSORS_CRC */
    rd_text head;  /* the length field and the header */
    size_t digits; /* where RD_SAFETENSORS_HEADER_CRC stands in head, or 0 */
    size_t data;   /* bytes of all tensors */
} plan;

static int by_type_and_name(const void *a, const void *b)
{
    const rd_tensor *left = *(const rd_tensor *const *)a, *right = *(const rd_tensor *const *)b;
    if (left->dtype != right->dtype) return left->dtype > right->dtype ? -1 : 1;
    return strcmp(left->name, right->name);
}

rondo_status rd_safetensors_order(const rd_bundle *bundle, const rd_tensor ***order, rondo_error *error)
{
    const size_t count = rd_bundle_tensors(bundle);
    const rd_tensor **made;
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers is meant */
    RD_TRY(rd_alloc(count, sizeof *made, "the order of tensors", &made, error));
    for (size_t i = 0; i < count; i++)
        made[i] = rd_bundle_at(bundle, i);
    /* NOLINTNEXTLINE(bugprone-sizeof-expression) */
    qsort(made, count, sizeof *made, by_type_and_name);
    *order = made;
    return RONDO_OK;
}

void rd_safetensors_crc_line(rd_text *text, uint32_t crc, const char *name)
{
    rd_text_format(text, "%08x ", crc);
    for (; *name; name++) {
        const unsigned char c = (unsigned char)*name;
        if (c < 0x20 || c == 0x7f || c == '\\')
            rd_text_format(text, "\\x%02x", c);
        else
            rd_text_add(text, name, 1);
    }
    rd_text_add(text, "\n", 1);
}

/* Gives the data of a tensor as they stand in a file: least byte first. */
static rondo_status pour(const rd_tensor *tensor, sink to, void *context, rondo_error *error)
{
    if (!BIG_ENDIAN_HOST || rd_dtype_of(tensor->dtype)->unit == 1)
        return tensor->bytes ? to(context, tensor->data, tensor->bytes, error) : RONDO_OK;
    const size_t unit = rd_dtype_of(tensor->dtype)->unit;
    unsigned char chunk[CHUNK];
    for (size_t at = 0; at < tensor->bytes; at += CHUNK) {
        const size_t size = rd_size_min(CHUNK, tensor->bytes - at);
        rd_turn_bytes(chunk, (const unsigned char *)tensor->data + at, size, unit);
        RD_TRY(to(context, chunk, size, error));
    }
    return RONDO_OK;
}

static rondo_status add_crc(void *context, const void *bytes, size_t size, rondo_error *error)
{
    (void)error;
    uint32_t *crc = context;
    *crc = rd_crc32c(*crc, bytes, size);
    return RONDO_OK;
}

static rondo_status add_to_save(void *context, const void *bytes, size_t size, rondo_error *error)
{
    return rd_save_write(context, bytes, size, error);
}

static rondo_status add_to_memory(void *context, const void *bytes, size_t size, rondo_error *error)
{
    (void)error;
    char **to = context;
    memcpy(*to, bytes, size);
    *to += size;
    return RONDO_OK;
}

/* One line a tensor; without `sums` the digits are zeros, which is as long. */
static rondo_status write_lines(plan *p, int sums, rondo_error *error)
{
    for (size_t i = 0; i < p->count; i++) {
        uint32_t crc = 0;
        if (sums) RD_TRY(pour(p->order[i], add_crc, &crc, error));
        rd_safetensors_crc_line(&p->lines, crc, p->order[i]->name);
    }
    return rd_text_done(&p->lines, error);
}

static void write_text(plan *p, size_t first, const char *name, const char *value, size_t size)
{
    rd_text_put(&p->head, p->head.size == first ? "\"__metadata__\":{" : ",");
    rd_json_string(&p->head, name, strlen(name));
    rd_text_put(&p->head, ":");
    rd_json_string(&p->head, value, size);
}

static void write_metadata(plan *p, const rd_bundle *bundle, int checks)
{
    const size_t first = p->head.size;
    const char *name, *value;
    size_t size;
    for (size_t i = 0; rd_bundle_text(bundle, i, &name, &value, &size); i++)
        if (!rd_equal(name, RD_SAFETENSORS_CRC) && !rd_equal(name, RD_SAFETENSORS_HEADER_CRC))
            write_text(p, first, name, value, size);
    if (checks) {
        write_text(p, first, RD_SAFETENSORS_CRC, p->lines.text ? p->lines.text : "", p->lines.size);
        write_text(p, first, RD_SAFETENSORS_HEADER_CRC, "00000000", 8);
        p->digits = p->head.size - 9;
    }
    if (p->head.size > first) rd_text_put(&p->head, p->count ? "}," : "}");
}

static rondo_status write_tensors(plan *p, rondo_error *error)
{
    char shape[RD_SHAPE_TEXT];
    for (size_t i = 0; i < p->count; i++) {
        const rd_tensor *tensor = p->order[i];
        const size_t begin = p->data;
        if (rd_equal(tensor->name, "__metadata__"))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "a tensor cannot be named \"__metadata__\"");
        if (!rd_add(begin, tensor->bytes, &p->data))
            return rd_fail(error, RONDO_LIMIT, "the tensors are larger than a file can be");
        rd_text_put(&p->head, i ? "," : "");
        rd_json_string(&p->head, tensor->name, strlen(tensor->name));
        rd_text_format(&p->head, ":{\"dtype\":\"%s\",\"shape\":", rd_dtype_of(tensor->dtype)->name);
        for (const char *s = rd_shape_print(tensor->shape, tensor->rank, shape); *s; s++)
            if (*s != ' ') rd_text_add(&p->head, s, 1);
        rd_text_format(&p->head, ",\"data_offsets\":[%zu,%zu]}", begin, p->data);
    }
    return RONDO_OK;
}

static rondo_status write_head(plan *p, const rd_bundle *bundle, int checks, rondo_error *error)
{
    rd_text_add(&p->head, "\0\0\0\0\0\0\0\0{", LENGTH + 1);
    write_metadata(p, bundle, checks);
    RD_TRY(write_tensors(p, error));
    rd_text_put(&p->head, "}");
    while (p->head.size % 8 && !p->head.failed)
        rd_text_put(&p->head, " ");
    RD_TRY(rd_text_done(&p->head, error));
    const size_t header = p->head.size - LENGTH;
    if (header > RD_SAFETENSORS_HEADER)
        return rd_fail(error, RONDO_LIMIT, "the header of the model file has %zu bytes (at most %u)", header,
                       RD_SAFETENSORS_HEADER);
    for (unsigned i = 0; i < LENGTH; i++)
        p->head.text[i] = (char)(unsigned char)((uint64_t)header >> (8 * i));
    if (checks) {
        char digits[9];
        snprintf(digits, sizeof digits, "%08x", rd_crc32c(0, p->head.text, p->head.size));
        memcpy(p->head.text + p->digits, digits, 8);
    }
    return RONDO_OK;
}

static void plan_free(plan *p)
{
    rd_free(p->order);
    rd_text_free(&p->lines);
    rd_text_free(&p->head);
}

static rondo_status plan_make(plan *p, const rd_bundle *bundle, int checks, int sums, rondo_error *error)
{
    if (!bundle) return rd_fail(error, RONDO_BAD_ARGUMENT, "a model file without a bundle");
    RD_TRY(rd_safetensors_ready(error));
    p->count = rd_bundle_tensors(bundle);
    RD_TRY(rd_safetensors_order(bundle, &p->order, error));
    if (checks) RD_TRY(write_lines(p, sums, error));
    return write_head(p, bundle, checks, error);
}

static rondo_status pour_all(const plan *p, sink to, void *context, rondo_error *error)
{
    RD_TRY(to(context, p->head.text, p->head.size, error));
    for (size_t i = 0; i < p->count; i++)
        RD_TRY(pour(p->order[i], to, context, error));
    return RONDO_OK;
}

rondo_status rd_safetensors_write(const rd_bundle *bundle, int checks, rd_save *save, rondo_error *error)
{
    plan p = {0};
    rondo_status status = plan_make(&p, bundle, checks, 1, error);
    if (status == RONDO_OK) status = rd_save_reserve(save, (uint64_t)p.head.size + p.data, error);
    if (status == RONDO_OK) status = pour_all(&p, add_to_save, save, error);
    plan_free(&p);
    return status;
}

/* A block for the whole file, and the file in it. */
static rondo_status pack(const plan *p, char **bytes, size_t *size, rondo_error *error)
{
    char *made;
    if (!rd_add(p->head.size, p->data, size))
        return rd_fail(error, RONDO_LIMIT, "the tensors are larger than memory can be");
    RD_TRY(rd_alloc(*size, 1, "a model file in memory", &made, error));
    *bytes = made;
    return pour_all(p, add_to_memory, &made, error);
}

rondo_status rd_safetensors_pack(const rd_bundle *bundle, int checks, char **bytes, size_t *size,
                                 rondo_error *error)
{
    plan p = {0};
    rondo_status status = plan_make(&p, bundle, checks, 1, error);
    if (status == RONDO_OK) status = pack(&p, bytes, size, error);
    plan_free(&p);
    return status;
}

rondo_status rd_safetensors_measure(const rd_bundle *bundle, int checks, uint64_t *bytes, rondo_error *error)
{
    plan p = {0};
    const rondo_status status = plan_make(&p, bundle, checks, 0, error);
    if (status == RONDO_OK) *bytes = (uint64_t)p.head.size + p.data;
    plan_free(&p);
    return status;
}
