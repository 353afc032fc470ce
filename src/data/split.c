/* Splitting a file into files, record by record and byte for byte. Two walks: the first counts, the second
 * writes; where a record goes is a function of the seed and its number, or, when equal records shall stay
 * together, of the seed and its bytes. A stream and a single series are cut by position. */
#include "base/hash.h"
#include "base/memory.h"
#include "base/rng.h"
#include "data/csv.h"
#include "data/split_records.h"
#include "data/times.h"

#include <inttypes.h>
#include <string.h>

enum { TRAIN = RD_PART_TRAIN, VALID = RD_PART_VALID, TEST = RD_PART_TEST, PARTS = RD_SPLIT_PARTS, PIECE = 4096 };

typedef struct splitter {
    const rd_reader_row *reader;
    int by_position, distinct;
    uint64_t positions[PARTS]; /* --by-position: records of each part */
    int counted;               /* 1: it was given */
    int header_is_yes, header_is_no; /* --header */
    double valid, test; /* shares */
    uint64_t folds, fold;
    rd_key key, other_key;
    const char *group;

    rd_text header; /* of a CSV file, written to every part */
    rd_text line;   /* read but not yet given, from line_at on */
    size_t line_at;
    int has_line, more;
    size_t group_column;
    char separator;

    rd_text record; /* the record at hand */
    uint64_t records, bytes, number, position;
    rd_split_parts parts;
} splitter;

/* ---- records as bytes */

static int is_table(const splitter *s)
{
    return s->reader->form == RD_DATA_NUMBERS || s->reader->form == RD_DATA_WINDOWS;
}

/* Reads the next line with its end into s->line; a row of a CSV file goes on while a quote is open. */
static rondo_status read_line(splitter *s, rd_input *input, rondo_error *error)
{
    size_t quotes = 0;
    s->line_at = 0;
    rd_text_clear(&s->line);
    do {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        s->has_line = more || s->line.size > 0;
        if (!more) break;
        for (size_t i = 0; i < size; i++)
            quotes += line[i] == '"';
        rd_text_add(&s->line, line, size);
        rd_text_put(&s->line, input->ending[0] || s->reader->form == RD_DATA_STREAM ? input->ending : "\n");
    } while (is_table(s) && quotes % 2);
    return rd_text_done(&s->line, error);
}

static int is_blank(const rd_text *line)
{
    for (size_t i = 0; i < line->size; i++)
        if (!strchr(" \t\r\n", line->text[i])) return 0;
    return 1;
}

/* The bytes of column k of a raw row, quotes included. */
static const char *raw_column(const splitter *s, const rd_text *row, size_t k, size_t *size)
{
    size_t from = 0, at = 0;
    int quoted = 0;
    for (; at < row->size; at++) {
        char c = row->text[at]; /* NOLINT(clang-analyzer-core.NullDereference): [size] */
        quoted ^= c == '"';
        int ends = !quoted && (c == s->separator || c == '\n' || c == '\r');
        if (ends && k-- == 0) break;
        if (ends) from = at + 1;
    }
    *size = at - from;
    return row->text + from;
}

static int same_group(const splitter *s)
{
    size_t one, other;
    if (s->group_column == SIZE_MAX) return 0;
    const char *a = raw_column(s, &s->record, s->group_column, &one);
    const char *b = raw_column(s, &s->line, s->group_column, &other);
    return one == other && memcmp(a, b, one) == 0;
}

/* A long line of a stream is given in pieces, cut where a symbol begins. */
static void take_piece(splitter *s)
{
    const char *from = s->line.text + s->line_at;
    size_t left = s->line.size - s->line_at, cut = left < PIECE ? left : PIECE;
    while (cut < left && cut > PIECE - 4 && ((unsigned char)from[cut] & 0xc0) == 0x80)
        cut--;
    rd_text_add(&s->record, from, cut);
    s->line_at += cut;
    s->has_line = cut < left;
}

static int goes_on(const splitter *s)
{
    if (is_table(s)) return same_group(s);
    return s->reader->form == RD_DATA_TAGS && !(is_blank(&s->line) && s->record.size > 0);
}

/* The next record; s->more is 0 after the last. */
static rondo_status next_record(splitter *s, rd_input *input, rondo_error *error)
{
    rd_text_clear(&s->record);
    if (!s->has_line) RD_TRY(read_line(s, input, error));
    while (s->has_line && s->reader->form >= RD_DATA_NUMBERS && is_blank(&s->line))
        RD_TRY(read_line(s, input, error));
    s->more = s->has_line;
    if (!s->more) return RONDO_OK;
    if (s->reader->form == RD_DATA_STREAM) {
        take_piece(s);
        return rd_text_done(&s->record, error);
    }
    do {
        rd_text_add(&s->record, s->line.text, s->line.size);
        s->has_line = 0;
        RD_TRY(rd_text_done(&s->record, error));
        if (s->reader->form < RD_DATA_NUMBERS) return RONDO_OK;
        RD_TRY(read_line(s, input, error));
    } while (s->has_line && goes_on(s));
    if (s->reader->form == RD_DATA_TAGS) rd_text_add(&s->record, "\n", 1);
    return rd_text_done(&s->record, error);
}

/* A series may begin without names: its first line is then a record as any other. */
static int is_nameless(const splitter *s)
{
    size_t size = 0;
    if (s->reader->form != RD_DATA_WINDOWS || s->header_is_yes) return 0;
    for (size_t k = 0; k < RD_CSV_COLUMNS && !s->header_is_no; k++) {
        int64_t time;
        double value;
        rd_time_style style;
        const char *text = raw_column(s, &s->line, k, &size);
        if (text >= s->line.text + s->line.size) break;
        if (!rd_parse_number(text, size, &value) && !rd_time_read(text, size, &time, &style)) return 0;
    }
    return 1;
}

/* The header of a CSV file: kept, and the column of the group found in it. */
static rondo_status read_header(splitter *s, rd_input *input, rondo_error *error)
{
    size_t size = 0;
    s->group_column = SIZE_MAX;
    s->has_line = 0;
    if (!is_table(s)) return RONDO_OK;
    RD_TRY(read_line(s, input, error));
    rd_text_clear(&s->header);
    s->separator = rd_csv_separator(s->line.text ? s->line.text : "", s->line.size);
    if (s->has_line && is_nameless(s)) return RONDO_OK;
    rd_text_add(&s->header, s->line.text, s->line.size);
    RD_TRY(rd_text_done(&s->header, error));
    s->has_line = 0;
    for (size_t k = 0; *s->group && k < RD_CSV_COLUMNS; k++) {
        const char *name = raw_column(s, &s->header, k, &size);
        if (name >= s->header.text + s->header.size) break;
        int quoted = size >= 2 && name[0] == '"';
        if (strlen(s->group) == size - 2 * (size_t)quoted &&
            memcmp(name + quoted, s->group, strlen(s->group)) == 0)
            s->group_column = k;
    }
    if (*s->group && s->group_column == SIZE_MAX)
        return rd_fail(error, RONDO_BAD_DATA, "%s:1: there is no column %s", input->source->name,
                       rd_quote(s->group).text);
    return RONDO_OK;
}

/* ---- where a record goes */

/* PARTS: of none. */
static int part_by_count(const splitter *s)
{
    uint64_t end = 0;
    for (int part = 0; part < PARTS; part++)
        if (s->position < (end += s->positions[part])) return part;
    return PARTS;
}

static int part_by_position(const splitter *s)
{
    if (s->counted) return part_by_count(s);
    double at = (double)s->position / (double)(s->reader->form == RD_DATA_STREAM ? s->bytes : s->records);
    if (s->folds) return (uint64_t)(at * (double)s->folds) == s->fold ? TEST : TRAIN;
    return at >= 1 - s->test ? TEST : at >= 1 - s->test - s->valid ? VALID : TRAIN;
}

static int part_of(const splitter *s)
{
    if (s->by_position) return part_by_position(s);
    uint64_t n = s->distinct ? UINT64_C(1) << 32 : s->records;
    uint64_t hash = s->distinct ? rd_fnv1a(s->record.text, s->record.size) : 0;
    uint64_t place = s->distinct ? rd_random_below(s->key, hash, n) : rd_permute(s->key, s->number, n);
    if (s->folds == 0) {
        uint64_t test = (uint64_t)(s->test * (double)n + 0.5), valid = (uint64_t)(s->valid * (double)n + 0.5);
        return place < test ? TEST : place < test + valid ? VALID : TRAIN;
    }
    if (place % s->folds == s->fold) return TEST;
    uint64_t again =
        s->distinct ? rd_random_below(s->other_key, hash, n) : rd_permute(s->other_key, s->number, n);
    return (double)again < s->valid * (double)n ? VALID : TRAIN;
}

static int is_wanted(const splitter *s, int part)
{
    if (s->counted) return s->positions[part] > 0;
    if (part == TEST) return s->folds > 0 || s->test > 0;
    return part == TRAIN || (s->valid > 0 && !(s->folds && s->by_position));
}

/* ---- the two walks */

static rondo_status count_records(splitter *s, const rd_source *source, size_t max_line, rondo_error *error)
{
    rd_input input;
    RD_TRY(rd_input_open(source, max_line, NULL, &input, error));
    input.keep_bom = s->reader->form == RD_DATA_STREAM;
    rondo_status status = read_header(s, &input, error);
    while (status == RONDO_OK && (status = next_record(s, &input, error)) == RONDO_OK && s->more) {
        s->records++;
        s->bytes += s->record.size;
    }
    rd_input_close(&input);
    return status;
}

static rondo_status write_records(splitter *s, const rd_source *source, size_t max_line, rondo_error *error)
{
    rd_input input;
    RD_TRY(rd_input_open(source, max_line, NULL, &input, error));
    input.keep_bom = s->reader->form == RD_DATA_STREAM;
    rondo_status status = read_header(s, &input, error);
    for (int part = 0; part < PARTS && status == RONDO_OK; part++)
        status = rd_parts_write(&s->parts, part, 0, s->header.text, s->header.size, error);
    while (status == RONDO_OK && (status = next_record(s, &input, error)) == RONDO_OK && s->more) {
        int part = part_of(s);
        s->number++;
        s->position += s->reader->form == RD_DATA_STREAM ? s->record.size : 1;
        if (part == PARTS) continue;
        s->parts.count[part]++;
        status = rd_parts_write(&s->parts, part, 0, s->record.text, s->record.size, error);
    }
    rd_input_close(&input);
    return status;
}

static rondo_status open_parts(splitter *s, const char *prefix, rondo_error *error)
{
    for (int part = 0; part < PARTS; part++)
        if (is_wanted(s, part)) RD_TRY(rd_parts_open(&s->parts, part, 0, prefix, "", error));
    return RONDO_OK;
}

/* "8640,2880,2880": how many records each part gets, in the order of the file. */
static rondo_status read_positions(splitter *s, const char *text, rondo_error *error)
{
    const char *at = text;
    s->counted = *text != 0;
    for (int part = 0; part < PARTS && s->counted; part++) {
        const size_t size = strcspn(at, ",");
        int64_t count;
        if (!rd_parse_integer(at, size, &count) || count < 0 || (part + 1 < PARTS) != (at[size] == ','))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "--by-position: expected three counts as 8640,2880,2880, found %s",
                           rd_quote(text).text);
        s->positions[part] = (uint64_t)count;
        at += size + (at[size] == ',');
    }
    if (s->counted && !s->by_position)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--by-position is for a stream or a single series");
    return RONDO_OK;
}

static rondo_status set_up(splitter *s, const rondo_options *options, rondo_error *error)
{
    uint64_t seed = (uint64_t)rd_option_integer(options, RD_OPT_seed);
    s->group = rd_option_text(options, RD_OPT_group);
    s->by_position = s->reader->form == RD_DATA_STREAM || (is_table(s) && !*s->group);
    s->distinct = rd_option_flag(options, RD_OPT_distinct);
    s->header_is_yes = rd_option_is(options, RD_OPT_header, "yes");
    s->header_is_no = rd_option_is(options, RD_OPT_header, "no");
    RD_TRY(read_positions(s, rd_option_text(options, RD_OPT_by_position), error));
    s->valid = rd_option_number(options, RD_OPT_valid_share);
    s->test = rd_option_number(options, RD_OPT_test_share);
    s->folds = (uint64_t)rd_option_integer(options, RD_OPT_folds);
    s->fold = (uint64_t)rd_option_integer(options, RD_OPT_fold) - 1;
    s->key = rd_key_of(seed, RD_STREAM_SPLIT, 1, 0);
    s->other_key = rd_key_of(seed, RD_STREAM_SPLIT, 2, 0);
    if (s->folds == 1 || (s->folds && s->fold >= s->folds))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--fold %" PRIu64 " of --folds %" PRIu64 " (at least 2 folds)", s->fold + 1, s->folds);
    if (!s->folds && s->valid + s->test >= 1)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--valid-share %g and --test-share %g leave nothing to train on", s->valid, s->test);
    if (s->distinct && s->by_position)
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--distinct needs records: --lines, --group, or tagged text");
    if (*rd_option_text(options, RD_OPT_by) && !s->reader->columns) {
        (void)rd_fail(error, RONDO_BAD_ARGUMENT, "--by needs records with columns; --reader %s has none", s->reader->name);
        if (is_table(s)) rd_hint(error, "--group COLUMN keeps the rows of a sequence together");
        return RONDO_BAD_ARGUMENT;
    }
    if (rd_option_flag(options, RD_OPT_stratify) && !rd_splits_records(s->reader->form))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--stratify needs a label a record; --task %s has none", s->reader->task);
    return RONDO_OK;
}

/* What has no target of its own is split line by line or by position. */
static rondo_status split_one(splitter *s, const rondo_options *options, const char *const *paths, size_t count,
                              const char *prefix, rondo_error *error)
{
    rd_source source;
    size_t max_line = (size_t)rd_option_integer(options, RD_OPT_max_line);
    if (count > 1)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: --reader %s takes one file at a time, found also %s", s->reader->name,
                       rd_quote(paths[1]).text);
    RD_TRY(rd_source_path(paths[0], &source, error));
    rondo_status status = count_records(s, &source, max_line, error);
    if (status == RONDO_OK && s->records == 0)
        status = rd_fail(error, RONDO_BAD_DATA, "%s: there are no records to split", paths[0]);
    if (status == RONDO_OK) status = open_parts(s, prefix, error);
    if (status == RONDO_OK) status = write_records(s, &source, max_line, error);
    rd_source_close(&source);
    return status;
}

static rondo_status run(splitter *s, const rondo_options *options, const char *const *paths, size_t count, const char *prefix,
                        rondo_error *error)
{
    const char *task = rd_option_is_set(options, RD_OPT_task) ? rd_option_text(options, RD_OPT_task) : "";
    for (size_t i = 0; i < count; i++)
        if (rd_is_folder(paths[i]) || rd_source_is_archive(paths[i], rd_source_file(paths[i])))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: %s is a folder or an archive; name the files to split", paths[i]);
    RD_TRY(rd_reader_choose(options, task, paths[0], count, 0, &s->reader, error));
    if (s->reader->whole)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: --reader %s reads no lines that could be split", s->reader->name);
    RD_TRY(set_up(s, options, error));
    if (rd_splits_records(s->reader->form))
        RD_TRY(rd_split_records(options, s->reader, paths, count, prefix, &s->parts, error));
    else
        RD_TRY(split_one(s, options, paths, count, prefix, error));
    return rd_parts_commit(&s->parts, rd_option_flag(options, RD_OPT_force), error);
}

rondo_status rondo_data_split(const rondo_options *options, const char *const *paths, size_t count, const char *prefix,
                              rondo_sink report, void *user, rondo_error *error)
{
    if (!options || !paths || !count || !prefix)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_split: an argument is missing");
    splitter s = {0};
    rondo_status status = run(&s, options, paths, count, prefix, error);
    if (status == RONDO_OK)
        status = rd_parts_report(&s.parts, rd_option_flag(options, RD_OPT_json), report, user, error);
    rd_parts_clear(&s.parts);
    rd_text_free(&s.header);
    rd_text_free(&s.line);
    rd_text_free(&s.record);
    return status;
}
