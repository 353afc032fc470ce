/* A parser for the one dictionary that may stand here. Each key must be there once, no other may be. */
#include "formats/npy_header.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

static const struct {
    char text[4]; /* without the byte order */
    rd_dtype dtype;
} types[] = {
    {"b1", RD_DTYPE_BOOL}, {"u1", RD_DTYPE_U8},  {"i1", RD_DTYPE_I8},  {"i2", RD_DTYPE_I16},
    {"u2", RD_DTYPE_U16},  {"f2", RD_DTYPE_F16}, {"i4", RD_DTYPE_I32}, {"u4", RD_DTYPE_U32},
    {"f4", RD_DTYPE_F32},  {"f8", RD_DTYPE_F64}, {"i8", RD_DTYPE_I64}, {"u8", RD_DTYPE_U64},
};
enum { TYPES = sizeof types / sizeof *types };

const char *rd_npy_descr(rd_dtype dtype)
{
    static const char *const descr[RD_DTYPES] = {
        [RD_DTYPE_BOOL] = "|b1", [RD_DTYPE_U8] = "|u1",  [RD_DTYPE_I8] = "|i1",  [RD_DTYPE_I16] = "<i2",
        [RD_DTYPE_U16] = "<u2",  [RD_DTYPE_F16] = "<f2", [RD_DTYPE_I32] = "<i4", [RD_DTYPE_U32] = "<u4",
        [RD_DTYPE_F32] = "<f4",  [RD_DTYPE_F64] = "<f8", [RD_DTYPE_I64] = "<i8", [RD_DTYPE_U64] = "<u8"};
    return (size_t)dtype < RD_DTYPES ? descr[dtype] : NULL;
}

typedef struct cursor {
    const char *text; /* the whole file */
    size_t at, end;   /* what is left of the header is [at, end) */
    const char *origin;
    rd_npy_header *header;
} cursor;

static rondo_status bad(const cursor *c, size_t at, rondo_error *error, const char *what)
{
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: %s", c->origin, at, what);
}

static char peek(cursor *c)
{
    while (c->at < c->end && (c->text[c->at] == ' ' || c->text[c->at] == '\n'))
        c->at++;
    return c->at < c->end ? c->text[c->at] : 0;
}

/* The byte where the next piece begins. */
static size_t here(cursor *c)
{
    (void)peek(c);
    return c->at;
}

/* Passes the character when it comes next: 1 or 0. */
static int pass(cursor *c, char wanted)
{
    const int there = peek(c) == wanted;
    c->at += (size_t)there;
    return there;
}

/* A text in single or double quotes, without escapes. */
static int take_text(cursor *c, const char **text, size_t *size)
{
    const char quote = peek(c);
    if (quote != '\'' && quote != '"') return 0;
    const char *from = c->text + c->at + 1, *to = memchr(from, quote, c->end - c->at - 1);
    if (!to) return 0;
    *text = from;
    *size = (size_t)(to - from);
    c->at += *size + 2;
    return memchr(from, '\\', *size) == NULL;
}

static int take_word(cursor *c, const char *word)
{
    const size_t size = strlen(word);
    if (c->end - here(c) < size || memcmp(c->text + c->at, word, size) != 0) return 0;
    c->at += size;
    return 1;
}

static rondo_status refuse_type(const cursor *c, size_t at, const char *text, size_t size, rondo_error *error)
{
    static const struct {
        char kind;
        const char *name;
    } kinds[] = {
        {'O', "Python objects (a pickle)"}, {'S', "byte strings"}, {'U', "texts"},           {'V', "records"},
        {'c', "complex numbers"},           {'M', "dates"},        {'m', "time differences"}};
    const char kind = size > 1 ? text[1] : 0;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kind == kinds[i].kind)
            return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: an array of %s (type %s), not of numbers",
                           c->origin, at, kinds[i].name, rd_quote_n(text, size).text);
    return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: the type %s is not known", c->origin, at,
                   rd_quote_n(text, size).text);
}

static rondo_status read_descr(cursor *c, rondo_error *error)
{
    const char *text;
    size_t size, at = here(c);
    if (peek(c) == '[') return bad(c, at, error, "an array of records, not of numbers");
    if (!take_text(c, &text, &size)) return bad(c, at, error, "\"descr\" is not a text");
    for (size_t i = 0; i < TYPES && size == 3; i++) {
        if (memcmp(text + 1, types[i].text, 2) != 0) continue;
        if (!strchr(text[2] == '1' ? "|<>" : "<>", text[0])) break;
        c->header->dtype = types[i].dtype;
        c->header->big = text[0] == '>';
        return RONDO_OK;
    }
    return refuse_type(c, at, text, size, error);
}

static rondo_status read_order(cursor *c, rondo_error *error)
{
    c->header->fortran = take_word(c, "True");
    if (c->header->fortran || take_word(c, "False")) return RONDO_OK;
    return bad(c, c->at, error, "\"fortran_order\" is neither True nor False");
}

/* A whole number; Python 2 wrote an L behind a long one. */
static int take_size(cursor *c, size_t *size)
{
    const size_t from = here(c);
    uint64_t value = 0;
    for (; c->at < c->end && c->text[c->at] >= '0' && c->text[c->at] <= '9'; c->at++)
        if (__builtin_mul_overflow(value, 10u, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c->text[c->at] - '0'), &value) || value > SIZE_MAX)
            return 0;
    *size = (size_t)value;
    const int found = c->at > from;
    if (found && c->at < c->end && c->text[c->at] == 'L') c->at++;
    return found;
}

static rondo_status read_shape(cursor *c, rondo_error *error)
{
    rd_npy_header *header = c->header;
    if (!pass(c, '(')) return bad(c, c->at, error, "\"shape\" is not a tuple");
    while (!pass(c, ')')) {
        if (header->rank == RD_BUNDLE_RANK)
            return rd_fail(error, RONDO_LIMIT, "%s: byte %zu: more than %u axes", c->origin, c->at,
                           RD_BUNDLE_RANK);
        if (!take_size(c, &header->shape[header->rank++]))
            return bad(c, c->at, error, "an axis of \"shape\" is not a whole number from 0");
        if (!pass(c, ',') && (peek(c) != ')' || header->rank == 1))
            return bad(c, c->at, error, "\"shape\" is not a tuple");
    }
    return RONDO_OK;
}

static const struct {
    const char *name;
    rondo_status (*read)(cursor *c, rondo_error *error);
} keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};
enum { KEYS = sizeof keys / sizeof *keys };

static rondo_status read_key(cursor *c, unsigned *seen, rondo_error *error)
{
    const char *name;
    size_t size, i = 0, at = here(c);
    if (!take_text(c, &name, &size)) return bad(c, at, error, "a key of the header is expected");
    while (i < KEYS && (strlen(keys[i].name) != size || memcmp(keys[i].name, name, size) != 0))
        i++;
    if (i == KEYS || *seen & 1u << i)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: the key %s %s", c->origin, at,
                       rd_quote_n(name, size).text, i == KEYS ? "is not known" : "is there twice");
    *seen |= 1u << i;
    if (!pass(c, ':')) return bad(c, c->at, error, "a colon is expected");
    return keys[i].read(c, error);
}

static rondo_status read_dictionary(cursor *c, rondo_error *error)
{
    unsigned seen = 0;
    if (!pass(c, '{')) return bad(c, c->at, error, "the header is not a dictionary");
    while (!pass(c, '}')) {
        RD_TRY(read_key(c, &seen, error));
        if (!pass(c, ',') && peek(c) != '}') return bad(c, c->at, error, "a comma or the end is expected");
    }
    for (size_t i = 0; i < KEYS; i++)
        if (!(seen & 1u << i))
            return rd_fail(error, RONDO_BAD_DATA, "%s: byte %zu: the key \"%s\" is missing", c->origin, c->at,
                           keys[i].name);
    if (peek(c)) return bad(c, c->at, error, "something follows the header's dictionary");
    if (c->at < c->end) return bad(c, c->at, error, "a NUL byte in the header");
    return RONDO_OK;
}

rondo_status rd_npy_header_parse(const void *bytes, size_t size, const char *origin, rd_npy_header *header,
                                 rondo_error *error)
{
    static const char magic[] = "\x93NUMPY";
    const unsigned char *b = bytes;
    cursor c = {.text = bytes, .origin = origin, .header = header};
    if (size < 10 || memcmp(b, magic, 6) != 0) return bad(&c, 0, error, "not a .npy file");
    if (b[6] < 1 || b[6] > 3 || b[7] != 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 6: version %u.%u of .npy (1, 2 and 3 are known)",
                       origin, b[6], b[7]);
    c.at = b[6] == 1 ? 10 : 12;
    if (size < c.at) return bad(&c, size, error, "the file ends in its header");
    uint32_t length = (uint32_t)(b[8] | b[9] << 8);
    if (b[6] > 1) length |= (uint32_t)b[10] << 16 | (uint32_t)b[11] << 24;
    if (length > size - c.at)
        return rd_fail(error, RONDO_BAD_DATA, "%s: byte 8: a header of %lu bytes, %zu follow", origin,
                       (unsigned long)length, size - c.at);
    *header = (rd_npy_header){.data = c.at + length};
    c.end = header->data;
    return read_dictionary(&c, error);
}
