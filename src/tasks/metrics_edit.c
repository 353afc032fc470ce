/* Wagner and Fischer's table, one row at a time; the counts of each kind travel with the cost. */
#include "tasks/metrics_edit.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"

#include <math.h>
#include <string.h>

typedef struct rd_edit_cell {
    uint32_t substituted, inserted, deleted;
} rd_edit_cell;

enum { TRUTH = 0, GUESS = 1 };
static const uint64_t most_steps = UINT64_C(1) << 34;
static const char *const purpose = "comparing sequences";

/* ---- the table */

static uint64_t cost(rd_edit_cell cell)
{
    return (uint64_t)cell.substituted + cell.inserted + cell.deleted;
}

/* Whether a is the better of two ways: cheaper or, at the same cost, with more substitutions. */
static int better(rd_edit_cell a, rd_edit_cell b)
{
    return cost(a) < cost(b) || (cost(a) == cost(b) && a.substituted > b.substituted);
}

/* The best of three ways into a cell. */
static rd_edit_cell cheapest(rd_edit_cell diagonal, rd_edit_cell above, rd_edit_cell left, int same)
{
    diagonal.substituted += !same;
    above.deleted++;
    left.inserted++;
    rd_edit_cell best = better(above, diagonal) ? above : diagonal;
    return better(left, best) ? left : best;
}

/* Rows go with the truth, columns with the guess; the answer is the last cell of the row left. */
static void fill(const uint64_t *truth, size_t truths, const uint64_t *guess, size_t guesses,
                 rd_edit_cell *row)
{
    for (size_t j = 0; j <= guesses; j++)
        row[j] = (rd_edit_cell){.inserted = (uint32_t)j};
    for (size_t i = 1; i <= truths; i++) {
        rd_edit_cell diagonal = row[0];
        row[0].deleted++;
        for (size_t j = 1; j <= guesses; j++) {
            rd_edit_cell above = row[j];
            row[j] = cheapest(diagonal, above, row[j - 1], truth[i - 1] == guess[j - 1]);
            diagonal = above;
        }
    }
}

/* Counts the pair that stands in unit[]; what is equal at both ends costs nothing and is not walked. */
static rondo_status compare(rd_edits *edits, rondo_error *error)
{
    const uint64_t *truth = edits->unit[TRUTH], *guess = edits->unit[GUESS];
    size_t truths = edits->count[TRUTH], guesses = edits->count[GUESS];
    uint64_t units = truths;
    while (truths > 0 && guesses > 0 && truth[0] == guess[0])
        truth++, guess++, truths--, guesses--;
    while (truths > 0 && guesses > 0 && truth[truths - 1] == guess[guesses - 1])
        truths--, guesses--;
    if (truths >= UINT32_MAX || guesses >= UINT32_MAX || (guesses > 0 && truths > most_steps / guesses))
        return rd_fail(error, RONDO_LIMIT, "sequences of %zu and %zu units are too long to be compared",
                       truths, guesses);
    RD_TRY(rd_grow(&edits->cell, &edits->cells, guesses + 1, sizeof *edits->cell, purpose, error));
    fill(truth, truths, guess, guesses, edits->cell);
    rd_edit_cell last = edits->cell[guesses];
    edits->substituted += last.substituted;
    edits->inserted += last.inserted;
    edits->deleted += last.deleted;
    edits->units += units;
    edits->pairs++;
    edits->same += cost(last) == 0;
    return RONDO_OK;
}

/* ---- units as numbers */

static rondo_status add_unit(rd_edits *edits, int side, uint64_t unit, rondo_error *error)
{
    size_t count = edits->count[side];
    if (count == edits->room[side])
        RD_TRY(rd_grow(&edits->unit[side], &edits->room[side], count + 1, sizeof unit, purpose, error));
    edits->unit[side][count] = unit;
    edits->count[side]++;
    return RONDO_OK;
}

/* A code point is known by its bytes: at most four, so their number is as good as any. */
static rondo_status take_characters(rd_edits *edits, int side, const char *text, size_t size,
                                    rondo_error *error)
{
    for (size_t at = 0; at < size;) {
        size_t length = rd_size_max(rd_utf8_length((const unsigned char *)text + at, size - at), 1);
        uint64_t unit = 0;
        for (size_t i = 0; i < length; i++)
            unit = unit << 8 | (unsigned char)text[at + i];
        RD_TRY(add_unit(edits, side, unit, error));
        at += length;
    }
    return RONDO_OK;
}

static int is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* A word is known by a hash of 64 bits. */
static rondo_status take_words(rd_edits *edits, int side, const char *text, size_t size, rondo_error *error)
{
    for (size_t at = 0; at < size;) {
        size_t end = at;
        while (end < size && !is_space(text[end]))
            end++;
        if (end > at) RD_TRY(add_unit(edits, side, rd_fnv1a(text + at, end - at), error));
        at = end + 1;
    }
    return RONDO_OK;
}

rondo_status rd_edits_add_text(rd_edits *edits, rd_edit_unit unit, const char *truth, size_t truth_size,
                               const char *guess, size_t guess_size, rondo_error *error)
{
    static rondo_status (*const take[])(rd_edits *, int, const char *, size_t,
                                        rondo_error *) = {take_characters, take_words};
    edits->count[TRUTH] = edits->count[GUESS] = 0;
    RD_TRY(take[unit](edits, TRUTH, truth, truth_size, error));
    RD_TRY(take[unit](edits, GUESS, guess, guess_size, error));
    return compare(edits, error);
}

rondo_status rd_edits_add_symbols(rd_edits *edits, const int32_t *truth, size_t truths, const int32_t *guess,
                                  size_t guesses, rondo_error *error)
{
    edits->count[TRUTH] = edits->count[GUESS] = 0;
    for (size_t i = 0; i < truths; i++)
        RD_TRY(add_unit(edits, TRUTH, (uint32_t)truth[i], error));
    for (size_t i = 0; i < guesses; i++)
        RD_TRY(add_unit(edits, GUESS, (uint32_t)guess[i], error));
    return compare(edits, error);
}

double rd_edits_rate(const rd_edits *edits)
{
    uint64_t sum = edits->substituted + edits->inserted + edits->deleted;
    if (edits->units == 0) return sum == 0 ? 0 : (double)INFINITY;
    return (double)sum / (double)edits->units;
}

void rd_edits_free(rd_edits *edits)
{
    rd_free(edits->unit[TRUTH]);
    rd_free(edits->unit[GUESS]);
    rd_free(edits->cell);
    *edits = (rd_edits){0};
}
