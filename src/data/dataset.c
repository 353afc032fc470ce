/* Views and what they share. Nothing here reads a file; nothing here is large, since numbers lie in stores.
 */
#include "data/dataset.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/size.h"
#include "data/series.h"
#include "options/options.h"

#include <inttypes.h>
#include <string.h>

enum { STORE_LIMIT = 24 << 20, SMALL_STORE_LIMIT = 4 << 20 };

/* ---- the shared part */

static void free_columns(rd_columns *columns)
{
    for (size_t i = 0; i < columns->count; i++)
        rd_free(columns->name[i]);
    rd_free(columns->name);
}

/* Rows of x, y and c in a record; x is always there. */
static const struct {
    int stream;
    rd_rows_of rows[RD_CORPUS_PARTS];
} forms[] = {
    [RD_DATA_STREAM] = {1, {RD_ROWS_OF_X}},
    [RD_DATA_LINES] = {0, {RD_ROWS_OF_X}},
    [RD_DATA_NUMBERS] = {0, {RD_ROWS_OF_X, RD_ROWS_OF_X}},
    [RD_DATA_TAGS] = {0, {RD_ROWS_OF_X, RD_ROWS_OF_X}},
    [RD_DATA_SERIES] = {1, {RD_ROWS_OF_X, RD_ROWS_OF_X}},
    [RD_DATA_CLASSES] = {0, {RD_ROWS_OF_X, RD_ROWS_RECORD}},
    [RD_DATA_PAIRS] = {0, {RD_ROWS_OF_X, RD_ROWS_OWN}},
    [RD_DATA_FRAMES] = {0, {RD_ROWS_OF_X}},
    [RD_DATA_CONDITIONS] = {0, {RD_ROWS_OF_X, RD_ROWS_NONE, RD_ROWS_RECORD}},
    [RD_DATA_WINDOWS] = {0, {RD_ROWS_OF_X, RD_ROWS_OF_X}},
};

rd_rows_of rd_part_rows(rd_data_form form, int part)
{
    return forms[form].rows[part];
}

rondo_status rd_corpus_numbers(rd_corpus *corpus, int part, size_t width, rondo_error *error)
{
    size_t bytes;
    if (corpus->values[part] && corpus->width[part] == width) return RONDO_OK;
    if (corpus->values[part])
        return rd_fail(error, RONDO_BAD_DATA, "rows of %zu numbers after rows of %zu", width, corpus->width[part]);
    if (!rd_mul(width, sizeof(float), &bytes) || bytes == 0)
        return rd_fail(error, RONDO_LIMIT, "rows of %zu numbers cannot be kept", width);
    RD_TRY(rd_store_new(bytes, STORE_LIMIT, &corpus->values[part], error));
    corpus->width[part] = width;
    return RONDO_OK;
}

rondo_status rd_corpus_new(const char *task, rd_data_form form, unsigned symbols, const char *reader, rd_corpus **corpus,
                           rondo_error *error)
{
    rd_corpus *made = NULL;
    RD_TRY(rd_alloc(1, sizeof *made, "data", &made, error));
    made->shares = 1;
    made->form = form;
    made->reader = reader;
    memcpy(made->task, task, rd_size_min(strlen(task), sizeof made->task - 1));
    rondo_status status = rd_store_new(sizeof(rd_record), SMALL_STORE_LIMIT, &made->records, error);
    for (int part = RD_X; part < RD_CORPUS_PARTS && status == RONDO_OK; part++) {
        if (symbols >> part & 1)
            status = rd_store_new(sizeof(int32_t), STORE_LIMIT >> part, &made->index[part], error);
        if (status == RONDO_OK && forms[form].rows[part] == RD_ROWS_OWN)
            status = rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &made->first[part], error);
    }
    if (status != RONDO_OK) {
        rd_corpus_free(made);
        return status;
    }
    *corpus = made;
    return RONDO_OK;
}

void rd_corpus_free(rd_corpus *corpus)
{
    if (!corpus || __atomic_sub_fetch(&corpus->shares, 1, __ATOMIC_ACQ_REL) > 0) return;
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++) {
        rd_symbols_free(corpus->symbols[part]);
        rd_store_free(corpus->index[part]);
        rd_store_free(corpus->values[part]);
        rd_store_free(corpus->first[part]);
    }
    for (int part = RD_X; part <= RD_Y; part++)
        free_columns(&corpus->columns[part]);
    free_columns(&corpus->unused);
    rd_store_free(corpus->words);
    rd_series_free(corpus->series);
    rd_store_free(corpus->records);
    rd_store_free(corpus->raw);
    rd_store_free(corpus->raw_first);
    rd_store_free(corpus->group);
    rd_store_free(corpus->bad);
    for (size_t i = 0; i < corpus->files; i++)
        rd_free(corpus->file[i].name);
    rd_free(corpus->file);
    rd_symbols_free(corpus->unseen);
    rd_text_free(&corpus->skipped_places);
    rd_free(corpus);
}

/* ---- views */

static int is_stream(const rd_corpus *corpus)
{
    return forms[corpus->form].stream;
}

static rondo_status view_of(rd_corpus *corpus, uint64_t first, uint64_t count, rondo_data **data,
                            rondo_error *error)
{
    rondo_data *made = NULL;
    RD_TRY(rd_alloc(1, sizeof *made, "a view on data", &made, error));
    __atomic_add_fetch(&corpus->shares, 1, __ATOMIC_RELAXED);
    *made = (rondo_data){.corpus = corpus, .first = first, .count = count};
    *data = made;
    return RONDO_OK;
}

rondo_status rd_data_whole(rd_corpus *corpus, rondo_data **data, rondo_error *error)
{
    uint64_t count = is_stream(corpus) ? corpus->rows : rd_store_count(corpus->records);
    if (corpus->series) count = corpus->series->samples;
    rondo_status status = view_of(corpus, 0, count, data, error);
    rd_corpus_free(corpus);
    return status;
}

rondo_status rd_data_number(const rondo_data *data, uint64_t k, uint64_t *number, rondo_error *error)
{
    *number = data->first + k;
    return data->pick ? rd_store_read(data->pick, data->first + k, 1, number, error) : RONDO_OK;
}

static rondo_status copy_picks(const rondo_data *from, rondo_data *to, rondo_error *error)
{
    RD_TRY(rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &to->pick, error));
    for (uint64_t k = 0; k < from->count; k++) {
        uint64_t number = 0;
        RD_TRY(rd_data_number(from, k, &number, error));
        RD_TRY(rd_store_add(to->pick, &number, 1, error));
    }
    to->first = 0;
    return RONDO_OK;
}

rondo_status rd_data_view(const rondo_data *data, rondo_data **view, rondo_error *error)
{
    rondo_data *made = NULL;
    RD_TRY(view_of(data->corpus, data->first, data->count, &made, error));
    rondo_status status = data->pick ? copy_picks(data, made, error) : RONDO_OK;
    if (status != RONDO_OK) {
        rondo_data_free(made);
        return status;
    }
    *view = made;
    return RONDO_OK;
}

void rondo_data_free(rondo_data *data)
{
    if (!data) return;
    rd_store_free(data->pick);
    rd_corpus_free(data->corpus);
    rd_free(data);
}

/* ---- cutting in two */

static rondo_status pick_records(const rondo_data *data, rd_key key, uint64_t held, rondo_data *train,
                                 rondo_data *valid, rondo_error *error)
{
    RD_TRY(rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &train->pick, error));
    RD_TRY(rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &valid->pick, error));
    train->first = valid->first = 0;
    for (uint64_t k = 0; k < data->count; k++) {
        uint64_t number = 0;
        RD_TRY(rd_data_number(data, k, &number, error));
        rd_store *side = rd_permute(key, k, data->count) < held ? valid->pick : train->pick;
        RD_TRY(rd_store_add(side, &number, 1, error));
    }
    return RONDO_OK;
}

/* Series are cut by position, not by drawing windows, which overlap. */
static rondo_status pick_windows(const rondo_data *data, double share, rondo_data *train, rondo_data *valid,
                                 rondo_error *error)
{
    RD_TRY(rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &train->pick, error));
    RD_TRY(rd_store_new(sizeof(uint64_t), SMALL_STORE_LIMIT, &valid->pick, error));
    train->first = valid->first = 0;
    RD_TRY(rd_series_cut(data, share, train->pick, valid->pick, error));
    train->count = rd_store_count(train->pick);
    valid->count = rd_store_count(valid->pick);
    return RONDO_OK;
}

static uint64_t share_of(uint64_t count, double share)
{
    double part = (double)count * share;
    uint64_t held = part < (double)count ? (uint64_t)part : count - 1;
    held = held ? held : 1;
    return held < count ? held : count - 1;
}

rondo_status rondo_data_cut(rondo_data *data, const rondo_options *options, rondo_data **train,
                            rondo_data **valid, rondo_error *error)
{
    if (!data || !options || !train || !valid)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_cut: an argument is missing");
    int stream = is_stream(data->corpus);
    double share = rd_option_number(options, RD_OPT_val_frac);
    if (!(share > 0 && share < 1))
        return rd_fail(error, RONDO_BAD_ARGUMENT,
                       "--val-frac %g leaves nothing to cut (more than 0, less than 1)", share);
    if (data->count < 2 && !data->corpus->series) {
        rd_fail(error, RONDO_BAD_DATA,
                "%s: %" PRIu64 " %s, at least 2 are needed to cut a part for validation",
                rd_data_name(data, 0), data->count, stream ? "steps" : "records");
        rd_hint(error, "give --valid FILE, or --val-frac 0");
        return RONDO_BAD_DATA;
    }
    uint64_t held = share_of(data->count, share);
    rondo_data *kept = NULL, *other = NULL;
    rondo_status status = view_of(data->corpus, data->first, data->count - held, &kept, error);
    if (status == RONDO_OK)
        status = view_of(data->corpus, data->first + data->count - held, held, &other, error);
    if (status == RONDO_OK && data->corpus->series)
        status = pick_windows(data, share, kept, other, error);
    else if (status == RONDO_OK && !stream) {
        uint64_t seed = (uint64_t)rd_option_integer(options, RD_OPT_seed);
        status = pick_records(data, rd_key_of(seed, RD_STREAM_SPLIT, 0, 0), held, kept, other, error);
    }
    if (status != RONDO_OK) {
        rondo_data_free(kept);
        rondo_data_free(other);
        return status;
    }
    *train = kept;
    *valid = other;
    return RONDO_OK;
}

/* ---- what it holds */

static int part_of(const char *part)
{
    if (part && rd_equal(part, "chars")) return RD_CHARS;
    return part && part[0] == 'y' ? RD_Y : part && part[0] == 'c' ? RD_C : RD_X;
}

const char *rd_data_task(const rondo_data *data)
{
    return data->corpus->task;
}

int rd_data_is_stream(const rondo_data *data)
{
    return is_stream(data->corpus);
}

rd_data_form rd_data_form_of(const rondo_data *data)
{
    return data->corpus->form;
}

/* A part that the form does not have is made of x: the targets of a language model are its symbols, those of frames
 * its numbers. The decoder's input is made of y. */
static int symbols_part(const rondo_data *data, const char *part)
{
    int asked = part && rd_equal(part, "target") ? RD_Y : part_of(part);
    if (asked == RD_CHARS) return asked;
    return forms[data->corpus->form].rows[asked] == RD_ROWS_NONE ? RD_X : asked;
}

rd_symbols *rd_data_symbols(const rondo_data *data, const char *part)
{
    return data->corpus->symbols[symbols_part(data, part)];
}

size_t rd_data_width(const rondo_data *data, const char *part)
{
    rd_symbols *symbols = rd_data_symbols(data, part);
    const int from = symbols_part(data, part);
    const size_t steps = from == RD_Y && data->corpus->series ? data->corpus->series->horizon : 1;
    return symbols ? rd_symbols_size(symbols) : data->corpus->width[from] * steps;
}

int rd_data_target_per_row(const rondo_data *data)
{
    if (data->corpus->form == RD_DATA_NUMBERS) return data->corpus->y_per_row;
    return data->corpus->form != RD_DATA_CLASSES && data->corpus->form != RD_DATA_WINDOWS;
}

uint64_t rd_data_count(const rondo_data *data)
{
    return data->count;
}

const char *rd_data_hash(const rondo_data *data)
{
    return data->corpus->hash;
}

const char *rd_data_name(const rondo_data *data, size_t i)
{
    return i < data->corpus->files ? data->corpus->file[i].name : NULL;
}

uint64_t rd_data_unknown(const rondo_data *data, const char *part)
{
    return data->corpus->unknown[symbols_part(data, part)];
}

static rondo_status record_number(const rd_corpus *corpus, uint64_t number, rd_record_place *place,
                                  rondo_error *error)
{
    rd_record pair[2] = {{0, 0}, {corpus->rows, 0}};
    size_t wanted = number + 1 < rd_store_count(corpus->records) ? 2 : 1;
    RD_TRY(rd_store_read(corpus->records, number, wanted, pair, error));
    size_t i = 0;
    while (i + 1 < corpus->files && corpus->file[i + 1].first_record <= number)
        i++;
    *place =
        (rd_record_place){pair[0].first, pair[1].first - pair[0].first, pair[0].line, corpus->file[i].name};
    return RONDO_OK;
}

/* A window: its input rows, on the line where they begin but for gaps. */
static rondo_status window_number(const rd_corpus *corpus, uint64_t number, rd_record_place *place, rondo_error *error)
{
    size_t which;
    const uint64_t first = rd_series_sample(corpus->series, number, &which);
    RD_TRY(record_number(corpus, which, place, error));
    place->line += first - place->first;
    place->first = first;
    place->rows = corpus->series->window;
    return RONDO_OK;
}

rondo_status rd_data_record(const rondo_data *data, uint64_t k, rd_record_place *place, rondo_error *error)
{
    uint64_t number = 0;
    RD_TRY(rd_data_number(data, k, &number, error));
    if (data->corpus->series) return window_number(data->corpus, number, place, error);
    return record_number(data->corpus, number, place, error);
}

rondo_status rd_data_rows(const rondo_data *data, uint64_t k, int part, rd_rows *rows, rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    const rd_rows_of kind = forms[corpus->form].rows[part];
    uint64_t number = 0, pair[2] = {0, corpus->part_rows[part]};
    if (corpus->series && part <= RD_Y) {
        rd_record_place place;
        RD_TRY(rd_data_record(data, k, &place, error));
        *rows = part == RD_X ? (rd_rows){place.first, place.rows}
                             : (rd_rows){place.first + place.rows, corpus->series->horizon};
        return RONDO_OK;
    }
    RD_TRY(rd_data_number(data, k, &number, error));
    *rows = (rd_rows){number, kind == RD_ROWS_RECORD};
    if (kind == RD_ROWS_OF_X) {
        rd_record_place place;
        RD_TRY(record_number(corpus, number, &place, error));
        *rows = (rd_rows){place.first, place.rows};
    }
    if (kind != RD_ROWS_OWN) return RONDO_OK;
    RD_TRY(rd_store_read(corpus->first[part], number, number + 1 < rd_store_count(corpus->records) ? 2 : 1, pair, error));
    *rows = (rd_rows){pair[0], pair[1] - pair[0]};
    return RONDO_OK;
}

static rondo_status is_bad(const rd_corpus *corpus, uint64_t number, int *bad, rondo_error *error)
{
    uint64_t low = 0, high = corpus->bad ? rd_store_count(corpus->bad) : 0;
    *bad = 0;
    while (low < high && !*bad) { /* they ascend, as the records do */
        const uint64_t middle = low + (high - low) / 2;
        uint64_t one = 0;
        RD_TRY(rd_store_read(corpus->bad, middle, 1, &one, error));
        *bad = one == number;
        if (one < number)
            low = middle + 1;
        else
            high = middle;
    }
    return RONDO_OK;
}

rondo_status rd_data_raw(const rondo_data *data, uint64_t k, rd_text *text, int *bad, rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    uint64_t number = 0;
    RD_TRY(rd_data_number(data, k, &number, error));
    RD_TRY(is_bad(corpus, number, bad, error));
    if (!corpus->raw) return RONDO_OK;
    uint64_t pair[2] = {0, rd_store_count(corpus->raw)};
    RD_TRY(rd_store_read(corpus->raw_first, number, number + 1 < rd_store_count(corpus->records) ? 2 : 1, pair, error));
    for (char piece[4096]; pair[0] < pair[1];) {
        size_t n = rd_size_min(sizeof piece, (size_t)(pair[1] - pair[0]));
        RD_TRY(rd_store_read(corpus->raw, pair[0], n, piece, error));
        rd_text_add(text, piece, n);
        pair[0] += n;
    }
    return rd_text_done(text, error);
}

rondo_status rd_data_stream_line(const rondo_data *data, uint64_t at, rd_record_place *place,
                                 rondo_error *error)
{
    uint64_t row = data->first + at, low = 0, high = rd_store_count(data->corpus->records);
    while (high - low > 1) { /* the last line that begins at or before the row */
        uint64_t middle = low + (high - low) / 2;
        rd_record record;
        RD_TRY(rd_store_read(data->corpus->records, middle, 1, &record, error));
        if (record.first <= row)
            low = middle;
        else
            high = middle;
    }
    RD_TRY(record_number(data->corpus, low, place, error));
    if (data->corpus->form == RD_DATA_SERIES) /* a row is a line, but for line ends inside quotes */
        place->line += row;
    return RONDO_OK;
}

uint64_t rd_data_targets(const rondo_data *data)
{
    const rd_corpus *corpus = data->corpus;
    if (is_stream(corpus)) return data->count;
    if (!rd_data_target_per_row(data)) return data->count;
    const int part = corpus->form == RD_DATA_PAIRS ? RD_Y : RD_X;
    const int ends = corpus->form == RD_DATA_LINES || corpus->form == RD_DATA_CONDITIONS || corpus->form == RD_DATA_PAIRS;
    const uint64_t all = part == RD_Y ? corpus->part_rows[RD_Y] : corpus->rows;
    uint64_t rows = ends ? data->count : 0; /* an end symbol each */
    if (!data->pick && data->count == rd_store_count(corpus->records)) return rows + all;
    for (uint64_t k = 0; k < data->count; k++) {
        rd_rows own;
        if (rd_data_rows(data, k, part, &own, NULL) != RONDO_OK) return rows;
        rows += own.count;
    }
    return rows;
}
