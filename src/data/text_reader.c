/* Plain text, as one stream or as a sequence a line. Long lines are counted and encoded in pieces, so that
 * memory holds a line but never its symbols. */
#include "data/readers.h"

#include "base/size.h"

#include <string.h>

enum { PIECE = 65536 };

/* Where to cut the front piece of a text: at the border of a symbol. */
static size_t piece_of(const rd_symbols *symbols, const char *text, size_t size)
{
    size_t cut = PIECE;
    if (size <= PIECE) return size;
    if (rd_symbols_of_words(symbols))
        while (cut < size && text[cut] != ' ' && text[cut] != '\t')
            cut++;
    if (rd_symbols_rules_of(symbols)->kind == RD_TOKENS_CHAR)
        while (cut > PIECE - 4 && ((unsigned char)text[cut] & 0xc0) == 0x80)
            cut--;
    return cut;
}

/* Stores what was encoded, at most *left of it. */
static rondo_status keep(rd_opening *opening, uint64_t *left, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    rd_indices *indices = &opening->indices;
    size_t kept = indices->count < *left ? indices->count : (size_t)*left;
    rondo_status status = kept ? rd_store_add(corpus->index[RD_X], indices->index, kept, error) : RONDO_OK;
    corpus->unknown[RD_X] += indices->unknown;
    corpus->rows += kept;
    *left -= kept;
    indices->count = indices->unknown = 0;
    return status;
}

/* Counts or stores one text; at most `most` of its symbols are stored. *cut is 1 when there were more. */
static rondo_status take(rd_opening *opening, const char *text, size_t size, uint64_t most, int *cut,
                         rondo_error *error)
{
    const rd_symbols_rules *rules = rd_symbols_rules_of(opening->corpus->symbols[RD_X]);
    uint64_t left = most;
    RD_TRY(rd_normalize(&opening->normal, rules, text, size, &text, &size, error));
    for (size_t at = 0, piece; at < size; at += piece) {
        piece = piece_of(opening->corpus->symbols[RD_X], text + at, size - at);
        RD_TRY(rd_opening_symbols(opening, RD_X, text + at, piece, error));
        *cut |= opening->indices.count > left;
        if (!opening->counting) RD_TRY(keep(opening, &left, error));
    }
    return RONDO_OK;
}

/* ---- a stream */

typedef struct stream_state {
    int open; /* the last line had no end of its own */
} stream_state;
_Static_assert(sizeof(stream_state) <= RD_TEXT_STATE, "the reader's state is larger than its row says");

static rondo_status add_end(rd_opening *opening, rondo_error *error)
{
    static const int32_t end = RD_SYMBOL_END;
    if (opening->counting) return RONDO_OK;
    opening->corpus->rows++;
    return rd_store_add(opening->corpus->index[RD_X], &end, 1, error);
}

/* A line of a stream and its end: an end symbol after words, a newline after characters, the bytes that stood
 * there after bytes. The line's own end stands behind it in memory. */
static rondo_status stream_line(rd_opening *opening, const rd_input *input, const char *line, size_t size,
                                rondo_error *error)
{
    const rd_token_kind kind = rd_symbols_rules_of(opening->corpus->symbols[RD_X])->kind;
    stream_state *state = opening->state;
    int newline = input->ending[0] != 0, cut = 0;
    if (rd_symbols_of_words(opening->corpus->symbols[RD_X])) {
        RD_TRY(take(opening, line, size, UINT64_MAX, &cut, error));
        return add_end(opening, error);
    }
    if (kind == RD_TOKENS_BYTE)
        return take(opening, line, size + strlen(input->ending), UINT64_MAX, &cut, error);
    state->open = !newline;
    if (input->ending[0] == '\n') return take(opening, line, size + 1, UINT64_MAX, &cut, error);
    RD_TRY(take(opening, line, size, UINT64_MAX, &cut, error));
    return newline ? take(opening, "\n", 1, UINT64_MAX, &cut, error) : RONDO_OK;
}

rondo_status rd_text_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    stream_state *state = opening->state;
    int cut = 0;
    input->keep_bom = rd_symbols_rules_of(opening->corpus->symbols[RD_X])->kind == RD_TOKENS_BYTE;
    if (state->open) RD_TRY(take(opening, "\n", 1, UINT64_MAX, &cut, error));
    state->open = 0;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return RONDO_OK;
        if (!rd_opening_accepts(opening, input, line, size)) continue;
        if (!opening->counting) RD_TRY(rd_opening_record(opening, input->number, error));
        RD_TRY(stream_line(opening, input, line, size, error));
    }
}

/* ---- a sequence a line */

rondo_status rd_lines_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    const uint64_t most = opening->max_length ? opening->max_length : UINT64_MAX;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0, cut = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return RONDO_OK;
        if (!rd_opening_accepts(opening, input, line, size)) continue;
        if (!opening->counting) RD_TRY(rd_opening_record(opening, input->number, error));
        RD_TRY(take(opening, line, size, most, &cut, error));
        opening->corpus->cut += (uint64_t)cut;
    }
}
