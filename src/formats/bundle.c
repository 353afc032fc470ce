/* Two lists ordered by name, tensors and texts. An entry is a block of its own that begins with its name, so
 * a pointer to it stays good while the lists grow, and one search serves both. */
#include "formats/bundle.h"

#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* clang-format off */
static const rd_dtype_info dtypes[RD_DTYPES] = {
    [RD_DTYPE_BOOL]        = {"BOOL",        1, 1},
    [RD_DTYPE_U8]          = {"U8",          1, 1},
    [RD_DTYPE_I8]          = {"I8",          1, 1},
    [RD_DTYPE_F8_E5M2]     = {"F8_E5M2",     1, 1},
    [RD_DTYPE_F8_E4M3]     = {"F8_E4M3",     1, 1},
    [RD_DTYPE_F8_E8M0]     = {"F8_E8M0",     1, 1},
    [RD_DTYPE_F8_E4M3FNUZ] = {"F8_E4M3FNUZ", 1, 1},
    [RD_DTYPE_F8_E5M2FNUZ] = {"F8_E5M2FNUZ", 1, 1},
    [RD_DTYPE_I16]         = {"I16",         2, 2},
    [RD_DTYPE_U16]         = {"U16",         2, 2},
    [RD_DTYPE_F16]         = {"F16",         2, 2},
    [RD_DTYPE_BF16]        = {"BF16",        2, 2},
    [RD_DTYPE_I32]         = {"I32",         4, 4},
    [RD_DTYPE_U32]         = {"U32",         4, 4},
    [RD_DTYPE_F32]         = {"F32",         4, 4},
    [RD_DTYPE_C64]         = {"C64",         8, 4},
    [RD_DTYPE_F64]         = {"F64",         8, 8},
    [RD_DTYPE_I64]         = {"I64",         8, 8},
    [RD_DTYPE_U64]         = {"U64",         8, 8},
};
/* clang-format on */

typedef struct entry { /* begins both kinds of entry */
    const char *name;
} entry;

typedef struct tensor_entry {
    rd_tensor tensor; /* begins with its name, which points to `text` below */
    void *owned;      /* of rd_alloc_aligned, or NULL */
    char text[];
} tensor_entry;

typedef struct text_entry {
    const char *name;
    const char *value;
    size_t size;
    char text[]; /* name, 0, value, 0 */
} text_entry;

typedef struct list {
    entry **item; /* owned, each item too; ordered by name */
    size_t count, room;
} list;

struct rd_bundle {
    list tensors, texts;
    void **kept; /* owned blocks that tensors point into */
    size_t kept_count, kept_room;
};

const rd_dtype_info *rd_dtype_of(rd_dtype dtype)
{
    const unsigned row = (unsigned)dtype;
    return row < RD_DTYPES ? &dtypes[row] : NULL;
}

int rd_dtype_find(const char *name, rd_dtype *dtype)
{
    for (unsigned i = 0; i < RD_DTYPES; i++)
        if (rd_equal(dtypes[i].name, name)) {
            *dtype = (rd_dtype)i;
            return 1;
        }
    return 0;
}

int rd_tensor_bytes(const rd_tensor *tensor, size_t *bytes)
{
    const rd_dtype_info *type = rd_dtype_of(tensor->dtype);
    size_t n = 1;
    if (!type || tensor->rank > RD_BUNDLE_RANK) return 0;
    for (size_t i = 0; i < tensor->rank; i++)
        if (!rd_mul(n, tensor->shape[i], &n)) return 0;
    return rd_mul(n, type->size, bytes);
}

const char *rd_shape_print(const size_t *shape, size_t rank, char out[RD_SHAPE_TEXT])
{
    size_t at = 1;
    out[0] = '[';
    for (size_t i = 0; i < rank && i < RD_BUNDLE_RANK; i++)
        at += (size_t)snprintf(out + at, RD_SHAPE_TEXT - at, i ? ", %zu" : "%zu", shape[i]);
    out[at] = ']';
    out[at + 1] = 0;
    return out;
}

void rd_turn_bytes(void *to, const void *from, size_t bytes, size_t unit)
{
    unsigned char *out = to;
    const unsigned char *in = from;
    for (size_t first = 0; first + unit <= bytes; first += unit)
        for (size_t i = 0; i < (unit + 1) / 2; i++) {
            const unsigned char low = in[first + i], high = in[first + unit - 1 - i];
            out[first + i] = high;
            out[first + unit - 1 - i] = low;
        }
}

/* The place of a name in a list, or where it would stand; *found says which. */
static size_t place(const list *items, const char *name, int *found)
{
    size_t low = 0, high = items->count;
    *found = 0;
    /* Files give names in order, so most often the place is the end. */
    if (high && strcmp(items->item[high - 1]->name, name) < 0) return high;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(items->item[middle]->name, name);
        if (order == 0) {
            *found = 1;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static rondo_status insert(list *items, size_t at, entry *item, rondo_error *error)
{
    RD_TRY(rd_grow(&items->item, &items->room, items->count + 1, sizeof(entry *), "the list of a bundle",
                   error));
    memmove(items->item + at + 1, items->item + at, (items->count - at) * sizeof(entry *));
    items->item[at] = item;
    items->count++;
    return RONDO_OK;
}

static rondo_status check_text(const char *what, const char *text, size_t size, rondo_error *error)
{
    const size_t bad = rd_utf8_check((const unsigned char *)text, size);
    if (bad < size)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "the %s %s is not UTF-8 at byte %zu", what,
                       rd_quote_n(text, size).text, bad);
    return RONDO_OK;
}

rondo_status rd_bundle_new(rd_bundle **bundle, rondo_error *error)
{
    return rd_alloc(1, sizeof(rd_bundle), "a bundle", bundle, error);
}

void rd_bundle_free(rd_bundle *bundle)
{
    if (!bundle) return;
    for (size_t i = 0; i < bundle->tensors.count; i++) {
        tensor_entry *item = (tensor_entry *)(void *)bundle->tensors.item[i];
        rd_free_aligned(item->owned);
        rd_free(item);
    }
    for (size_t i = 0; i < bundle->texts.count; i++)
        rd_free(bundle->texts.item[i]);
    for (size_t i = 0; i < bundle->kept_count; i++)
        rd_free(bundle->kept[i]);
    rd_free(bundle->tensors.item);
    rd_free(bundle->texts.item);
    rd_free(bundle->kept);
    rd_free(bundle);
}

/* What the world may get wrong about a tensor; gives its bytes and its place in the list. */
static rondo_status check_tensor(const rd_bundle *bundle, const rd_tensor *tensor, size_t *bytes, size_t *at,
                                 rondo_error *error)
{
    if (!bundle || !tensor || !tensor->name)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a tensor for a bundle: the %s is missing",
                       !bundle  ? "bundle"
                       : tensor ? "name"
                                : "tensor");
    const size_t name_size = strlen(tensor->name);
    if (name_size > RD_BUNDLE_NAME)
        return rd_fail(error, RONDO_LIMIT, "the name of tensor %s has %zu bytes (at most %u)",
                       rd_quote(tensor->name).text, name_size, RD_BUNDLE_NAME);
    RD_TRY(check_text("tensor name", tensor->name, name_size, error));
    if (tensor->rank > RD_BUNDLE_RANK)
        return rd_fail(error, RONDO_LIMIT, "tensor %s has %zu axes (at most %u)", rd_quote(tensor->name).text,
                       tensor->rank, RD_BUNDLE_RANK);
    if (!rd_dtype_of(tensor->dtype))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "tensor %s is of no known type (%d)",
                       rd_quote(tensor->name).text, (int)tensor->dtype);
    if (!rd_tensor_bytes(tensor, bytes)) {
        char shape[RD_SHAPE_TEXT];
        return rd_fail(error, RONDO_LIMIT, "tensor %s of shape %s is too large", rd_quote(tensor->name).text,
                       rd_shape_print(tensor->shape, tensor->rank, shape));
    }
    if (bundle->tensors.count >= RD_BUNDLE_TENSORS)
        return rd_fail(error, RONDO_LIMIT, "tensor %s is one more than the %u that a bundle holds",
                       rd_quote(tensor->name).text, RD_BUNDLE_TENSORS);
    int found;
    *at = place(&bundle->tensors, tensor->name, &found);
    if (found)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "there are two tensors %s", rd_quote(tensor->name).text);
    return RONDO_OK;
}

/* Adds a checked tensor. `owned` is the bundle's only when all went well. */
static rondo_status add(rd_bundle *bundle, const rd_tensor *tensor, size_t bytes, size_t at, void *owned,
                        rondo_error *error)
{
    const size_t name_size = strlen(tensor->name);
    tensor_entry *item;
    RD_TRY(rd_alloc(1, sizeof *item + name_size + 1, "a tensor of a bundle", &item, error));
    item->tensor = *tensor;
    item->tensor.bytes = bytes;
    item->tensor.name = memcpy(item->text, tensor->name, name_size + 1);
    for (size_t i = tensor->rank; i < RD_BUNDLE_RANK; i++)
        item->tensor.shape[i] = 0;
    const rondo_status status = insert(&bundle->tensors, at, (entry *)(void *)item, error);
    if (status != RONDO_OK) {
        rd_free(item);
        return status;
    }
    if (owned) item->tensor.data = item->owned = owned;
    return RONDO_OK;
}

rondo_status rd_bundle_add(rd_bundle *bundle, const rd_tensor *tensor, rondo_error *error)
{
    size_t bytes, at;
    RD_TRY(check_tensor(bundle, tensor, &bytes, &at, error));
    if (!tensor->data && bytes)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "tensor %s has no data", rd_quote(tensor->name).text);
    return add(bundle, tensor, bytes, at, NULL, error);
}

rondo_status rd_bundle_make(rd_bundle *bundle, const rd_tensor *tensor, void **data, rondo_error *error)
{
    size_t bytes, at;
    void *owned;
    RD_TRY(check_tensor(bundle, tensor, &bytes, &at, error));
    RD_TRY(rd_alloc_aligned(bytes, 1, "the data of a tensor", &owned, error));
    const rondo_status status = add(bundle, tensor, bytes, at, owned, error);
    if (status != RONDO_OK)
        rd_free_aligned(owned);
    else
        *data = owned;
    return status;
}

const rd_tensor *rd_bundle_find(const rd_bundle *bundle, const char *name)
{
    int found = 0;
    const size_t at = bundle && name ? place(&bundle->tensors, name, &found) : 0;
    return found ? rd_bundle_at(bundle, at) : NULL;
}

const rd_tensor *rd_bundle_at(const rd_bundle *bundle, size_t i)
{
    if (!bundle || i >= bundle->tensors.count) return NULL;
    return &((const tensor_entry *)(const void *)bundle->tensors.item[i])->tensor;
}

size_t rd_bundle_tensors(const rd_bundle *bundle)
{
    return bundle ? bundle->tensors.count : 0;
}

rondo_status rd_bundle_keep(rd_bundle *bundle, void *block, rondo_error *error)
{
    RD_TRY(rd_grow(&bundle->kept, &bundle->kept_room, bundle->kept_count + 1, sizeof(void *),
                   "the list of a bundle", error));
    bundle->kept[bundle->kept_count++] = block;
    return RONDO_OK;
}

static rondo_status make_text(const char *name, const char *value, size_t size, text_entry **item,
                              rondo_error *error)
{
    const size_t name_size = strlen(name);
    size_t total;
    RD_TRY(check_text("name of a text", name, name_size, error));
    RD_TRY(check_text("text", value, size, error));
    if (!rd_add(size, sizeof **item + name_size + 2, &total))
        return rd_fail(error, RONDO_LIMIT, "the text %s is too long", rd_quote(name).text);
    RD_TRY(rd_alloc(1, total, "a text of a bundle", item, error));
    (*item)->name = memcpy((*item)->text, name, name_size + 1);
    (*item)->value =
        size ? memcpy((*item)->text + name_size + 1, value, size) : (*item)->text + name_size + 1;
    (*item)->size = size;
    return RONDO_OK;
}

rondo_status rd_bundle_set(rd_bundle *bundle, const char *name, const char *value, size_t size,
                           rondo_error *error)
{
    if (!bundle || !name)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a text for a bundle: the %s is missing",
                       bundle ? "name" : "bundle");
    list *texts = &bundle->texts;
    int found;
    const size_t at = place(texts, name, &found);
    text_entry *item = NULL;
    if (value) {
        RD_TRY(make_text(name, value, size, &item, error));
        if (!found) {
            const rondo_status status = insert(texts, at, (entry *)(void *)item, error);
            if (status != RONDO_OK) rd_free(item);
            return status;
        }
    }
    if (!found) return RONDO_OK;
    rd_free(texts->item[at]);
    if (item)
        texts->item[at] = (entry *)(void *)item;
    else
        memmove(texts->item + at, texts->item + at + 1, (--texts->count - at) * sizeof(entry *));
    return RONDO_OK;
}

const char *rd_bundle_get(const rd_bundle *bundle, const char *name, size_t *size)
{
    int found = 0;
    const size_t at = bundle && name ? place(&bundle->texts, name, &found) : 0;
    const char *value = NULL;
    if (found) rd_bundle_text(bundle, at, NULL, &value, size);
    return value;
}

int rd_bundle_text(const rd_bundle *bundle, size_t i, const char **name, const char **value, size_t *size)
{
    if (!bundle || i >= bundle->texts.count) return 0;
    const text_entry *item = (const text_entry *)(const void *)bundle->texts.item[i];
    if (name) *name = item->name;
    if (value) *value = item->value;
    if (size) *size = item->size;
    return 1;
}

size_t rd_bundle_texts(const rd_bundle *bundle)
{
    return bundle ? bundle->texts.count : 0;
}
