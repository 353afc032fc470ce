/* A file of vectors is large and a vocabulary small: each line is cut from behind, its word looked up, and
 * its numbers read only when somebody wants them. */
#include "data/vectors.h"

#include "base/memory.h"
#include "base/size.h"
#include "data/normalize.h"
#include "sequence/symbols_inside.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { OWN = 2, LOWER = 1 }; /* whose vector a symbol has */

typedef struct vectors {
    const rd_symbols *symbols;
    rd_symbols *lower; /* owned: lower cases of symbols that are not their own */
    int32_t *first,
        *next;          /* owned: [lower] and [symbols]: symbols of one lower case, each list ended by -1 */
    unsigned char *has; /* [symbols] owned */
    size_t width;
    float *table, *row; /* row: [width] owned */
    rd_normal normal;
    rondo_coverage coverage;
    int64_t promised; /* vectors that a header says there are; -1: there is no header */
    int narrow;       /* 1: some vector has as many numbers as the width says, and no more */
} vectors;

/* ---- cutting a line ---- */

static int is_gap(char c)
{
    return c == ' ' || c == '\t';
}

static const char *trim(const char *line, const char *end)
{
    while (end > line && is_gap(end[-1]))
        end--;
    return end;
}

/* The beginning of the last field before `end`. */
static const char *last_field(const char *line, const char *end)
{
    while (end > line && !is_gap(end[-1]))
        end--;
    return end;
}

static size_t fields_of(const char *line, const char *end)
{
    size_t fields = 0;
    for (end = trim(line, end); end > line; end = trim(line, last_field(line, end)))
        fields++;
    return fields;
}

/* `count n`, which word2vec and fastText begin with; nothing else has two whole numbers alone. */
static int is_header(const char *line, const char *end, int64_t *count, size_t *width)
{
    int64_t n;
    end = trim(line, end);
    const char *second = last_field(line, end), *stop = trim(line, second);
    if (fields_of(line, end) != 2 || !rd_parse_integer(second, (size_t)(end - second), &n) ||
        !rd_parse_integer(line, (size_t)(stop - line), count) || *count < 0 || n < 1)
        return 0;
    *width = (size_t)n;
    return 1;
}

/* *count: of a header, -1 when the line is none. */
static rondo_status width_of_line(const rd_reader *reader, const char *line, size_t size, int64_t *count,
                                  size_t *width, rondo_error *error)
{
    const size_t fields = fields_of(line, line + size);
    if (is_header(line, line + size, count, width)) return RONDO_OK;
    *count = -1;
    if (fields < 2)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: expected a word and its vector, found %s",
                       rd_reader_name(reader), rd_reader_number(reader), rd_quote_n(line, size).text);
    *width = fields - 1;
    return RONDO_OK;
}

rondo_status rd_vectors_width(const char *path, size_t *width, rondo_error *error)
{
    rd_reader *reader;
    const char *line = NULL;
    size_t size = 0;
    int64_t count;
    int more = 0;
    RD_TRY(rd_reader_open(path, &reader, error));
    rondo_status status = rd_reader_line(reader, &line, &size, &more, error);
    if (status == RONDO_OK && !more) status = rd_fail(error, RONDO_BAD_DATA, "%s: the file is empty", path);
    if (status == RONDO_OK) status = width_of_line(reader, line, size, &count, width, error);
    rd_reader_close(reader);
    return status;
}

/* ---- who wants a vector ---- */

/* Symbols whose lower case is another text are found by it too. */
static rondo_status add_lower(vectors *v, size_t symbol, rondo_error *error)
{
    static const rd_symbols_rules rules = {.kind = RD_TOKENS_BYTE, .lowercase = 1};
    const rd_symbols_rules fold = {.kind = RD_TOKENS_WORD, .lowercase = 1};
    size_t size, folded_size;
    const char *text = rd_symbols_text(v->symbols, symbol, &size), *folded;
    if (!v->lower) RD_TRY(rd_symbols_new(&rules, &v->lower, error));
    if (rd_normalize(&v->normal, &fold, text, size, &folded, &folded_size, NULL) != RONDO_OK ||
        folded_size == 0 || (folded_size == size && memcmp(folded, text, size) == 0))
        return RONDO_OK; /* without utf8proc only ASCII has a lower case */
    int32_t at = rd_symbols_find(v->lower, folded, folded_size);
    if (at < 0) {
        at = (int32_t)rd_symbols_size(v->lower);
        RD_TRY(rd_symbols_append(v->lower, folded, folded_size, 0, error));
        v->first[at] = -1;
    }
    v->next[symbol] = v->first[at];
    v->first[at] = (int32_t)symbol;
    return RONDO_OK;
}

static rondo_status make_lists(vectors *v, rondo_error *error)
{
    const size_t count = rd_symbols_size(v->symbols);
    RD_TRY(rd_alloc(count + RD_SYMBOL_FIRST, sizeof *v->first, "words with vectors", &v->first, error));
    RD_TRY(rd_alloc(count, sizeof *v->next, "words with vectors", &v->next, error));
    RD_TRY(rd_alloc(count, 1, "words with vectors", &v->has, error));
    RD_TRY(rd_alloc(v->width, sizeof *v->row, "a vector", &v->row, error));
    for (size_t i = RD_SYMBOL_FIRST; i < count; i++)
        RD_TRY(add_lower(v, i, error));
    v->coverage.words = count - RD_SYMBOL_FIRST;
    return RONDO_OK;
}

static void give(vectors *v, size_t symbol, unsigned char whose)
{
    if (v->has[symbol] >= whose) return;
    v->coverage.folded -= v->has[symbol] == LOWER;
    if (symbol >= RD_SYMBOL_FIRST) *(whose == OWN ? &v->coverage.exact : &v->coverage.folded) += 1;
    v->has[symbol] = whose;
    memcpy(v->table + symbol * v->width, v->row, v->width * sizeof *v->row);
}

/* ---- reading ---- */

static rondo_status read_numbers(vectors *v, const rd_reader *reader, const char *line, const char *from,
                                 const char *end, rondo_error *error)
{
    for (size_t i = 0; i < v->width; i++) {
        const char *at = from, *stop;
        double value;
        while (at < end && is_gap(*at))
            at++;
        for (stop = at; stop < end && !is_gap(*stop);)
            stop++;
        if (!rd_parse_number(at, (size_t)(stop - at), &value) || fabs(value) > 1e30)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: expected a number, found %s",
                           rd_reader_name(reader), rd_reader_number(reader), (size_t)(at - line) + 1,
                           rd_quote_n(at, (size_t)(stop - at)).text);
        v->row[i] = (float)value;
        from = stop;
    }
    return RONDO_OK;
}

/* 1 for a word of several fields whose last one could be a number of the vector. */
static int ends_in_number(const char *word, const char *end)
{
    double value;
    const char *last = last_field(word, end);
    return last > word && rd_parse_number(last, (size_t)(end - last), &value);
}

/* The word is what stands before the last `width` fields: some files have words with blanks. */
static rondo_status take_line(vectors *v, const rd_reader *reader, const char *line, size_t size,
                              rondo_error *error)
{
    const char *end = trim(line, line + size), *word_end = end;
    for (size_t i = 0; i < v->width && word_end > line; i++)
        word_end = trim(line, last_field(line, word_end));
    if (word_end == line)
        return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:1: expected a word and %zu numbers, found %s",
                       rd_reader_name(reader), rd_reader_number(reader), v->width,
                       rd_quote_n(line, size).text);
    v->coverage.vectors++;
    v->narrow |= !ends_in_number(line, word_end);
    const size_t word_size = (size_t)(word_end - line);
    const int32_t own = rd_symbols_find(v->symbols, line, word_size);
    const int32_t lower = v->lower ? rd_symbols_find(v->lower, line, word_size) : -1;
    if ((own < 0 || v->has[own] == OWN) && lower < 0) return RONDO_OK;
    RD_TRY(read_numbers(v, reader, line, word_end, end, error));
    if (own >= 0) give(v, (size_t)own, OWN);
    for (int32_t i = lower < 0 ? -1 : v->first[lower]; i >= 0; i = v->next[i])
        give(v, (size_t)i, LOWER);
    return RONDO_OK;
}

static rondo_status read_first(vectors *v, const rd_reader *reader, const char *line, size_t size, rondo_error *error)
{
    size_t width = 0;
    RD_TRY(width_of_line(reader, line, size, &v->promised, &width, error));
    if (width == v->width) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_DATA, "%s:1:1: vectors of %zu numbers, --embed-size is %zu",
                   rd_reader_name(reader), width, v->width);
}

/* What the file holds is what its header says. */
static rondo_status judge(const vectors *v, const rd_reader *reader, rondo_error *error)
{
    const char *name = rd_reader_name(reader);
    if (v->coverage.vectors == 0) return rd_fail(error, RONDO_BAD_DATA, "%s: there are no vectors in it", name);
    if (v->promised < 0) return RONDO_OK;
    if (!v->narrow)
        return rd_fail(error, RONDO_BAD_DATA, "%s:1:1: the header says vectors of %zu numbers, all lines have more", name,
                       v->width);
    if ((uint64_t)v->promised == v->coverage.vectors) return RONDO_OK;
    rd_fail(error, RONDO_BAD_DATA, "%s:1:1: the header says %" PRId64 " vectors, the file has %zu", name, v->promised,
            v->coverage.vectors);
    rd_hint(error, "if the file was cut on purpose, correct its first line or leave it out");
    return RONDO_BAD_DATA;
}

static rondo_status read_all(vectors *v, rd_reader *reader, rondo_error *error)
{
    for (int first = 1;; first = 0) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_reader_line(reader, &line, &size, &more, error));
        if (!more) return judge(v, reader, error);
        if (first) {
            RD_TRY(read_first(v, reader, line, size, error));
            if (v->promised >= 0) continue;
        }
        if (trim(line, line + size) == line) continue;
        RD_TRY(take_line(v, reader, line, size, error));
    }
}

rondo_status rd_vectors_take(rd_reader *reader, const rd_symbols *symbols, size_t width, float *table,
                             rondo_coverage *coverage, rondo_error *error)
{
    vectors v = {.symbols = symbols, .width = width, .table = table, .promised = -1};
    rondo_status status = make_lists(&v, error);
    if (status == RONDO_OK) status = read_all(&v, reader, error);
    rd_symbols_free(v.lower);
    rd_free(v.first);
    rd_free(v.next);
    rd_free(v.has);
    rd_free(v.row);
    rd_normal_free(&v.normal);
    *coverage = v.coverage;
    return status;
}

rondo_status rd_vectors_read(const char *path, const rd_symbols *symbols, size_t width, float *table,
                             rondo_coverage *coverage, rondo_error *error)
{
    rd_reader *reader;
    RD_TRY(rd_reader_open(path, &reader, error));
    rondo_status status = rd_vectors_take(reader, symbols, width, table, coverage, error);
    rd_reader_close(reader);
    return status;
}
