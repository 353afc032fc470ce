/* From the JSON of the header to checked tensors. Each fact is compared with the length of the file before it
 * is used, and the ranges of the tensors must fill the data without gap or overlap. */
#include "formats/safetensors_header.h"

#if RONDO_WITH_JSON

#include "base/memory.h"
#include "base/size.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BIG_ENDIAN_HOST (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
#define QUOTED(entry)   rd_quote((entry)->tensor.name).text

typedef struct range { /* a tensor as the header describes it */
    rd_tensor tensor;
    size_t begin, end; /* in the data */
    size_t key;        /* byte of the file where its entry stands */
} range;

typedef struct pair { /* a text of the metadata */
    const char *name;
    const json_t *value;
} pair;

typedef struct reading {
    const rd_safetensors_file *file;
    rd_bundle *bundle;
    json_t *root;
    range *ranges; /* [count], owned */
    size_t count;
    pair *pairs; /* owned */
} reading;

rondo_status rd_safetensors_ready(rondo_error *error)
{
    (void)error;
    return RONDO_OK;
}

static rondo_status parse_json(reading *r, rondo_error *error)
{
    const rd_safetensors_file *file = r->file;
    json_error_t fault;
    r->root = json_loadb((const char *)file->bytes + 8, file->scan.end,
                         JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &fault);
    if (r->root) return RONDO_OK;
    if (json_error_code(&fault) == json_error_out_of_memory)
        return rd_fail(error, RONDO_LIMIT, "%s: no memory for the header", file->origin);
    const size_t at = fault.position > 0 ? (size_t)fault.position : 0;
    return rd_safetensors_bad(file, 8 + rd_size_min(at, file->header), error, "the header is not JSON: %s",
                              rd_quote(fault.text).text);
}

/* A whole number that is not negative: 1 and *value. */
static int read_size(const json_t *number, size_t *value)
{
    if (!json_is_integer(number)) return 0;
    const json_int_t n = json_integer_value(number);
    return n >= 0 && rd_cast((uint64_t)n, value);
}

static rondo_status read_dtype(const reading *r, range *entry, const json_t *value, rondo_error *error)
{
    if (!json_is_string(value))
        return rd_safetensors_bad(r->file, entry->key, error, "tensor %s: \"dtype\" is not a text",
                                  QUOTED(entry));
    const char *type = json_string_value(value);
    if (strlen(type) != json_string_length(value) || !rd_dtype_find(type, &entry->tensor.dtype))
        return rd_safetensors_bad(r->file, entry->key, error, "tensor %s: the type %s is not supported",
                                  QUOTED(entry), rd_quote(type).text);
    return RONDO_OK;
}

static rondo_status read_shape(const reading *r, range *entry, const json_t *value, rondo_error *error)
{
    if (!json_is_array(value))
        return rd_safetensors_bad(r->file, entry->key, error, "tensor %s: \"shape\" is not a list",
                                  QUOTED(entry));
    entry->tensor.rank = json_array_size(value);
    if (entry->tensor.rank > RD_BUNDLE_RANK)
        return rd_fail(error, RONDO_LIMIT, "%s: byte %zu: tensor %s has %zu axes (at most %u)",
                       r->file->origin, entry->key, QUOTED(entry), entry->tensor.rank, RD_BUNDLE_RANK);
    for (size_t i = 0; i < entry->tensor.rank; i++)
        if (!read_size(json_array_get(value, i), &entry->tensor.shape[i]))
            return rd_safetensors_bad(r->file, entry->key, error,
                                      "tensor %s: axis %zu of \"shape\" is not a whole number from 0",
                                      QUOTED(entry), i);
    return RONDO_OK;
}

static rondo_status read_offsets(const reading *r, range *entry, const json_t *value, rondo_error *error)
{
    if (!json_is_array(value) || json_array_size(value) != 2 ||
        !read_size(json_array_get(value, 0), &entry->begin) ||
        !read_size(json_array_get(value, 1), &entry->end))
        return rd_safetensors_bad(r->file, entry->key, error,
                                  "tensor %s: \"data_offsets\" is not two whole numbers from 0",
                                  QUOTED(entry));
    if (entry->begin > entry->end)
        return rd_safetensors_bad(r->file, entry->key, error,
                                  "tensor %s ends at %zu, before it begins at %zu", QUOTED(entry), entry->end,
                                  entry->begin);
    if (entry->end > r->file->size - r->file->data)
        return rd_safetensors_bad(
            r->file, entry->key, error,
            "tensor %s ends at byte %zu of the data, the file has %zu: it is cut or damaged", QUOTED(entry),
            entry->end, r->file->size - r->file->data);
    return RONDO_OK;
}

/* The members of a tensor's entry: all of these and no other. */
static const struct {
    const char *key;
    rondo_status (*read)(const reading *r, range *entry, const json_t *value, rondo_error *error);
} members[] = {{"dtype", read_dtype}, {"shape", read_shape}, {"data_offsets", read_offsets}};
#define MEMBERS (sizeof members / sizeof members[0])

static rondo_status read_entry(const reading *r, range *entry, const json_t *value, rondo_error *error)
{
    const rd_safetensors_file *file = r->file;
    if (strlen(entry->tensor.name) > RD_BUNDLE_NAME)
        return rd_fail(error, RONDO_LIMIT, "%s: byte %zu: the name of tensor %s has %zu bytes (at most %u)",
                       file->origin, entry->key, QUOTED(entry), strlen(entry->tensor.name), RD_BUNDLE_NAME);
    if (!json_is_object(value))
        return rd_safetensors_bad(file, entry->key, error, "tensor %s: its entry is not an object",
                                  QUOTED(entry));
    for (size_t i = 0; i < MEMBERS; i++) {
        const json_t *member = json_object_get(value, members[i].key);
        if (!member)
            return rd_safetensors_bad(file, entry->key, error, "tensor %s: \"%s\" is missing", QUOTED(entry),
                                      members[i].key);
        RD_TRY(members[i].read(r, entry, member, error));
    }
    if (json_object_size(value) != MEMBERS)
        return rd_safetensors_bad(
            file, entry->key, error,
            "tensor %s: its entry has %zu members (dtype, shape, data_offsets expected)", QUOTED(entry),
            json_object_size(value));
    char shape[RD_SHAPE_TEXT];
    size_t bytes;
    if (!rd_tensor_bytes(&entry->tensor, &bytes) || bytes != entry->end - entry->begin)
        return rd_safetensors_bad(
            file, entry->key, error, "tensor %s: %s of shape %s does not fill the %zu bytes of its range",
            QUOTED(entry), rd_dtype_of(entry->tensor.dtype)->name,
            rd_shape_print(entry->tensor.shape, entry->tensor.rank, shape), entry->end - entry->begin);
    entry->tensor.at = file->data + entry->begin;
    return RONDO_OK;
}

static int by_pair_name(const void *a, const void *b)
{
    return strcmp(((const pair *)a)->name, ((const pair *)b)->name);
}

static rondo_status read_metadata(reading *r, size_t key, json_t *object, rondo_error *error)
{
    const char *name;
    json_t *value;
    size_t count = 0;
    if (!json_is_object(object))
        return rd_safetensors_bad(r->file, key, error, "\"__metadata__\" is not an object");
    RD_TRY(rd_alloc(json_object_size(object), sizeof(pair), "the metadata of a file", &r->pairs, error));
    json_object_foreach(object, name, value)
    {
        if (!json_is_string(value))
            return rd_safetensors_bad(r->file, key, error, "the metadata %s is not a text",
                                      rd_quote(name).text);
        r->pairs[count++] = (pair){name, value};
    }
    qsort(r->pairs, count, sizeof(pair), by_pair_name);
    for (size_t i = 0; i < count; i++)
        RD_TRY(rd_bundle_set(r->bundle, r->pairs[i].name, json_string_value(r->pairs[i].value),
                             json_string_length(r->pairs[i].value), error));
    return RONDO_OK;
}

static rondo_status read_members(reading *r, rondo_error *error)
{
    const rd_safetensors_file *file = r->file;
    const char *name;
    json_t *value;
    size_t i = 0;
    RD_TRY(rd_alloc(json_object_size(r->root), sizeof(range), "the tensors of a file", &r->ranges, error));
    /* jansson keeps the order of the text, so the i-th member stands where the scan saw the i-th key. */
    json_object_foreach(r->root, name, value)
    {
        const size_t key = 8 + (i < file->scan.count ? file->scan.keys[i] : 0);
        i++;
        if (strcmp(name, "__metadata__") == 0) {
            RD_TRY(read_metadata(r, key, value, error));
            continue;
        }
        if (r->count >= RD_BUNDLE_TENSORS)
            return rd_fail(error, RONDO_LIMIT, "%s: byte %zu: the header has more than %u tensors",
                           file->origin, key, RD_BUNDLE_TENSORS);
        range *entry = &r->ranges[r->count++];
        entry->tensor.name = name;
        entry->key = key;
        RD_TRY(read_entry(r, entry, value, error));
    }
    return RONDO_OK;
}

static int by_range(const void *a, const void *b)
{
    const range *left = a, *right = b;
    if (left->begin != right->begin) return left->begin < right->begin ? -1 : 1;
    if (left->end != right->end) return left->end < right->end ? -1 : 1;
    return strcmp(left->tensor.name, right->tensor.name);
}

static int by_tensor_name(const void *a, const void *b)
{
    return strcmp(((const range *)a)->tensor.name, ((const range *)b)->tensor.name);
}

/* Each range begins where the one before ended; the last ends where the file does. */
static rondo_status check_ranges(reading *r, rondo_error *error)
{
    const rd_safetensors_file *file = r->file;
    size_t end = 0;
    qsort(r->ranges, r->count, sizeof(range), by_range);
    for (size_t i = 0; i < r->count; i++) {
        const range *entry = &r->ranges[i];
        if (entry->begin != end)
            return rd_safetensors_bad(
                file, entry->key, error,
                "tensor %s begins at byte %zu of the data, the one before ends at %zu: %s", QUOTED(entry),
                entry->begin, end, entry->begin < end ? "they overlap" : "there is a gap");
        end = entry->end;
    }
    if (end != file->size - file->data)
        return rd_safetensors_bad(file, file->data + end, error, "%zu bytes follow the last tensor",
                                  file->size - file->data - end);
    return RONDO_OK;
}

/* Lends the data, or copies it where the file does not have it as this machine wants it. */
static rondo_status add_tensor(const reading *r, const range *entry, rondo_error *error)
{
    const rd_dtype_info *type = rd_dtype_of(entry->tensor.dtype);
    rd_tensor tensor = entry->tensor;
    void *copy;
    tensor.data = r->file->bytes + tensor.at;
    const int aligned = (uintptr_t)tensor.data % type->size == 0;
    const int turned = BIG_ENDIAN_HOST && type->unit > 1;
    if (aligned && !turned) return rd_bundle_add(r->bundle, &tensor, error);
    RD_TRY(rd_bundle_make(r->bundle, &tensor, &copy, error));
    if (turned)
        rd_turn_bytes(copy, tensor.data, entry->end - entry->begin, type->unit);
    else
        memcpy(copy, tensor.data, entry->end - entry->begin);
    return RONDO_OK;
}

static rondo_status load(reading *r, rondo_error *error)
{
    RD_TRY(parse_json(r, error));
    RD_TRY(read_members(r, error));
    RD_TRY(check_ranges(r, error));
    qsort(r->ranges, r->count, sizeof(range), by_tensor_name);
    for (size_t i = 0; i < r->count; i++)
        RD_TRY(add_tensor(r, &r->ranges[i], error));
    return RONDO_OK;
}

rondo_status rd_safetensors_load(const rd_safetensors_file *file, rd_bundle *bundle, rondo_error *error)
{
    reading r = {.file = file, .bundle = bundle};
    const rondo_status status = load(&r, error);
    json_decref(r.root);
    rd_free(r.ranges);
    rd_free(r.pairs);
    return status;
}

#else

rondo_status rd_safetensors_ready(rondo_error *error)
{
    return rd_fail(error, RONDO_SYSTEM, "this build has no jansson, so it reads and writes no model files");
}

rondo_status rd_safetensors_load(const rd_safetensors_file *file, rd_bundle *bundle, rondo_error *error)
{
    (void)file;
    (void)bundle;
    return rd_safetensors_ready(error);
}

#endif
