/* The table of readers, and what they have in common. */
#include "data/characters.h"

#include "base/size.h"

#include <inttypes.h>
#include <string.h>

enum { X = 1 << RD_X, Y = 1 << RD_Y, C = 1 << RD_C };

/* clang-format off */
static const rd_reader_row rows[] = {
    {.name = "text", .task = "lm", .suffixes = ".txt .text .xml .abc", .help = "one stream of text",
     .form = RD_DATA_STREAM, .symbols = X, .read = rd_text_read, .state_size = RD_TEXT_STATE},
    {.name = "lines", .task = "lm", .suffixes = ".lines", .help = "one sequence a line",
     .form = RD_DATA_LINES, .symbols = X, .read = rd_lines_read},
    {.name = "csv", .task = "regress", .suffixes = ".csv .tsv", .help = "columns of numbers under a header",
     .form = RD_DATA_NUMBERS, .read = rd_csv_read, .end = rd_csv_end, .clear = rd_csv_clear,
     .state_size = RD_CSV_STATE},
    {.name = "csv", .task = "forecast", .suffixes = ".csv .tsv", .help = "time series: columns of numbers, a row a step",
     .form = RD_DATA_WINDOWS, .read = rd_series_read, .end = rd_series_end, .clear = rd_series_read_clear,
     .state_size = RD_SERIES_STATE},
    {.name = "conll", .task = "tag", .suffixes = ".conll .iob .bio", .help = "a token and its tag a line, blank line between",
     .form = RD_DATA_TAGS, .symbols = X | Y, .labels = Y, .words = X, .read = rd_conll_read,
     .clear = rd_conll_clear, .state_size = RD_CONLL_STATE},
    {.name = "conllu", .task = "tag", .suffixes = ".conllu", .help = "CoNLL-U: form and universal tag of each word",
     .form = RD_DATA_TAGS, .symbols = X | Y, .labels = Y, .words = X, .read = rd_conll_read,
     .clear = rd_conll_clear, .state_size = RD_CONLL_STATE},
    {.name = "tsv", .task = "classify", .suffixes = ".tsv", .help = "a label, a tab and a text a line",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .columns = 1, .read = rd_labelled_read},
    {.name = "tsv", .task = "seq2seq", .suffixes = ".tsv", .help = "source, a tab and target a line",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .columns = 1, .read = rd_labelled_read},
    {.name = "tsv", .task = "transcribe", .suffixes = ".tsv", .help = "a sequence, a tab and its transcript a line",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .columns = 1, .read = rd_labelled_read},
    {.name = "tsv", .task = "conditional", .suffixes = ".tsv", .help = "a condition, a tab and a sequence a line",
     .form = RD_DATA_CONDITIONS, .symbols = X | C, .labels = C, .columns = 1, .read = rd_labelled_read},
    {.name = "csv", .task = "classify", .suffixes = ".csv", .help = "a row of numbers and a label a step, under a header",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .numbers = 1, .read = rd_csv_classes_read, .clear = rd_csv_classes_clear,
     .state_size = RD_CSV_STATE},
    {.name = "ts", .task = "classify", .suffixes = ".ts", .help = "a sequence of rows of numbers and its label a line, under @ headers",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .numbers = 1, .read = rd_ts_read, .clear = rd_ts_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "idx", .task = "classify", .suffixes = ".idx -ubyte", .help = "images of bytes (MNIST), their labels in a file beside",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .whole = 1, .numbers = 1, .read = rd_idx_read, .end = rd_idx_end, .clear = rd_idx_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "npz", .task = "classify", .suffixes = ".npz", .help = "arrays of NumPy: x, y with labels, lengths",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .whole = 1, .numbers = 1, .read = rd_arrays_read},
    {.name = "npz", .task = "regress", .suffixes = ".npz", .help = "arrays of NumPy: x, y with targets, lengths",
     .form = RD_DATA_NUMBERS, .whole = 1, .numbers = 1, .read = rd_arrays_read},
    {.name = "npy", .task = "classify", .suffixes = ".npy", .help = "arrays of NumPy in pairs of files: x, then y with labels",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .beside = 1, .alone = 1, .whole = 1, .numbers = 1, .read = rd_arrays_read},
    {.name = "npy", .task = "regress", .suffixes = ".npy", .help = "arrays of NumPy in pairs of files: x, then y with targets",
     .form = RD_DATA_NUMBERS, .beside = 1, .whole = 1, .numbers = 1, .read = rd_arrays_read},
    {.name = "table", .task = "classify", .suffixes = ".data", .help = "a label and a text among the columns of a row",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .columns = 1, .read = rd_table_read, .clear = rd_table_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "table", .task = "conditional", .suffixes = ".data", .help = "a condition and a sequence among the columns of a row",
     .form = RD_DATA_CONDITIONS, .symbols = X | C, .labels = C, .columns = 1, .read = rd_table_read, .clear = rd_table_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "fasta", .task = "classify", .suffixes = ".fasta .fas .fa .fna .faa", .help = "sequences of letters under names with labels",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .columns = 1, .read = rd_fasta_read, .clear = rd_fasta_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "fasta", .task = "conditional", .suffixes = ".fasta .fas .fa .fna .faa", .help = "sequences of letters under names with conditions",
     .form = RD_DATA_CONDITIONS, .symbols = X | C, .labels = C, .columns = 1, .read = rd_fasta_read, .clear = rd_fasta_clear,
     .state_size = RD_RECORD_STATE},
    {.name = "files", .task = "classify", .suffixes = "", .help = "a label a file, from its name, and a text a line",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .read = rd_files_read},
    {.name = "files", .task = "conditional", .suffixes = "", .help = "a condition a file, from its name, and a sequence a line",
     .form = RD_DATA_CONDITIONS, .symbols = X | C, .labels = C, .read = rd_files_read},
    {.name = "jsonl", .task = "classify", .suffixes = ".jsonl .ndjson", .help = "an object a line, with label and text",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .columns = 1, .read = rd_jsonl_read},
    {.name = "jsonl", .task = "seq2seq", .suffixes = ".jsonl .ndjson", .help = "an object a line, with source and target",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .columns = 1, .read = rd_jsonl_read},
    {.name = "jsonl", .task = "conditional", .suffixes = ".jsonl .ndjson", .help = "an object a line, with condition and text",
     .form = RD_DATA_CONDITIONS, .symbols = X | C, .labels = C, .columns = 1, .read = rd_jsonl_read},
    {.name = "parallel", .task = "seq2seq", .suffixes = "", .help = "files in pairs, a sequence a line: source and target",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .beside = 1, .columns = 1, .read = rd_parallel_read},
    {.name = "audio", .task = "classify", .suffixes = ".list .lst .wav .flac .WAV .FLAC", .help = "a sound file, a tab and a label a line",
     .form = RD_DATA_CLASSES, .symbols = Y, .labels = Y, .columns = 1, .numbers = 1, .read = rd_sound_read, .clear = rd_sound_clear, .state_size = RD_SOUND_STATE},
    {.name = "audio", .task = "transcribe", .suffixes = ".list .lst .wav .flac .WAV .FLAC", .help = "a sound file, a tab and a text a line",
     .form = RD_DATA_PAIRS, .symbols = Y, .columns = 1, .numbers = 1, .read = rd_sound_read, .clear = rd_sound_clear, .state_size = RD_SOUND_STATE},
    {.name = "roll", .task = "frames", .suffixes = ".json", .help = "piano rolls: parts, pieces, steps, pitches (FILE:test)",
     .form = RD_DATA_FRAMES, .whole = 1, .read = rd_roll_read},
    {.name = "midi", .task = "frames", .suffixes = ".mid .midi", .help = "a piece of music a file",
     .form = RD_DATA_FRAMES, .whole = 1, .read = rd_midi_read},
    {.name = "plain", .task = "classify", .suffixes = "", .help = "a text a line, to be labelled",
     .form = RD_DATA_CLASSES, .symbols = X | Y, .labels = Y, .answers = 1, .read = rd_plain_read},
    {.name = "plain", .task = "transcribe", .suffixes = "", .help = "a sequence a line, to be transcribed",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .answers = 1, .read = rd_plain_read},
    {.name = "plain", .task = "seq2seq", .suffixes = "", .help = "a source a line, to be translated",
     .form = RD_DATA_PAIRS, .symbols = X | Y, .answers = 1, .read = rd_plain_read},
};
/* clang-format on */
enum { ROWS = sizeof rows / sizeof *rows };

const rd_reader_row *rd_reader_row_at(size_t i)
{
    return i < ROWS ? &rows[i] : NULL;
}

int rd_reader_pairs(const rd_reader_row *row, int bare)
{
    return row->beside && !(row->alone && bare);
}

static int any(const char *text)
{
    return !text || !*text;
}

/* The first row of a name, of the task when it has one for it. */
static const rd_reader_row *by_name(const char *name, const char *task)
{
    const rd_reader_row *first = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (!rd_equal(rows[i].name, name)) continue;
        if (any(task) || rd_equal(rows[i].task, task)) return &rows[i];
        first = first ? first : &rows[i];
    }
    return first;
}

/* 1 when the path, less ".gz", ends in one of the suffixes; that of an entry of an archive is its own. */
static int ends_in(const char *path, const char *suffixes)
{
    size_t size = rd_source_file(path);
    if (rd_source_is_archive(path, size)) size = strlen(path);
    if (size > 3 && memcmp(path + size - 3, ".gz", 3) == 0) size -= 3;
    for (const char *at = suffixes; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (length < size && memcmp(path + size - length, at, length) == 0) return 1;
        at += length;
    }
    return 0;
}

/* The row that the suffix names, else the task's row for answers, for pairs of files, or its first. */
static const rd_reader_row *by_suffix(const char *task, const char *path, size_t files, int bare)
{
    const rd_reader_row *first = NULL;
    for (size_t i = 0; i < ROWS; i++) {
        if (!any(task) && !rd_equal(rows[i].task, task)) continue;
        if (ends_in(path, rows[i].suffixes)) return &rows[i];
        int fits = rows[i].answers ? bare : rows[i].beside && !*rows[i].suffixes ? !bare && files % 2 == 0 : 0;
        if (!first || fits) first = &rows[i];
    }
    return first;
}

const rd_reader_row *rd_reader_by_suffix(const rondo_options *options, const char *task, const char *name)
{
    const char *named = rd_option_text(options, RD_OPT_reader);
    const int by = any(named) || rd_equal(named, "auto");
    for (size_t i = 0; i < ROWS; i++) {
        if (!rd_equal(rows[i].task, task) || (!by && !rd_equal(rows[i].name, named))) continue;
        if (ends_in(name, rows[i].suffixes) || (!by && !*rows[i].suffixes)) return &rows[i];
    }
    return NULL;
}

/* "text, lines, csv": the names of all readers, or of a task's. */
static void list_names(const char *task, rd_text *text)
{
    for (size_t i = 0; i < ROWS; i++) {
        size_t before = 0;
        while (before < i && !rd_equal(rows[before].name, rows[i].name))
            before++;
        if (task ? rd_equal(rows[i].task, task) : before == i)
            rd_text_format(text, "%s%s", text->size ? ", " : "", rows[i].name);
    }
}

static rondo_status no_reader(const char *name, const char *task, rondo_error *error)
{
    rd_text known = {0};
    list_names(NULL, &known);
    if (any(name) || rd_equal(name, "auto"))
        rd_fail(error, RONDO_BAD_ARGUMENT, "no reader for task %s", rd_quote(task).text);
    else
        rd_fail(error, RONDO_BAD_ARGUMENT, "there is no reader %s (%s)", rd_quote(name).text, known.text ? known.text : "");
    rd_text_free(&known);
    return RONDO_BAD_ARGUMENT;
}

static rondo_status other_task(const rd_reader_row *row, const char *task, rondo_error *error)
{
    rd_text known = {0};
    list_names(task, &known);
    rd_fail(error, RONDO_BAD_ARGUMENT, "--reader %s is for --task %s, not for --task %s", row->name, row->task, task);
    if (known.size) rd_hint(error, "readers for it: %s", known.text);
    rd_text_free(&known);
    return RONDO_BAD_ARGUMENT;
}

rondo_status rd_reader_choose(const rondo_options *options, const char *task, const char *path, size_t files, int bare,
                              const rd_reader_row **row, rondo_error *error)
{
    const char *name = rd_option_text(options, RD_OPT_reader);
    const int by = any(name) || rd_equal(name, "auto");
    const rd_reader_row *chosen = by ? by_suffix(task, path, files, bare) : by_name(name, task);
    if (!chosen) return no_reader(name, task, error);
    if (!any(task) && !rd_equal(chosen->task, task)) return other_task(chosen, task, error);
    if (rd_equal(chosen->task, "lm") && rd_option_flag(options, RD_OPT_lines)) chosen = by_name("lines", "lm");
    if (rd_reader_pairs(chosen, bare) && files % 2)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: --reader %s takes files in pairs, found %zu", path, chosen->name, files);
    *row = chosen;
    return RONDO_OK;
}

/* ---- for readers */

rondo_status rd_opening_record(rd_opening *opening, uint64_t line, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    rd_record record = {.first = corpus->rows, .line = line};
    if (opening->counting) return RONDO_OK;
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++)
        if (corpus->first[part]) RD_TRY(rd_store_add(corpus->first[part], &corpus->part_rows[part], 1, error));
    if (corpus->raw) {
        const uint64_t at = rd_store_count(corpus->raw);
        RD_TRY(rd_store_add(corpus->raw_first, &at, 1, error));
    }
    return rd_store_add(corpus->records, &record, 1, error);
}

/* Rows more in a part, of which --max-length lets `*count` pass. */
static void add_rows(rd_opening *opening, int part, uint64_t *count)
{
    rd_corpus *corpus = opening->corpus;
    if (opening->max_length && *count > opening->max_length) {
        *count = opening->max_length;
        corpus->cut++;
    }
    if (part == RD_X)
        corpus->rows += *count;
    else if (corpus->first[part])
        corpus->part_rows[part] += *count;
}

rondo_status rd_opening_text(rd_opening *opening, int part, const char *text, size_t size, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    rd_indices *indices = &opening->indices;
    const char *line = text;
    const size_t line_size = size;
    if (part == RD_Y && !opening->bare && !opening->counting && corpus->raw && size)
        RD_TRY(rd_store_add(corpus->raw, text, size, error));
    RD_TRY(rd_normalize(&opening->normal, rd_symbols_rules_of(corpus->symbols[part]), text, size, &text, &size, error));
    RD_TRY(rd_opening_symbols(opening, part, text, size, error));
    if (opening->counting)
        return part == RD_X ? rd_opening_characters(opening, line, line_size, UINT64_MAX, error) : RONDO_OK;
    uint64_t kept = indices->count;
    add_rows(opening, part, &kept);
    corpus->unknown[part] += indices->unknown;
    rondo_status status = kept ? rd_store_add(corpus->index[part], indices->index, (size_t)kept, error) : RONDO_OK;
    indices->count = indices->unknown = 0;
    if (status == RONDO_OK && part == RD_X) status = rd_opening_characters(opening, line, line_size, kept, error);
    return status;
}

rondo_status rd_opening_label(rd_opening *opening, int part, const char *text, size_t size, rondo_error *error)
{
    static const int32_t none = -1;
    rd_corpus *corpus = opening->corpus;
    rd_indices *indices = &opening->indices;
    if (!text) return opening->counting ? RONDO_OK : rd_store_add(corpus->index[part], &none, 1, error);
    RD_TRY(rd_opening_symbols(opening, part, text, size, error));
    if (opening->counting) return RONDO_OK;
    corpus->unknown[part] += indices->unknown;
    rondo_status status = rd_store_add(corpus->index[part], indices->count ? indices->index : &none, 1, error);
    indices->count = indices->unknown = 0;
    return status;
}

size_t rd_opening_width(const rd_opening *opening, int part, size_t width)
{
    return opening->deltas && part == RD_X ? 2 * width : width;
}

/* Beside the numbers of each row what they changed by since the row before, 0 in the first: [count][2 width]. */
static rondo_status widen(rd_opening *opening, const float **numbers, uint64_t count, size_t width, rondo_error *error)
{
    size_t room;
    if (!rd_mul((size_t)count, 2 * width, &room)) return rd_fail(error, RONDO_LIMIT, "a sequence has too many numbers");
    RD_TRY(rd_grow(&opening->widened, &opening->widened_room, room, sizeof *opening->widened, "a sequence", error));
    float *to = opening->widened;
    for (const float *row = *numbers, *end = row + count * width; row < end; row += width, to += 2 * width)
        for (size_t i = 0; i < width; i++) {
            to[i] = row[i];
            to[width + i] = row > *numbers ? row[i] - row[(ptrdiff_t)i - (ptrdiff_t)width] : 0;
        }
    *numbers = opening->widened;
    return RONDO_OK;
}

rondo_status rd_opening_numbers(rd_opening *opening, int part, const float *numbers, uint64_t count, size_t width,
                                rondo_error *error)
{
    if (opening->counting) return RONDO_OK;
    RD_TRY(rd_corpus_numbers(opening->corpus, part, rd_opening_width(opening, part, width), error));
    add_rows(opening, part, &count);
    if (opening->deltas && part == RD_X && count) RD_TRY(widen(opening, &numbers, count, width, error));
    return count ? rd_store_add(opening->corpus->values[part], numbers, (size_t)count, error) : RONDO_OK;
}

rondo_status rd_opening_raw(rd_opening *opening, const char *text, size_t size, rondo_error *error)
{
    if (opening->counting || !opening->bare || size == 0) return RONDO_OK;
    return rd_store_add(opening->corpus->raw, text, size, error);
}

rondo_status rd_opening_group(rd_opening *opening, const char *text, size_t size, rondo_error *error)
{
    rd_store *group = opening->corpus->group;
    if (opening->counting || !group) return RONDO_OK;
    const uint64_t hash = rd_fnv1a(text, size);
    return rd_store_add(group, &hash, 1, error);
}

rondo_status rd_opening_pass_over(rd_opening *opening, uint64_t line, rondo_error *error)
{
    rd_corpus *corpus = opening->corpus;
    const uint64_t number = rd_store_count(corpus->records);
    if (opening->counting || !opening->bare) return RONDO_OK;
    if (!corpus->bad) RD_TRY(rd_store_new(sizeof(uint64_t), (size_t)1 << 20, &corpus->bad, error));
    RD_TRY(rd_store_add(corpus->bad, &number, 1, error));
    RD_TRY(rd_opening_record(opening, line, error));
    for (int part = RD_Y; part < RD_CORPUS_PARTS; part++)
        if (rd_part_rows(corpus->form, part) == RD_ROWS_RECORD) RD_TRY(rd_opening_label(opening, part, NULL, 0, error));
    return RONDO_OK;
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

rondo_status rd_opening_lines(rd_opening *opening, rd_input *input, rd_one_line one, rondo_error *error)
{
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return RONDO_OK;
        if (rd_opening_accepts(opening, input, line, size))
            RD_TRY(one(opening, input, line, size, error));
        else
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
    }
}
