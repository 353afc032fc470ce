/* The frame of a safetensors file: how long its header is, whether it is such a file at all, whether its
 * checksums agree. What the header says is the business of safetensors_header.c. */
#include "formats/safetensors.h"

#include "base/file_inside.h"
#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"
#include "formats/safetensors_header.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define LENGTH     8u             /* bytes of the length field */
#define FILE_LIMIT (SIZE_MAX / 4) /* bytes of a file; memory is the limit before it */
#define LOOK(text) (text), sizeof(text) - 1

/* What people give instead of a model, by its first bytes. */
typedef struct other_file {
    const char *first;
    size_t size;
    const char *looks, *hint;
} other_file;

static const char pickle_hint[] =
    "in Python: safetensors.torch.save_file(model.state_dict(), \"model.safetensors\")";
static const char page_hint[] = "download the file itself, not the page that shows it";

/* clang-format off */
static const other_file others[] = {
    {LOOK("version https://git-lfs"), "a Git LFS pointer, the file itself is elsewhere", "fetch it with: git lfs pull"},
    {LOOK("PK\x03\x04"),   "a ZIP file (.pt, .npz, .keras)",      pickle_hint},
    {LOOK("\x80\x02"),     "a Python pickle",                     pickle_hint},
    {LOOK("\x80\x03"),     "a Python pickle",                     pickle_hint},
    {LOOK("\x80\x04"),     "a Python pickle",                     pickle_hint},
    {LOOK("\x80\x05"),     "a Python pickle",                     pickle_hint},
    {LOOK("<!DOCTYPE"),    "a web page",                          page_hint},
    {LOOK("<!doctype"),    "a web page",                          page_hint},
    {LOOK("<html"),        "a web page",                          page_hint},
    {LOOK("<HTML"),        "a web page",                          page_hint},
    {LOOK("<?xml"),        "an XML file",                         ""},
    {LOOK("\x89HDF"),      "an HDF5 file",                        ""},
    {LOOK("\x93NUMPY"),    "a NumPy array",                       ""},
    {LOOK("\x1f\x8b"),     "a gzip file",                         "unpack it with: gunzip"},
    {LOOK("GGUF"),         "a GGUF file",                         ""},
    {LOOK("\x7f" "ELF"),   "a program",                           ""},
    {LOOK("{"),            "JSON text",                           ""},
};
/* clang-format on */

rondo_status rd_safetensors_bad(const rd_safetensors_file *file, size_t byte, rondo_error *error,
                                const char *format, ...)
{
    char text[sizeof error->message];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    return rd_fail(error, RONDO_BAD_MODEL, "%s: byte %zu: %s", file->origin, byte, text);
}

/* The frame is wrong at `byte`: if the file is something else, that is what to say. */
static rondo_status refuse_frame(const rd_safetensors_file *file, size_t byte, rondo_error *error,
                                 const char *what)
{
    size_t first = 0;
    while (first < file->size && first < 64 && strchr(" \t\r\n", file->bytes[first]) && file->bytes[first])
        first++;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const other_file *other = &others[i];
        if (file->size - first < other->size || memcmp(file->bytes + first, other->first, other->size) != 0)
            continue;
        rd_fail(error, RONDO_BAD_MODEL, "%s: byte 0: this is no safetensors file; it looks like %s",
                file->origin, other->looks);
        rd_hint(error, "%s", other->hint);
        return RONDO_BAD_MODEL;
    }
    return rd_safetensors_bad(file, byte, error, "this is no safetensors file: %s", what);
}

static uint64_t little64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

static rondo_status check_frame(rd_safetensors_file *file, rondo_error *error)
{
    char what[160];
    if (file->size == 0)
        return rd_fail(error, RONDO_BAD_MODEL, "%s: byte 0: the file is empty", file->origin);
    if (file->size < LENGTH) {
        snprintf(what, sizeof what, "it ends inside the length of its header (%zu bytes, 8 expected)",
                 file->size);
        return refuse_frame(file, file->size, error, what);
    }
    const uint64_t header = little64(file->bytes);
    if (header > file->size - LENGTH) {
        snprintf(what, sizeof what, "the header should have %llu bytes, %zu follow",
                 (unsigned long long)header, file->size - LENGTH);
        return refuse_frame(file, 0, error, what);
    }
    if (header < 2) return refuse_frame(file, 0, error, "the header is empty (at least \"{}\" expected)");
    if (file->bytes[LENGTH] != '{')
        return refuse_frame(file, LENGTH, error, "the header does not begin with \"{\"");
    if (header > RD_SAFETENSORS_HEADER)
        return rd_fail(error, RONDO_LIMIT, "%s: byte 0: the header has %llu bytes (at most %u)", file->origin,
                       (unsigned long long)header, RD_SAFETENSORS_HEADER);
    file->header = (size_t)header;
    file->data = LENGTH + file->header;
    return RONDO_OK;
}

/* What rd_json_look may meet. Nesting that no such file has is damage; many tensors are only too many for us.
 */
static const struct {
    rondo_status status;
    const char *what;
} faults[] = {
    [RD_JSON_DEEP] = {RONDO_BAD_MODEL, "nests deeper than 64"},
    [RD_JSON_KEYS] = {RONDO_LIMIT, "has more than 100000 tensors"},
    [RD_JSON_LONG] = {RONDO_LIMIT, "has more than 2000000 values"},
    [RD_JSON_OPEN] = {RONDO_BAD_MODEL, "ends inside its object"},
    [RD_JSON_MEMORY] = {RONDO_LIMIT, "has too many keys for the memory there is"},
};

static rondo_status look_through(rd_safetensors_file *file, rondo_error *error)
{
    static const rd_json_limits limits = {.depth = RD_SAFETENSORS_DEPTH,
                                          .keys = RD_BUNDLE_TENSORS + 1, /* the metadata too */
                                          .values = RD_SAFETENSORS_VALUES,
                                          .inside = "__metadata__",
                                          .guard = RD_SAFETENSORS_HEADER_CRC};
    size_t at;
    const char *text = (const char *)file->bytes + LENGTH;
    const rd_json_fault fault = rd_json_look(text, file->header, &limits, &file->scan, &at);
    if (fault)
        return rd_fail(error, faults[fault].status, "%s: byte %zu: the header %s", file->origin, LENGTH + at,
                       faults[fault].what);
    for (at = file->scan.end; at < file->header; at++)
        if (text[at] != ' ')
            return rd_safetensors_bad(file, LENGTH + at, error, "the header goes on after its object (%s)",
                                      rd_quote_n(text + at, 1).text);
    return RONDO_OK;
}

/* The checksum over length and header, in which its own eight digits count as zeros. */
static rondo_status check_header_crc(const rd_safetensors_file *file, rondo_error *error)
{
    if (!file->scan.guard) return RONDO_OK;
    const size_t at = LENGTH + file->scan.guard;
    char digits[9] = "";
    if (file->data - at < 9 || file->bytes[at + 8] != '"')
        return rd_safetensors_bad(file, at, error, RD_SAFETENSORS_HEADER_CRC " does not have eight digits");
    uint32_t crc = rd_crc32c(0, file->bytes, at);
    crc = rd_crc32c(crc, "00000000", 8);
    crc = rd_crc32c(crc, file->bytes + at + 8, file->data - at - 8);
    snprintf(digits, sizeof digits, "%08x", crc);
    if (memcmp(digits, file->bytes + at, 8) != 0) {
        rd_safetensors_bad(file, at, error, "the header is damaged: its CRC-32C is %s, the file says %s",
                           digits, rd_quote_n((const char *)file->bytes + at, 8).text);
        rd_hint(error, "if another program changed the metadata, remove \"" RD_SAFETENSORS_CRC
                       "\" and \"" RD_SAFETENSORS_HEADER_CRC "\" from it");
        return RONDO_BAD_MODEL;
    }
    return RONDO_OK;
}

/* Compares one line of the checksums with the tensor it should be about. */
static rondo_status check_line(const rd_safetensors_file *file, const rd_tensor *tensor, rd_text *wanted,
                               const char *line, size_t size, rondo_error *error)
{
    const uint32_t crc = rd_crc32c(0, file->bytes + tensor->at, tensor->bytes);
    rd_text_clear(wanted);
    rd_safetensors_crc_line(wanted, crc, tensor->name);
    RD_TRY(rd_text_done(wanted, error));
    if (size != wanted->size || memcmp(line + 8, wanted->text + 8, size - 8) != 0)
        return rd_safetensors_bad(file, LENGTH, error,
                                  RD_SAFETENSORS_CRC " does not list the tensors: %s missing",
                                  rd_quote(tensor->name).text);
    if (memcmp(line, wanted->text, 8) != 0)
        return rd_safetensors_bad(file, tensor->at, error,
                                  "tensor %s is damaged: its CRC-32C is %08x, the file says %s",
                                  rd_quote(tensor->name).text, crc, rd_quote_n(line, 8).text);
    return RONDO_OK;
}

static rondo_status check_lines(const rd_safetensors_file *file, const rd_bundle *bundle,
                                const rd_tensor *const *order, const char *lines, size_t size,
                                rondo_error *error)
{
    rd_text wanted = {0};
    rondo_status status = RONDO_OK;
    size_t at = 0;
    for (size_t i = 0; i < rd_bundle_tensors(bundle) && status == RONDO_OK; i++) {
        const char *end = memchr(lines + at, '\n', size - at);
        const size_t line = end ? (size_t)(end - lines) + 1 - at : size - at;
        status = check_line(file, order[i], &wanted, lines + at, line, error);
        at += line;
    }
    rd_text_free(&wanted);
    if (status == RONDO_OK && at < size)
        return rd_safetensors_bad(file, LENGTH, error,
                                  RD_SAFETENSORS_CRC " lists more than the tensors of the file");
    return status;
}

/* Either both checksums or none: a damaged key must not turn the other one off. */
static rondo_status check_data_crc(const rd_safetensors_file *file, rd_bundle *bundle, int *checked,
                                   rondo_error *error)
{
    size_t size = 0;
    const char *lines = rd_bundle_get(bundle, RD_SAFETENSORS_CRC, &size);
    const char *header = rd_bundle_get(bundle, RD_SAFETENSORS_HEADER_CRC, NULL);
    if (checked) *checked = lines != NULL;
    if (!lines && !header) return RONDO_OK;
    if (!lines || !header || !file->scan.guard)
        return rd_safetensors_bad(file, LENGTH, error,
                                  "the metadata has only one of " RD_SAFETENSORS_CRC
                                  " and " RD_SAFETENSORS_HEADER_CRC ", or one spelt with escapes");
    const rd_tensor **order;
    RD_TRY(rd_safetensors_order(bundle, &order, error));
    const rondo_status status = check_lines(file, bundle, order, lines, size, error);
    rd_free(order);
    RD_TRY(status);
    RD_TRY(rd_bundle_set(bundle, RD_SAFETENSORS_CRC, NULL, 0, error));
    return rd_bundle_set(bundle, RD_SAFETENSORS_HEADER_CRC, NULL, 0, error);
}

static rondo_status read_file(rd_safetensors_file *file, rd_bundle *bundle, int *checked, rondo_error *error)
{
    RD_TRY(check_frame(file, error));
    RD_TRY(look_through(file, error));
    RD_TRY(check_header_crc(file, error));
    RD_TRY(rd_safetensors_load(file, bundle, error));
    return check_data_crc(file, bundle, checked, error);
}

rondo_status rd_safetensors_parse(const void *bytes, size_t size, const char *origin, rd_bundle **bundle,
                                  int *checked, rondo_error *error)
{
    rd_safetensors_file file = {.origin = origin, .bytes = bytes, .size = size};
    rd_bundle *made;
    RD_TRY(rd_safetensors_ready(error));
    RD_TRY(rd_bundle_new(&made, error));
    const rondo_status status = read_file(&file, made, checked, error);
    rd_json_scan_free(&file.scan);
    if (status != RONDO_OK)
        rd_bundle_free(made);
    else
        *bundle = made;
    return status;
}

/* A device or a pipe may never end, so it gets less trust than a file. */
static size_t limit_of(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && !S_ISREG(facts.st_mode) ? RD_SAFETENSORS_STREAM : FILE_LIMIT;
}

rondo_status rd_safetensors_read(const char *path, rd_bundle **bundle, int *checked, rondo_error *error)
{
    const rd_quoted shown = rd_path_shown(path);
    char *bytes;
    size_t size;
    rd_bundle *made;
    RD_TRY(rd_safetensors_ready(error));
    RD_TRY(rd_file_read(path, limit_of(path), &bytes, &size, error));
    rondo_status status = rd_safetensors_parse(bytes, size, shown.text, &made, checked, error);
    if (status != RONDO_OK) {
        rd_free(bytes);
        return status;
    }
    status = rd_bundle_keep(made, bytes, error);
    if (status != RONDO_OK) {
        rd_free(bytes);
        rd_bundle_free(made);
        return status;
    }
    *bundle = made;
    return RONDO_OK;
}
