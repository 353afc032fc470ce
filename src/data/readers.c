/* The table of readers, and what they have in common. */
#include "data/readers.h"

#include "base/size.h"

#include <inttypes.h>
#include <string.h>

/* clang-format off */
static const rd_reader_row rows[] = {
    {.name = "text", .task = "lm", .suffixes = ".txt .text .xml", .help = "one stream of text",
     .form = RD_DATA_STREAM, .vocabularies = 1, .read = rd_text_read, .state_size = RD_TEXT_STATE},
    {.name = "lines", .task = "lm", .suffixes = ".lines", .help = "one sequence a line",
     .form = RD_DATA_LINES, .vocabularies = 1, .read = rd_lines_read},
    {.name = "csv", .task = "regress", .suffixes = ".csv .tsv", .help = "columns of numbers under a header",
     .form = RD_DATA_NUMBERS, .read = rd_csv_read, .end = rd_csv_end, .clear = rd_csv_clear,
     .state_size = RD_CSV_STATE},
    {.name = "conll", .task = "tag", .suffixes = ".conll .iob .bio", .help = "a token and its tag a line, blank line between",
     .form = RD_DATA_TAGS, .vocabularies = 2, .words = 1, .read = rd_conll_read,
     .clear = rd_conll_clear, .state_size = RD_CONLL_STATE},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

const rd_reader_row *rd_reader_row_at(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

static int any(const char *text)
{
    return !text || !*text;
}

static const rd_reader_row *by_name(const char *name)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rd_equal(rows[i].name, name)) return &rows[i];
    return NULL;
}

/* 1 when the path, less ".gz", ends in one of the suffixes. */
static int ends_in(const char *path, const char *suffixes)
{
    size_t size = strlen(path);
    if (size > 3 && memcmp(path + size - 3, ".gz", 3) == 0) size -= 3;
    for (const char *at = suffixes; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (length < size && memcmp(path + size - length, at, length) == 0) return 1;
        at += length;
    }
    return 0;
}

static const rd_reader_row *by_suffix(const char *task, const char *path)
{
    const rd_reader_row *first = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (!any(task) && !rd_equal(rows[i].task, task)) continue;
        if (ends_in(path, rows[i].suffixes)) return &rows[i];
        first = first ? first : &rows[i];
    }
    return first;
}

rondo_status rd_reader_choose(const rondo_options *options, const char *task, const char *path,
                              const rd_reader_row **row, rondo_error *error)
{
    const char *name = rd_option_text(options, RD_OPT_reader);
    const rd_reader_row *chosen = any(name) || rd_equal(name, "auto") ? by_suffix(task, path) : by_name(name);
    if (!chosen && !any(task) && (any(name) || rd_equal(name, "auto")))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "no reader for task %s (lm, regress, tag)",
                       rd_quote(task).text);
    if (!chosen)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "there is no reader %s (text, lines, csv, conll)",
                       rd_quote(name).text);
    if (!any(task) && !rd_equal(chosen->task, task))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--reader %s is for --task %s, not for --task %s",
                       chosen->name, chosen->task, task);
    if (rd_equal(chosen->task, "lm") && rd_option_flag(options, RD_OPT_lines)) chosen = by_name("lines");
    *row = chosen;
    return RONDO_OK;
}

/* ---- for readers */

rondo_status rd_opening_record(rd_opening *opening, uint64_t line, rondo_error *error)
{
    rd_record record = {.first = opening->corpus->rows, .line = line};
    return rd_store_add(opening->corpus->records, &record, 1, error);
}

rondo_status rd_opening_symbols(rd_opening *opening, int part, const char *line, size_t size,
                                rondo_error *error)
{
    rd_symbols *symbols = opening->corpus->symbols[part];
    size_t bad = 0;
    if (opening->counting)
        return opening->closed[part] ? RONDO_OK : rd_symbols_count(symbols, line, size, error);
    RD_TRY(rd_symbols_encode(symbols, line, size, &opening->indices, &bad, error));
    if (bad < size) return rd_fail(error, RONDO_BUG, "text that was checked is not UTF-8");
    return RONDO_OK;
}

static void bad_byte(rd_opening *opening, const rd_input *input, const char *line, size_t size, size_t at)
{
    const char *name = input->source->name;
    if (opening->bad.count == 0) {
        const char *hint = rd_bad_encoding_hint(line, size, at);
        memcpy(opening->bad.hint, hint, rd_size_min(strlen(hint) + 1, sizeof opening->bad.hint));
        opening->bad.hint[sizeof opening->bad.hint - 1] = 0;
    }
    if (line[at] == 0)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: a NUL byte (text is expected; --tokens byte takes any byte)",
                     name, input->number, at + 1);
    else
        rd_bad_place(&opening->bad, "%s:%zu:%zu: byte 0x%02x is not UTF-8 (byte %" PRIu64 " of the file)",
                     name, input->number, at + 1, (unsigned)(unsigned char)line[at], input->offset + at + 1);
}

int rd_opening_accepts(rd_opening *opening, const rd_input *input, const char *line, size_t size)
{
    const rd_symbols *symbols = opening->corpus->symbols[RD_X];
    if (symbols && rd_symbols_rules_of(symbols)->kind == RD_TOKENS_BYTE) return 1;
    size_t good = rd_utf8_check((const unsigned char *)line, size);
    const char *zero = memchr(line, 0, good);
    size_t at = zero ? (size_t)(zero - line) : good;
    if (at == size) return 1;
    bad_byte(opening, input, line, size, at);
    return 0;
}
