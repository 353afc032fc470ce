/* Records are opened by their reader, so that whatever it reads can be split: by what they hold (equal inputs, labels) they
 * are dealt to parts, and by the lines on which they begin their bytes are found again. */
#include "data/split_records.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/rng.h"
#include "base/size.h"
#include "data/open.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TRAIN = RD_PART_TRAIN, VALID = RD_PART_VALID, TEST = RD_PART_TEST };

typedef struct unit { /* a record */
    uint64_t number;
    uint64_t group; /* of records that stay together */
    uint64_t order; /* random, the same in a group */
    int32_t label;  /* of the first record of the group; 0 when labels do not count */
} unit;

typedef struct dealing {
    const rondo_options *options;
    const rd_reader_row *reader;
    rondo_data *data; /* owned */
    uint64_t records;
    unit *unit;          /* [records] */
    unsigned char *part; /* [records] */
    rd_split_parts *parts;
    rd_text head;        /* what stands before the first record, of every file the same */
    size_t files;        /* of a part: 2 for pairs */
} dealing;

int rd_splits_records(rd_data_form form)
{
    return form == RD_DATA_CLASSES || form == RD_DATA_PAIRS || form == RD_DATA_CONDITIONS;
}

/* ---- what belongs together ------------------------------------------------------------------------------- */

/* The input of record k as a hash. */
static rondo_status hash_input(const dealing *d, uint64_t k, uint64_t *hash, rondo_error *error)
{
    const rd_corpus *corpus = d->data->corpus;
    const rd_store *store = corpus->index[RD_X] ? corpus->index[RD_X] : corpus->values[RD_X];
    const size_t item = corpus->index[RD_X] ? sizeof(int32_t) : corpus->width[RD_X] * sizeof(float);
    unsigned char *bytes = NULL;
    rd_rows rows;
    size_t size;
    RD_TRY(rd_data_rows(d->data, k, RD_X, &rows, error));
    if (!rd_mul((size_t)rows.count, item, &size)) return rd_fail(error, RONDO_LIMIT, "a record is too long");
    RD_TRY(rd_alloc(size, 1, "a record", &bytes, error));
    rondo_status status = rows.count ? rd_store_read(store, rows.first, (size_t)rows.count, bytes, error) : RONDO_OK;
    *hash = rd_fnv1a(bytes, size);
    rd_free(bytes);
    return status;
}

static rondo_status describe_unit(dealing *d, uint64_t k, rondo_error *error)
{
    const uint64_t seed = (uint64_t)rd_option_integer(d->options, RD_OPT_seed);
    const int part = d->reader->form == RD_DATA_CLASSES ? RD_Y : RD_C;
    unit *u = &d->unit[k];
    *u = (unit){.number = k, .group = k};
    if (d->data->corpus->group) RD_TRY(rd_store_read(d->data->corpus->group, k, 1, &u->group, error));
    if (rd_option_flag(d->options, RD_OPT_distinct)) RD_TRY(hash_input(d, k, &u->group, error));
    u->order = rd_random_u64(rd_key_of(seed, RD_STREAM_SPLIT, 3, 0), u->group);
    if (!rd_option_flag(d->options, RD_OPT_stratify)) return RONDO_OK;
    return rd_store_read(d->data->corpus->index[part], k, 1, &u->label, error);
}

static int by_group(const void *a, const void *b)
{
    const unit *one = a, *other = b;
    if (one->group != other->group) return one->group < other->group ? -1 : 1;
    return (one->number > other->number) - (one->number < other->number);
}

static int by_order(const void *a, const void *b)
{
    const unit *one = a, *other = b;
    if (one->label != other->label) return one->label < other->label ? -1 : 1;
    if (one->order != other->order) return one->order < other->order ? -1 : 1;
    return by_group(a, b);
}

/* ---- where it goes --------------------------------------------------------------------------------------- */

typedef struct tally {
    uint64_t all, rest, tests, valids; /* records dealt so far; `rest`: those that are not for the test */
    uint64_t *fold;                    /* [--folds] of each fold */
} tally;

/* 1 when a part that has `so_far` records of `all` falls behind its share by taking none of `more`. */
static int is_due(uint64_t so_far, uint64_t all, uint64_t more, double share)
{
    return (double)so_far + (double)more / 2 <= (double)(all + more) * share;
}

/* The fold that has the fewest records, the first of several: what takes the next ones, whichever of them is the test. */
static uint64_t emptiest(const tally *so_far, uint64_t folds)
{
    uint64_t least = 0;
    for (uint64_t i = 1; i < folds; i++)
        if (so_far->fold[i] < so_far->fold[least]) least = i;
    return least;
}

static int deal(const dealing *d, const tally *so_far, uint64_t more)
{
    const uint64_t folds = (uint64_t)rd_option_integer(d->options, RD_OPT_folds),
                   fold = (uint64_t)rd_option_integer(d->options, RD_OPT_fold) - 1, next = emptiest(so_far, folds);
    const double valid = rd_option_number(d->options, RD_OPT_valid_share), test = rd_option_number(d->options, RD_OPT_test_share);
    if (folds) so_far->fold[next] += more;
    if (folds && next == fold) return TEST;
    if (!folds && is_due(so_far->tests, so_far->all, more, test)) return TEST;
    if (folds) return is_due(so_far->valids, so_far->rest, more, valid) ? VALID : TRAIN;
    return is_due(so_far->valids, so_far->all, more, valid) ? VALID : TRAIN;
}

/* Label after label and at random inside each, so that every part gets its share of each of them. */
static void deal_all(dealing *d, uint64_t *fold)
{
    tally so_far = {.fold = fold};
    qsort(d->unit, d->records, sizeof *d->unit, by_group);
    for (uint64_t k = 1; k < d->records; k++)
        if (d->unit[k].group == d->unit[k - 1].group) d->unit[k].label = d->unit[k - 1].label;
    qsort(d->unit, d->records, sizeof *d->unit, by_order);
    for (uint64_t k = 0, end; k < d->records; k = end) {
        for (end = k + 1; end < d->records && d->unit[end].group == d->unit[k].group;)
            end++;
        const int part = deal(d, &so_far, end - k);
        for (uint64_t i = k; i < end; i++)
            d->part[d->unit[i].number] = (unsigned char)part;
        so_far.all += end - k;
        so_far.tests += part == TEST ? end - k : 0;
        so_far.valids += part == VALID ? end - k : 0;
        so_far.rest += part == TEST ? 0 : end - k;
    }
}

static rondo_status judge(const dealing *d, rondo_error *error)
{
    if (rd_option_integer(d->options, RD_OPT_skip_bad) > 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: records are written as they stand; --skip-bad is not for it");
    if (rd_option_flag(d->options, RD_OPT_distinct) && *rd_option_text(d->options, RD_OPT_by))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: --by and --distinct each say what stays together; give one of them");
    if (rd_option_flag(d->options, RD_OPT_stratify) && d->reader->form == RD_DATA_PAIRS)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--stratify needs labels; --task %s has none", d->reader->task);
    return RONDO_OK;
}

/* A sound file, unlike a list of them, is a record that stands on no line. */
static rondo_status judge_files(const dealing *d, rondo_error *error)
{
    const rd_corpus *corpus = d->data->corpus;
    for (size_t i = 0; i < corpus->files; i++) {
        const uint64_t end = i + 1 < corpus->files ? corpus->file[i + 1].first_record : d->records;
        if (corpus->file[i].lines > 0 || corpus->file[i].first_record == end) continue;
        (void)rd_fail(error, RONDO_BAD_ARGUMENT, "data split: %s has no lines that could be split", rd_quote(corpus->file[i].name).text);
        rd_hint(error, "write the names into a list, a line each");
        return RONDO_BAD_ARGUMENT;
    }
    return RONDO_OK;
}

static rondo_status deal_records(dealing *d, const char *const *paths, size_t count, rondo_error *error)
{
    const rd_known known = {.skim = !rd_option_flag(d->options, RD_OPT_distinct)};
    uint64_t *fold = NULL;
    RD_TRY(judge(d, error));
    RD_TRY(rd_data_open(d->options, d->reader->task, known, paths, count, &d->data, error));
    d->records = rd_data_count(d->data);
    RD_TRY(judge_files(d, error));
    RD_TRY(rd_alloc(d->records, sizeof *d->unit, "a split", &d->unit, error));
    RD_TRY(rd_alloc(d->records, 1, "a split", &d->part, error));
    for (uint64_t k = 0; k < d->records; k++)
        RD_TRY(describe_unit(d, k, error));
    RD_TRY(rd_alloc(rd_size_max((size_t)rd_option_integer(d->options, RD_OPT_folds), 1), sizeof *fold, "a split", &fold, error));
    deal_all(d, fold);
    rd_free(fold);
    for (uint64_t k = 0; k < d->records; k++)
        d->parts->count[d->part[k]]++;
    return RONDO_OK;
}

/* ---- lines ----------------------------------------------------------------------------------------------- */

typedef struct walk { /* over one file */
    rd_input input;
    uint64_t next, end;   /* records that begin further on: [next, end) */
    uint64_t next_line;   /* on which the next one begins; 0: there is none */
    int file;             /* of a pair: 0 or 1 */
    rd_text head;
    rd_text prefix;       /* before each line: label and tab, where they stand in the name of the file */
} walk;

static rondo_status find_next(const dealing *d, walk *w, rondo_error *error)
{
    rd_record_place place = {0};
    w->next_line = 0;
    if (w->next >= w->end) return RONDO_OK;
    RD_TRY(rd_data_record(d->data, w->next, &place, error));
    w->next_line = place.line;
    return RONDO_OK;
}

/* Every file begins alike: the first one's head goes to all parts. */
static rondo_status put_head(dealing *d, walk *w, int first, rondo_error *error)
{
    RD_TRY(rd_text_done(&w->head, error));
    if (!first && (w->head.size != d->head.size || (w->head.size && memcmp(w->head.text, d->head.text, w->head.size) != 0)))
        return rd_fail(error, RONDO_BAD_DATA, "%s:1:1: what stands before the records is not as in %s, so they cannot be split together",
                       w->input.source->name, rd_data_name(d->data, 0));
    if (!first || w->head.size == 0) return RONDO_OK;
    rd_text_add(&d->head, w->head.text, w->head.size);
    RD_TRY(rd_text_done(&d->head, error));
    for (int part = 0; part < RD_SPLIT_PARTS; part++)
        RD_TRY(rd_parts_write(d->parts, part, w->file, d->head.text, d->head.size, error));
    return RONDO_OK;
}

static rondo_status walk_lines(dealing *d, walk *w, int first, rondo_error *error)
{
    int in_records = 0, part = TRAIN;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(&w->input, &line, &size, &more, error));
        if (!more) break;
        const int begins = w->next_line && w->input.number >= w->next_line;
        if (begins && !in_records) RD_TRY(put_head(d, w, first, error));
        if (begins) {
            in_records = 1;
            part = d->part[w->next++];
            RD_TRY(find_next(d, w, error));
        }
        const char *ending = w->input.ending[0] ? w->input.ending : "\n";
        if (!in_records) {
            rd_text_add(&w->head, line, size);
            rd_text_put(&w->head, ending);
            continue;
        }
        RD_TRY(rd_parts_write(d->parts, part, w->file, w->prefix.text, w->prefix.size, error));
        RD_TRY(rd_parts_write(d->parts, part, w->file, line, size, error));
        RD_TRY(rd_parts_write(d->parts, part, w->file, ending, strlen(ending), error));
    }
    return RONDO_OK;
}

/* Labels that stand in the names of files are written before each line. */
static rondo_status begin_prefix(const dealing *d, walk *w, rondo_error *error)
{
    const int part = d->reader->form == RD_DATA_CLASSES ? RD_Y : RD_C;
    int32_t label = 0;
    size_t size;
    if (!rd_equal(d->reader->name, "files") || w->next >= w->end) return RONDO_OK;
    RD_TRY(rd_store_read(d->data->corpus->index[part], w->next, 1, &label, error));
    const char *text = rd_symbols_text(d->data->corpus->symbols[part], (size_t)label, &size);
    rd_text_add(&w->prefix, text, size);
    rd_text_put(&w->prefix, "\t");
    return rd_text_done(&w->prefix, error);
}

/* File i as the reader counts them, of a pair the first or the second. */
static rondo_status walk_file(dealing *d, const char *path, size_t i, int file, rondo_error *error)
{
    const rd_corpus *corpus = d->data->corpus;
    rd_source source;
    walk w = {.next = corpus->file[i].first_record, .file = file,
              .end = i + 1 < corpus->files ? corpus->file[i + 1].first_record : d->records};
    RD_TRY(rd_source_path(path, &source, error));
    rondo_status status = rd_input_open(&source, (size_t)rd_option_integer(d->options, RD_OPT_max_line), NULL, &w.input, error);
    if (status == RONDO_OK) status = find_next(d, &w, error);
    if (status == RONDO_OK) status = begin_prefix(d, &w, error);
    if (status == RONDO_OK) status = walk_lines(d, &w, i == 0, error);
    rd_input_close(&w.input);
    rd_text_free(&w.head);
    rd_text_free(&w.prefix);
    rd_source_close(&source);
    return status;
}

/* ---- parts ----------------------------------------------------------------------------------------------- */

/* ".en" of "train.en.gz": what tells the files of a pair apart; ".1" and ".2" when nothing does. */
static void endings_of(const char *const *paths, char ending[RD_PART_FILES][64])
{
    for (int file = 0; file < RD_PART_FILES; file++) {
        size_t size = strlen(paths[file]);
        if (size > 3 && rd_equal(paths[file] + size - 3, ".gz")) size -= 3;
        size_t dot = size;
        while (dot > 0 && paths[file][dot - 1] != '.' && paths[file][dot - 1] != '/')
            dot--;
        const int found = dot > 0 && paths[file][dot - 1] == '.' && size - dot + 2 < sizeof ending[file];
        memset(ending[file], 0, sizeof ending[file]);
        if (found) memcpy(ending[file], paths[file] + dot - 1, size - dot + 1);
    }
    if (ending[0][0] && ending[1][0] && !rd_equal(ending[0], ending[1])) return;
    strcpy(ending[0], ".1");
    strcpy(ending[1], ".2");
}

static rondo_status open_parts(dealing *d, const char *const *paths, const char *prefix, rondo_error *error)
{
    const int folds = rd_option_integer(d->options, RD_OPT_folds) > 0;
    const int wanted[RD_SPLIT_PARTS] = {1, rd_option_number(d->options, RD_OPT_valid_share) > 0,
                                        folds || rd_option_number(d->options, RD_OPT_test_share) > 0};
    char ending[RD_PART_FILES][64] = {"", ""};
    if (d->files == 2) endings_of(paths, ending);
    for (int part = 0; part < RD_SPLIT_PARTS; part++)
        for (size_t file = 0; file < d->files && wanted[part]; file++)
            RD_TRY(rd_parts_open(d->parts, part, (int)file, prefix, ending[file], error));
    return RONDO_OK;
}

static rondo_status split(dealing *d, const char *const *paths, size_t count, const char *prefix, rondo_error *error)
{
    RD_TRY(deal_records(d, paths, count, error));
    RD_TRY(open_parts(d, paths, prefix, error));
    for (size_t i = 0; i < count; i++) {
        if (rd_equal(paths[i], "-"))
            return rd_fail(error, RONDO_BAD_ARGUMENT, "data split: records of standard input cannot be split, it is read twice");
        RD_TRY(walk_file(d, paths[i], i / d->files, (int)(i % d->files), error));
    }
    return RONDO_OK;
}

rondo_status rd_split_records(const rondo_options *options, const rd_reader_row *reader, const char *const *paths, size_t count,
                              const char *prefix, rd_split_parts *parts, rondo_error *error)
{
    dealing d = {.options = options, .reader = reader, .parts = parts, .files = reader->beside ? 2 : 1};
    rondo_status status = split(&d, paths, count, prefix, error);
    rondo_data_free(d.data);
    rd_free(d.unit);
    rd_free(d.part);
    rd_text_free(&d.head);
    return status;
}
