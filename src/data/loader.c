/* The order of the data is arithmetic: which record or which piece of the stream comes k-th in epoch e is
 * computed, never remembered, so a loader can be put anywhere at once. Buffers grow to the largest batch and
 * stay. */
#include "data/loader.h"

#include "base/memory.h"
#include "base/rng.h"
#include "base/size.h"
#include "data/characters.h"
#include "data/class_weights.h"
#include "data/series.h"
#include "options/options.h"
#include "sequence/batch.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { BLOCKS = 4 };   /* most parts of a batch */

typedef struct block { /* one part of a batch, sequence after sequence */
    size_t *length;    /* [sequences] */
    size_t width;      /* numbers a row; 0: symbols */
    const int32_t **symbols;
    const rd_real **values;
    int32_t *index; /* [rows] */
    float *number;  /* [rows][width] */
    size_t index_room, number_room;
} block;

struct rondo_loader {
    rondo_data *data; /* a view of its own */
    int training;
    size_t batch_size; /* most sequences in a batch: pieces of a stream, or records */
    size_t seq_len;
    uint64_t seed, epoch, at, batches;
    block part[BLOCKS];
    uint64_t *first, *first_y; /* [batch_size] first row of each sequence of the batch at hand, in x and in y */
    rd_real *class_weight;     /* [classes] weight of targets of each class in the loss, or NULL */
    rd_real *row_weight;       /* [rows of y] */
    const rd_real **weight;    /* [batch_size] */
    size_t row_weight_room;
    rd_characters characters;  /* of the words of the batch at hand */
};

typedef struct form { /* how a kind of data becomes batches */
    int carries;
    struct {
        const char *name; /* of the part of the batch; NULL past the last */
        int from;         /* part of the corpus that says whether it has symbols or numbers, and of what width */
    } part[BLOCKS];
    /* Settles the length of each sequence in each part, and loader->first. */
    rondo_status (*lengths)(rondo_loader *loader, size_t sequences, rondo_error *error);
    rondo_status (*fill)(rondo_loader *loader, size_t sequences, rondo_error *error);
} form;

/* ---- streams */

static uint64_t piece_length(const rondo_loader *loader, uint64_t piece)
{
    return loader->data->count / loader->batch_size + (piece < loader->data->count % loader->batch_size);
}

static uint64_t piece_first(const rondo_loader *loader, uint64_t piece)
{
    uint64_t rest = loader->data->count % loader->batch_size;
    return piece * (loader->data->count / loader->batch_size) + (piece < rest ? piece : rest);
}

static rondo_status stream_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    (void)error;
    uint64_t done = loader->at * loader->seq_len;
    for (size_t i = 0; i < sequences; i++) {
        uint64_t length = piece_length(loader, i), left = length > done ? length - done : 0;
        loader->part[RD_X].length[i] = left < loader->seq_len ? (size_t)left : loader->seq_len;
        loader->part[RD_Y].length[i] = loader->part[RD_X].length[i];
        loader->first[i] = loader->data->first + piece_first(loader, i) + done;
    }
    return RONDO_OK;
}

/* y is the window, x the same one symbol earlier. */
static rondo_status stream_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    const rd_store *store = loader->data->corpus->index[RD_X];
    int32_t *x = loader->part[RD_X].index, *y = loader->part[RD_Y].index;
    for (size_t i = 0; i < sequences; i++) {
        size_t length = loader->part[RD_X].length[i];
        if (length > 0) {
            RD_TRY(rd_store_read(store, loader->first[i], length, y, error));
            x[0] = RD_SYMBOL_END;
            if (loader->at > 0) RD_TRY(rd_store_read(store, loader->first[i] - 1, 1, x, error));
            memcpy(x + 1, y, (length - 1) * sizeof *x);
        }
        x += length, y += length;
    }
    return RONDO_OK;
}

/* ---- records */

static rd_key order_key(const rondo_loader *loader, uint64_t epoch)
{
    return rd_key_of(loader->seed, RD_STREAM_SHUFFLE, epoch, 0);
}

/* The record that sequence `i` of a batch is. */
static uint64_t record_at(const rondo_loader *loader, uint64_t epoch, uint64_t batch, uint64_t i)
{
    uint64_t k = batch * loader->batch_size + i;
    return loader->training ? rd_permute(order_key(loader, epoch), k, loader->data->count) : k;
}

/* Lengths and first rows of the records of a batch in a part of the corpus; `more` steps are added to each. */
static rondo_status rows_of(rondo_loader *loader, size_t sequences, int part, size_t more, uint64_t *first, size_t *length,
                            rondo_error *error)
{
    for (size_t i = 0; i < sequences; i++) {
        rd_rows rows;
        RD_TRY(rd_data_rows(loader->data, record_at(loader, loader->epoch, loader->at, i), part, &rows, error));
        length[i] = (size_t)rows.count + more;
        first[i] = rows.first;
    }
    return RONDO_OK;
}

static void same_lengths(const rondo_loader *loader, int from, int to, size_t sequences)
{
    memcpy(loader->part[to].length, loader->part[from].length, sequences * sizeof *loader->part[to].length);
}

static rondo_status record_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(rows_of(loader, sequences, RD_X, 0, loader->first, loader->part[RD_X].length, error));
    same_lengths(loader, RD_X, RD_Y, sequences);
    return RONDO_OK;
}

static rondo_status line_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(rows_of(loader, sequences, RD_X, 1, loader->first, loader->part[RD_X].length, error));
    same_lengths(loader, RD_X, RD_Y, sequences);
    return RONDO_OK;
}

/* A target a record stands on its last row. */
static rondo_status number_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(record_lengths(loader, sequences, error));
    for (size_t i = 0; i < sequences && !loader->data->corpus->y_per_row; i++)
        loader->part[RD_Y].length[i] = loader->part[RD_X].length[i] > 0;
    return RONDO_OK;
}

/* Each sequence of `store` twice: what is predicted, ended by the end symbol, and what is read before each of these,
 * which begins with it. `length` counts the end symbol. */
static rondo_status shifted(const rd_store *store, const uint64_t *first, const size_t *length, size_t sequences, int32_t *read,
                            int32_t *predicted, rondo_error *error)
{
    for (size_t i = 0; i < sequences; i++) {
        const size_t symbols = length[i] - 1;
        RD_TRY(rd_store_read(store, first[i], symbols, predicted, error));
        predicted[symbols] = RD_SYMBOL_END;
        read[0] = RD_SYMBOL_END;
        memcpy(read + 1, predicted, symbols * sizeof *read);
        read += length[i], predicted += length[i];
    }
    return RONDO_OK;
}

static rondo_status line_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    return shifted(loader->data->corpus->index[RD_X], loader->first, loader->part[RD_X].length, sequences,
                   loader->part[RD_X].index, loader->part[RD_Y].index, error);
}

static rondo_status tag_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    int32_t *to[] = {loader->part[RD_X].index, loader->part[RD_Y].index};
    for (size_t i = 0; i < sequences; i++)
        for (int part = RD_X; part <= RD_Y; part++) {
            size_t length = loader->part[RD_X].length[i];
            RD_TRY(
                rd_store_read(loader->data->corpus->index[part], loader->first[i], length, to[part], error));
            to[part] += length;
        }
    return RONDO_OK;
}

static rondo_status number_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    const rd_corpus *corpus = loader->data->corpus;
    float *to[] = {loader->part[RD_X].number, loader->part[RD_Y].number};
    for (size_t i = 0; i < sequences; i++) {
        size_t length = loader->part[RD_X].length[i], skipped = corpus->y_per_row ? 0 : length - 1;
        if (length == 0) continue;
        RD_TRY(rd_store_read(corpus->values[RD_X], loader->first[i], length, to[RD_X], error));
        RD_TRY(rd_store_read(corpus->values[RD_Y], loader->first[i] + skipped, length - skipped, to[RD_Y],
                             error));
        to[RD_X] += length * corpus->width[RD_X];
        to[RD_Y] += (length - skipped) * corpus->width[RD_Y];
    }
    return RONDO_OK;
}

/* ---- records of other shapes */

/* The rows of one part of the corpus, symbols or numbers, into a block. */
static rondo_status copy_rows(rondo_loader *loader, int part, const uint64_t *first, block *to, size_t sequences, rondo_error *error)
{
    const rd_corpus *corpus = loader->data->corpus;
    size_t at = 0;
    for (size_t i = 0; i < sequences; i++) {
        void *rows = to->width ? (void *)(to->number + at * to->width) : (void *)(to->index + at);
        if (to->length[i] > 0)
            RD_TRY(rd_store_read(to->width ? corpus->values[part] : corpus->index[part], first[i], to->length[i], rows, error));
        at += to->length[i];
    }
    return RONDO_OK;
}

static rondo_status class_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(rows_of(loader, sequences, RD_X, 0, loader->first, loader->part[RD_X].length, error));
    return rows_of(loader, sequences, RD_Y, 0, loader->first_y, loader->part[RD_Y].length, error);
}

static rondo_status class_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(copy_rows(loader, RD_X, loader->first, &loader->part[RD_X], sequences, error));
    return copy_rows(loader, RD_Y, loader->first_y, &loader->part[RD_Y], sequences, error);
}

enum { TARGET = 2, CONDITION = 2 }; /* blocks after x and y */

/* y with its end symbol is predicted, "target" is what the decoder reads before each of its symbols. */
static rondo_status decoder_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(rows_of(loader, sequences, RD_X, 0, loader->first, loader->part[RD_X].length, error));
    RD_TRY(rows_of(loader, sequences, RD_Y, 1, loader->first_y, loader->part[RD_Y].length, error));
    same_lengths(loader, RD_Y, TARGET, sequences);
    return RONDO_OK;
}

static rondo_status decoder_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(copy_rows(loader, RD_X, loader->first, &loader->part[RD_X], sequences, error));
    return shifted(loader->data->corpus->index[RD_Y], loader->first_y, loader->part[RD_Y].length, sequences,
                   loader->part[TARGET].index, loader->part[RD_Y].index, error);
}

static rondo_status condition_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(line_lengths(loader, sequences, error));
    return rows_of(loader, sequences, RD_C, 0, loader->first_y, loader->part[CONDITION].length, error);
}

static rondo_status condition_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(line_fill(loader, sequences, error));
    RD_TRY(copy_rows(loader, RD_C, loader->first_y, &loader->part[CONDITION], sequences, error));
    int32_t *condition = loader->part[CONDITION].index;
    for (size_t i = 0; i < sequences; i++) /* a record that --skip-bad let pass has none and is given the first */
        condition[i] = condition[i] < 0 ? 0 : condition[i];
    return RONDO_OK;
}

/* Frame t is predicted from the frames before it; before the first there is silence. */
static rondo_status frame_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    const size_t width = loader->data->corpus->width[RD_X];
    float *x = loader->part[RD_X].number;
    const float *y = loader->part[RD_Y].number;
    RD_TRY(copy_rows(loader, RD_X, loader->first, &loader->part[RD_Y], sequences, error));
    for (size_t i = 0; i < sequences; i++) {
        const size_t length = loader->part[RD_X].length[i];
        if (length == 0) continue;
        memset(x, 0, width * sizeof *x);
        memcpy(x + width, y, (length - 1) * width * sizeof *x);
        x += length * width, y += length * width;
    }
    return RONDO_OK;
}

/* A window of a series, and the targets of the steps that follow it as one row. */
static rondo_status window_lengths(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    RD_TRY(rows_of(loader, sequences, RD_X, 0, loader->first, loader->part[RD_X].length, error));
    RD_TRY(rows_of(loader, sequences, RD_Y, 0, loader->first_y, loader->part[RD_Y].length, error));
    for (size_t i = 0; i < sequences; i++)
        loader->part[RD_Y].length[i] = 1;
    return RONDO_OK;
}

static rondo_status window_fill(rondo_loader *loader, size_t sequences, rondo_error *error)
{
    const rd_corpus *corpus = loader->data->corpus;
    const block *y = &loader->part[RD_Y];
    const size_t steps = y->width / corpus->width[RD_Y];
    RD_TRY(copy_rows(loader, RD_X, loader->first, &loader->part[RD_X], sequences, error));
    for (size_t i = 0; i < sequences; i++)
        RD_TRY(rd_store_read(corpus->values[RD_Y], loader->first_y[i], steps, y->number + i * y->width, error));
    return RONDO_OK;
}

/* clang-format off */
static const form forms[] = {
    [RD_DATA_STREAM]     = {1, {{"x", RD_X}, {"y", RD_X}},                   stream_lengths,    stream_fill},
    [RD_DATA_LINES]      = {0, {{"x", RD_X}, {"y", RD_X}},                   line_lengths,      line_fill},
    [RD_DATA_NUMBERS]    = {0, {{"x", RD_X}, {"y", RD_Y}},                   number_lengths,    number_fill},
    [RD_DATA_TAGS]       = {0, {{"x", RD_X}, {"y", RD_Y}},                   record_lengths,    tag_fill},
    [RD_DATA_SERIES]     = {1, {{"x", RD_X}, {"y", RD_Y}},                   stream_lengths,    number_fill},
    [RD_DATA_CLASSES]    = {0, {{"x", RD_X}, {"y", RD_Y}},                   class_lengths,     class_fill},
    [RD_DATA_PAIRS]      = {0, {{"x", RD_X}, {"y", RD_Y}, {"target", RD_Y}}, decoder_lengths,   decoder_fill},
    [RD_DATA_FRAMES]     = {0, {{"x", RD_X}, {"y", RD_X}},                   record_lengths,    frame_fill},
    [RD_DATA_CONDITIONS] = {0, {{"x", RD_X}, {"y", RD_X}, {"c", RD_C}},      condition_lengths, condition_fill},
    [RD_DATA_WINDOWS]    = {0, {{"x", RD_X}, {"y", RD_Y}},                   window_lengths,    window_fill},
};
/* Pairs of which the second is aligned by the loss (CTC) and not read by a decoder. */
static const form aligned = {0, {{"x", RD_X}, {"y", RD_Y}}, class_lengths, class_fill};
/* clang-format on */

static const form *form_of(const rondo_loader *loader)
{
    const rd_corpus *corpus = loader->data->corpus;
    return rd_equal(corpus->task, "transcribe") ? &aligned : &forms[corpus->form];
}

/* ---- a batch */

static size_t sequences_in(const rondo_loader *loader, uint64_t batch)
{
    uint64_t before = batch * loader->batch_size;
    if (form_of(loader)->carries || loader->data->count - before >= loader->batch_size)
        return loader->batch_size;
    return (size_t)(loader->data->count - before);
}

/* Makes room in a block whose lengths are known. */
static rondo_status make_room(block *to, size_t sequences, rondo_error *error)
{
    size_t rows = 0, numbers;
    for (size_t i = 0; i < sequences; i++)
        if (!rd_add(rows, to->length[i], &rows)) return rd_fail(error, RONDO_LIMIT, "a batch has too many rows");
    if (!rd_mul(rows, rd_size_max(to->width, 1), &numbers))
        return rd_fail(error, RONDO_LIMIT, "a batch has too many numbers");
    if (to->width) return rd_grow(&to->number, &to->number_room, numbers, sizeof *to->number, "a batch", error);
    return rd_grow(&to->index, &to->index_room, rows, sizeof *to->index, "a batch", error);
}

static rondo_status put_part(block *from, const char *name, size_t sequences, rondo_batch *batch, rondo_error *error)
{
    size_t at = 0;
    for (size_t i = 0; i < sequences; i++) {
        from->symbols[i] = from->width ? NULL : from->index + at;
        from->values[i] = from->width ? from->number + at * from->width : NULL;
        at += from->length[i];
    }
    const rondo_sequences put = {.count = sequences,
                                 .length = from->length,
                                 .width = from->width,
                                 .values = from->width ? from->values : NULL,
                                 .symbols = from->width ? NULL : from->symbols};
    return rondo_batch_put(batch, name, &put, error);
}

/* Each target weighs what its class does. */
static rondo_status weigh(rondo_loader *loader, size_t sequences, rondo_batch *batch, rondo_error *error)
{
    const block *y = &loader->part[RD_Y];
    size_t rows = 0;
    if (!loader->class_weight) return RONDO_OK;
    for (size_t i = 0; i < sequences; i++)
        rows += y->length[i];
    RD_TRY(rd_grow(&loader->row_weight, &loader->row_weight_room, rows, sizeof *loader->row_weight, "a batch", error));
    for (size_t r = 0; r < rows; r++)
        loader->row_weight[r] = y->index[r] < 0 ? 0 : loader->class_weight[y->index[r]];
    for (size_t i = 0, at = 0; i < sequences; at += y->length[i], i++)
        loader->weight[i] = loader->row_weight + at;
    return rd_batch_weigh(batch, "y", loader->weight, error);
}

static rondo_status put_batch(rondo_loader *loader, size_t sequences, rondo_batch *batch, rondo_error *error)
{
    const form *f = form_of(loader);
    for (int k = 0; k < BLOCKS && f->part[k].name; k++)
        RD_TRY(put_part(&loader->part[k], f->part[k].name, sequences, batch, error));
    RD_TRY(rd_characters_put(&loader->characters, loader->data->corpus, loader->first, batch, error));
    RD_TRY(weigh(loader, sequences, batch, error));
    batch->first_sequence = (loader->epoch * loader->batches + loader->at) * loader->batch_size;
    for (size_t i = 0; i < sequences && (loader->at == 0 || !f->carries); i++)
        RD_TRY(rondo_batch_reset(batch, i, error));
    return RONDO_OK;
}

rondo_status rondo_loader_next(rondo_loader *loader, rondo_batch *batch, int *epoch_end, rondo_error *error)
{
    if (!loader || !batch)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_loader_next: %s is missing",
                       loader ? "batch" : "loader");
    if (!loader->training && loader->epoch > 0) return RONDO_NO;
    const form *f = form_of(loader);
    size_t sequences = sequences_in(loader, loader->at);
    RD_TRY(f->lengths(loader, sequences, error));
    for (int k = 0; k < BLOCKS && f->part[k].name; k++)
        RD_TRY(make_room(&loader->part[k], sequences, error));
    RD_TRY(f->fill(loader, sequences, error));
    RD_TRY(put_batch(loader, sequences, batch, error));
    int last = ++loader->at == loader->batches;
    if (last) {
        loader->at = 0;
        loader->epoch++;
    }
    if (epoch_end) *epoch_end = last;
    return RONDO_OK;
}

/* ---- making one */

/* Pieces no shorter than seq-len where the stream allows it. */
static size_t pieces_of(uint64_t count, size_t batch_size, size_t seq_len)
{
    uint64_t most = count / seq_len ? count / seq_len : 1;
    return most < batch_size ? (size_t)most : batch_size;
}

static uint64_t up(uint64_t count, uint64_t unit)
{
    return count / unit + (count % unit != 0);
}

static rondo_status allocate(rondo_loader *loader, rondo_error *error)
{
    const rd_corpus *corpus = loader->data->corpus;
    const form *f = form_of(loader);
    size_t n = loader->batch_size;
    for (int k = 0; k < BLOCKS && f->part[k].name; k++) {
        block *to = &loader->part[k];
        to->width = corpus->values[f->part[k].from] ? rd_data_width(loader->data, f->part[k].name) : 0;
        RD_TRY(rd_alloc(n, sizeof *to->length, "a loader", &to->length, error));
        RD_TRY(rd_alloc(n, sizeof *to->symbols, "a loader", &to->symbols, error));
        RD_TRY(rd_alloc(n, sizeof *to->values, "a loader", &to->values, error));
    }
    RD_TRY(rd_alloc(n, sizeof *loader->weight, "a loader", &loader->weight, error));
    RD_TRY(rd_alloc(n, sizeof *loader->first_y, "a loader", &loader->first_y, error));
    return rd_alloc(n, sizeof *loader->first, "a loader", &loader->first, error);
}

static rondo_status judge_size(const rondo_data *data, int training, rondo_error *error)
{
    int stream = rd_data_is_stream(data);
    uint64_t needed = training && stream ? 2 : 1;
    const rd_series_set *set = data->corpus->series;
    if (data->count >= needed) return RONDO_OK;
    if (set)
        return rd_fail(error, RONDO_BAD_DATA,
                       "%s: no window fits: %" PRIu64 " rows, windows of %zu (--seq-len) and the %zu after them (--horizon)",
                       rd_data_name(data, 0), data->corpus->rows, set->window, set->horizon);
    return rd_fail(error, RONDO_BAD_DATA,
                   "%s: too short for a batch: %" PRIu64 " %s, at least %" PRIu64 " needed",
                   rd_data_name(data, 0), data->count, stream ? "steps" : "records", needed);
}

static rondo_status set_up(rondo_loader *loader, const rondo_data *data, const rondo_options *options,
                           rondo_error *error)
{
    loader->batch_size = (size_t)rd_option_integer(options, RD_OPT_batch_size);
    loader->seq_len = (size_t)rd_option_integer(options, RD_OPT_seq_len);
    loader->seed = (uint64_t)rd_option_integer(options, RD_OPT_seed);
    if (loader->batch_size == 0 || loader->seq_len == 0)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "batch-size and seq-len are at least 1");
    RD_TRY(rd_data_view(data, &loader->data, error));
    if (form_of(loader)->carries) {
        loader->batch_size = pieces_of(data->count, loader->batch_size, loader->seq_len);
        loader->batches = up(piece_length(loader, 0), loader->seq_len);
    } else {
        loader->batch_size = data->count < loader->batch_size ? (size_t)data->count : loader->batch_size;
        loader->batches = up(data->count, loader->batch_size);
    }
    RD_TRY(allocate(loader, error));
    return loader->training ? rd_class_weights(loader->data, options, &loader->class_weight, error) : RONDO_OK;
}

rondo_status rondo_loader_new(const rondo_data *data, const rondo_options *options, int training,
                              rondo_loader **loader, rondo_error *error)
{
    if (!data || !options || !loader)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_loader_new: an argument is missing");
    rondo_loader *made = NULL;
    RD_TRY(judge_size(data, training, error));
    RD_TRY(rd_alloc(1, sizeof *made, "a loader", &made, error));
    made->training = training != 0;
    rondo_status status = set_up(made, data, options, error);
    if (status != RONDO_OK) {
        rondo_loader_free(made);
        return status;
    }
    *loader = made;
    return RONDO_OK;
}

void rondo_loader_free(rondo_loader *loader)
{
    if (!loader) return;
    for (int k = 0; k < BLOCKS; k++) {
        block *from = &loader->part[k];
        rd_free(from->length);
        rd_free(from->symbols);
        rd_free(from->values);
        rd_free(from->index);
        rd_free(from->number);
    }
    rd_characters_free(&loader->characters);
    rd_free(loader->first);
    rd_free(loader->first_y);
    rd_free(loader->class_weight);
    rd_free(loader->row_weight);
    rd_free(loader->weight);
    rondo_data_free(loader->data);
    rd_free(loader);
}

/* ---- where it stands */

void rd_loader_tell(const rondo_loader *loader, uint64_t *epoch, uint64_t *batch)
{
    *epoch = loader->epoch;
    *batch = loader->at;
}

rondo_status rd_loader_seek(rondo_loader *loader, uint64_t epoch, uint64_t batch, rondo_error *error)
{
    if (batch >= loader->batches)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "batch %" PRIu64 " of an epoch of %" PRIu64, batch,
                       loader->batches);
    loader->epoch = epoch;
    loader->at = batch;
    return RONDO_OK;
}

uint64_t rd_loader_batches(const rondo_loader *loader)
{
    return loader->batches;
}

size_t rd_loader_sequences(const rondo_loader *loader)
{
    return loader->batch_size;
}

int rd_loader_carries(const rondo_loader *loader)
{
    return form_of(loader)->carries;
}

static rondo_status place_of(const rondo_loader *loader, uint64_t epoch, uint64_t batch, size_t i,
                             rd_record_place place[2], rondo_error *error)
{
    if (form_of(loader)->carries) {
        uint64_t length = piece_length(loader, i), from = batch * loader->seq_len;
        uint64_t to = rd_size_min((size_t)length, (size_t)(from + loader->seq_len)) - 1;
        if (from >= length) from = to;
        RD_TRY(rd_data_stream_line(loader->data, piece_first(loader, i) + from, &place[0], error));
        return rd_data_stream_line(loader->data, piece_first(loader, i) + to, &place[1], error);
    }
    RD_TRY(rd_data_record(loader->data, record_at(loader, epoch, batch, i), &place[0], error));
    place[1] = place[0];
    return RONDO_OK;
}

rondo_status rd_loader_sequence(const rondo_loader *loader, uint64_t epoch, uint64_t batch, size_t i,
                                rd_record_place *place, rondo_error *error)
{
    rd_record_place both[2];
    if (batch >= loader->batches || i >= sequences_in(loader, batch))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "sequence %zu of batch %" PRIu64 " is not there", i, batch);
    RD_TRY(place_of(loader, epoch, batch, i, both, error));
    *place = both[0];
    return RONDO_OK;
}

rondo_status rd_loader_place(const rondo_loader *loader, uint64_t epoch, uint64_t batch, rd_text *text,
                             rondo_error *error)
{
    enum { SHOWN = 10 };
    const char *name = NULL;
    if (batch >= loader->batches)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "batch %" PRIu64 " of an epoch of %" PRIu64, batch,
                       loader->batches);
    size_t sequences = sequences_in(loader, batch);
    for (size_t i = 0; i < sequences && i < SHOWN; i++) {
        rd_record_place place[2];
        RD_TRY(place_of(loader, epoch, batch, i, place, error));
        if (!name || strcmp(name, place[0].name) != 0)
            rd_text_format(text, "%s%s:", name ? "; " : "", place[0].name);
        name = place[0].name;
        rd_text_format(text, " %" PRIu64, place[0].line);
        if (place[1].line > place[0].line) rd_text_format(text, "-%" PRIu64, place[1].line);
    }
    if (sequences > SHOWN) rd_text_format(text, " and %zu more", sequences - SHOWN);
    return rd_text_done(text, error);
}
