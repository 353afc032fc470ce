/* A vocabulary as text, for the model file. Reading trusts nothing: every line is checked and named when it
 * is bad. */
#include "sequence/symbols_inside.h"

#include "base/hash.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

static const char *const kind_names[] = {"char", "byte", "word", "label", "bpe"};
static const char *const no_yes[] = {"no", "yes"};
static const char *const normal_forms[] = {"none", "nfc"};

/* The lines of the header, in their order; the last stands with tokens = bpe only. A choice has names, a number has
 * none. */
enum { TOKENS, LOWERCASE, NORMALIZE, MIN_FREQ, MAX_VOCAB, SYMBOLS, MERGES, HEADER };
static const struct {
    const char *name;
    const char *const *choices;
    int64_t most; /* largest number or last choice */
} header[HEADER] = {
    [TOKENS] = {"tokens", kind_names, 4},         [LOWERCASE] = {"lowercase", no_yes, 1},
    [NORMALIZE] = {"normalize", normal_forms, 1}, [MIN_FREQ] = {"min-freq", NULL, INT64_MAX},
    [MAX_VOCAB] = {"max-vocab", NULL, INT32_MAX}, [SYMBOLS] = {"symbols", NULL, RD_SYMBOL_COUNT - 2},
    [MERGES] = {"merges", NULL, INT32_MAX},
};

/* ---- writing */

static void write_symbol(const rd_symbols *symbols, size_t i, rd_text *text)
{
    size_t size;
    const char *from = rd_symbols_text(symbols, i, &size);
    static const char plain[] = "\n\r\t\\", letter[] = "nrt\\";
    for (size_t k = 0; k < size; k++) {
        unsigned char c = (unsigned char)from[k];
        const char *known = c ? strchr(plain, c) : NULL;
        if (known)
            rd_text_format(text, "\\%c", letter[known - plain]);
        else if (c < 0x20 || c == 0x7f || (c >= 0x80 && symbols->rules.kind == RD_TOKENS_BYTE))
            rd_text_format(text, "\\x%02x", c);
        else
            rd_text_add(text, from + k, 1);
    }
    rd_text_add(text, "\n", 1);
}

rondo_status rd_symbols_write(const rd_symbols *symbols, rd_text *text, rondo_error *error)
{
    const rd_symbols_rules *rules = &symbols->rules;
    rd_text_format(text, "tokens = %s\nlowercase = %s\nnormalize = %s\n", kind_names[rules->kind],
                   no_yes[rules->lowercase != 0], normal_forms[rules->nfc != 0]);
    const size_t merges = symbols->bpe ? rd_bpe_merges(symbols->bpe) : 0;
    rd_text_format(text, "min-freq = %" PRIu64 "\nmax-vocab = %zu\nsymbols = %zu\n", rules->min_freq,
                   rules->max_vocab, symbols->symbols - rd_symbols_first(symbols));
    if (symbols->bpe) rd_text_format(text, "merges = %zu\n", merges);
    rd_text_put(text, "\n");
    for (size_t i = rd_symbols_first(symbols); i < symbols->symbols; i++)
        write_symbol(symbols, i, text);
    for (size_t i = 0; i < merges; i++) {
        const rd_merge *merge = rd_bpe_merge(symbols->bpe, i);
        rd_text_format(text, "%d %d\n", (int)merge->left, (int)merge->right);
    }
    return rd_text_done(text, error);
}

/* ---- reading */

typedef struct scan { /* a walk over the lines of the text */
    const char *text, *origin;
    size_t size, at, number;
    const char *line;
    size_t length;
} scan;

static int next_line(scan *walk)
{
    if (walk->at >= walk->size) return 0;
    const char *from = walk->text + walk->at;
    const char *stop = memchr(from, '\n', walk->size - walk->at);
    walk->line = from;
    walk->length = stop ? (size_t)(stop - from) : walk->size - walk->at;
    walk->at += walk->length + (stop != NULL);
    walk->number++;
    return 1;
}

static int header_value(size_t row, const rd_pair *pair, int64_t *value)
{
    if (!header[row].choices)
        return rd_parse_integer(pair->value, pair->value_size, value) && *value >= 0 &&
               *value <= header[row].most;
    for (*value = 0; *value <= header[row].most; ++*value) {
        const char *choice = header[row].choices[*value];
        if (strlen(choice) == pair->value_size && memcmp(choice, pair->value, pair->value_size) == 0)
            return 1;
    }
    return 0;
}

static rondo_status read_header(scan *walk, int64_t value[HEADER], rondo_error *error)
{
    for (size_t row = 0; row < HEADER; row++) {
        size_t at = 0, line = 0;
        rd_pair pair;
        if (row == MERGES && value[TOKENS] != RD_TOKENS_BPE) continue;
        if (!next_line(walk))
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: the vocabulary ends inside its header",
                           walk->origin, walk->number + 1);
        if (rd_text_pair(walk->line, walk->length, &at, &line, &pair) != 1 ||
            strlen(header[row].name) != pair.name_size ||
            memcmp(header[row].name, pair.name, pair.name_size) != 0 ||
            !header_value(row, &pair, &value[row]))
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: expected \"%s = ...\", found %s", walk->origin,
                           walk->number, header[row].name, rd_quote_n(walk->line, walk->length).text);
    }
    if (!next_line(walk) || walk->length != 0)
        return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: expected an empty line after the header",
                       walk->origin, walk->number);
    return RONDO_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undoes the escapes of a line into `out`; 0 when one is bad. */
static int unescape(const char *line, size_t size, rd_text *out)
{
    static const char plain[] = "\n\r\t\\", letter[] = "nrt\\";
    rd_text_clear(out);
    for (size_t i = 0; i < size; i++) {
        char c = line[i];
        if (c == '\\') {
            if (++i >= size) return 0;
            const char *known = line[i] ? strchr(letter, line[i]) : NULL;
            if (known) {
                c = plain[known - letter];
            } else {
                if (line[i] != 'x' || size - i < 3 || hex_digit(line[i + 1]) < 0 ||
                    hex_digit(line[i + 2]) < 0)
                    return 0;
                c = (char)(hex_digit(line[i + 1]) * 16 + hex_digit(line[i + 2]));
                i += 2;
            }
        }
        rd_text_add(out, &c, 1);
    }
    return 1;
}

/* NULL when `text` can be a symbol of this vocabulary, else what is wrong with it. A piece of a word may be the blank
 * before it, or begin with it. */
static const char *objection(const rd_symbols *symbols, const char *text, size_t size)
{
    const size_t blank = symbols->bpe && size > 0 && text[0] == ' ';
    size_t at = blank, start = blank;
    if (size == 0) return "an empty symbol";
    if (symbols->rules.kind != RD_TOKENS_BYTE && rd_utf8_check((const unsigned char *)text, size) < size)
        return "a symbol that is not UTF-8";
    if (size > blank && (rd_symbols_next(symbols, text, size, &at, &start) != size - blank || start != blank))
        return "more than one symbol";
    if (rd_symbols_find(symbols, text, size) >= 0) return "a symbol that came before";
    return NULL;
}

static rondo_status read_symbols(scan *walk, rd_symbols *symbols, size_t count, rd_text *buffer,
                                 rondo_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (!next_line(walk))
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: the vocabulary ends after %zu of %zu symbols",
                           walk->origin, walk->number + 1, i, count);
        if (!unescape(walk->line, walk->length, buffer))
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: a bad escape in %s", walk->origin, walk->number,
                           rd_quote_n(walk->line, walk->length).text);
        RD_TRY(rd_text_done(buffer, error));
        const char *wrong = objection(symbols, buffer->text ? buffer->text : "", buffer->size);
        if (wrong)
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: %s: %s", walk->origin, walk->number, wrong,
                           rd_quote_n(walk->line, walk->length).text);
        RD_TRY(rd_symbols_append(symbols, buffer->text, buffer->size, 0, error));
    }
    if (symbols->bpe && rd_symbols_find(symbols, " ", 1) < 0)
        return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: the blank that begins words is none of the symbols",
                       walk->origin, walk->number);
    return RONDO_OK;
}

/* Reads "LEFT RIGHT", two symbols of the vocabulary that make a third; 1 on success. */
static int read_merge(const rd_symbols *symbols, const char *line, size_t size, rd_text *buffer, rd_merge *merge)
{
    const char *gap = memchr(line, ' ', size);
    const size_t left_size = gap ? (size_t)(gap - line) : size;
    int64_t both[2] = {0, 0};
    if (!gap || !rd_parse_integer(line, left_size, &both[0]) ||
        !rd_parse_integer(gap + 1, size - left_size - 1, &both[1]))
        return 0;
    rd_text_clear(buffer);
    for (int k = 0; k < 2; k++) {
        size_t length;
        if (both[k] < RD_SYMBOL_FIRST || (uint64_t)both[k] >= symbols->symbols) return 0;
        const char *text = rd_symbols_text(symbols, (size_t)both[k], &length);
        rd_text_add(buffer, text, length);
    }
    *merge = (rd_merge){.left = (int32_t)both[0],
                        .right = (int32_t)both[1],
                        .whole = rd_symbols_find(symbols, buffer->text ? buffer->text : "", buffer->size)};
    return merge->whole >= RD_SYMBOL_FIRST;
}

static rondo_status read_merges(scan *walk, rd_symbols *symbols, size_t count, rd_text *buffer, rondo_error *error)
{
    for (size_t i = 0; i < count; i++) {
        rd_merge merge;
        if (!next_line(walk))
            return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: the vocabulary ends after %zu of %zu merges", walk->origin,
                           walk->number + 1, i, count);
        if (!read_merge(symbols, walk->line, walk->length, buffer, &merge) ||
            rd_bpe_add(symbols->bpe, merge, NULL) != RONDO_OK)
            return rd_fail(error, RONDO_BAD_MODEL,
                           "%s:%zu: expected two symbols that make a third and were not merged before, found %s",
                           walk->origin, walk->number, rd_quote_n(walk->line, walk->length).text);
    }
    if (next_line(walk))
        return rd_fail(error, RONDO_BAD_MODEL, "%s:%zu: text after the last of %zu %s", walk->origin, walk->number,
                       symbols->bpe ? count : symbols->symbols - rd_symbols_first(symbols),
                       symbols->bpe ? "merges" : "symbols");
    return RONDO_OK;
}

rondo_status rd_symbols_read(const char *text, size_t size, const char *origin, rd_symbols **symbols,
                             rondo_error *error)
{
    scan walk = {.text = text, .origin = origin, .size = size};
    int64_t value[HEADER] = {0};
    RD_TRY(read_header(&walk, value, error));
    rd_symbols_rules rules = {.kind = (rd_token_kind)value[TOKENS],
                              .lowercase = (int)value[LOWERCASE],
                              .nfc = (int)value[NORMALIZE],
                              .min_freq = (uint64_t)value[MIN_FREQ],
                              .max_vocab = (size_t)value[MAX_VOCAB],
                              .merges = (size_t)value[MERGES]};
    rd_symbols *made = NULL;
    rd_text buffer = {0};
    RD_TRY(rd_symbols_new(&rules, &made, error));
    rondo_status status = read_symbols(&walk, made, (size_t)value[SYMBOLS], &buffer, error);
    if (status == RONDO_OK) status = read_merges(&walk, made, (size_t)value[MERGES], &buffer, error);
    rd_text_free(&buffer);
    if (status != RONDO_OK) {
        rd_symbols_free(made);
        return status;
    }
    made->settled = 1;
    *symbols = made;
    return RONDO_OK;
}

/* ---- comparing */

uint64_t rd_symbols_hash(const rd_symbols *symbols)
{
    const rd_symbols_rules *rules = &symbols->rules;
    uint64_t chain[2] = {(uint64_t)rules->kind * 4 + (rules->lowercase != 0) * 2u + (rules->nfc != 0),
                         symbols->symbols};
    chain[0] = rd_fnv1a(chain, sizeof chain);
    for (size_t i = 0; i < symbols->symbols; i++) {
        chain[1] = rd_fnv1a(symbols->bytes + symbols->symbol[i].at, symbols->symbol[i].size);
        chain[0] = rd_fnv1a(chain, sizeof chain);
    }
    for (size_t i = 0; symbols->bpe && i < rd_bpe_merges(symbols->bpe); i++) {
        chain[1] = rd_fnv1a(rd_bpe_merge(symbols->bpe, i), sizeof(rd_merge));
        chain[0] = rd_fnv1a(chain, sizeof chain);
    }
    return chain[0];
}

static const char *answer(rd_text *text)
{
    return text->text ? text->text : "they differ";
}

static int merges_differ(const rd_symbols *a, const rd_symbols *b)
{
    if (!a->bpe || !b->bpe) return 0;
    if (rd_bpe_merges(a->bpe) != rd_bpe_merges(b->bpe)) return 1;
    for (size_t i = 0; i < rd_bpe_merges(a->bpe); i++)
        if (memcmp(rd_bpe_merge(a->bpe, i), rd_bpe_merge(b->bpe, i), sizeof(rd_merge)) != 0) return 1;
    return 0;
}

const char *rd_symbols_difference(const rd_symbols *a, const rd_symbols *b, rd_text *text)
{
    const struct {
        const char *name, *left, *right;
    } rule[] = {
        {"tokens", kind_names[a->rules.kind], kind_names[b->rules.kind]},
        {"lowercase", no_yes[a->rules.lowercase != 0], no_yes[b->rules.lowercase != 0]},
        {"normalize", normal_forms[a->rules.nfc != 0], normal_forms[b->rules.nfc != 0]},
    };
    rd_text_clear(text);
    for (size_t i = 0; i < sizeof rule / sizeof *rule; i++)
        if (rule[i].left != rule[i].right) {
            rd_text_format(text, "%s is %s in one and %s in the other", rule[i].name, rule[i].left,
                           rule[i].right);
            return answer(text);
        }
    for (size_t i = rd_symbols_first(a); i < a->symbols && i < b->symbols; i++) {
        size_t left, right;
        const char *one = rd_symbols_text(a, i, &left), *other = rd_symbols_text(b, i, &right);
        if (left != right || memcmp(one, other, left) != 0) {
            rd_text_format(text, "symbol %zu is %s in one and %s in the other", i, rd_quote_n(one, left).text,
                           rd_quote_n(other, right).text);
            return answer(text);
        }
    }
    if (a->symbols != b->symbols)
        rd_text_format(text, "one has %zu symbols and the other %zu", a->symbols, b->symbols);
    else if (merges_differ(a, b))
        rd_text_put(text, "they merge other pieces of words, or in another order");
    else
        return NULL;
    return answer(text);
}
