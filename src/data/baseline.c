/* Counts of pairs (context, symbol) in open tables, one pair of tables an order. Contexts are known by a
 * 64-bit mixture of their symbols: with a few million of them two that meet are not to be expected. */
#include "data/baseline.h"

#include "base/memory.h"
#include "base/numeric.h"
#include "base/size.h"

enum { PAIRS = 1 << 22, BLOCK = 4096 };

/* ---- a table from keys to counts */

typedef struct entry {
    uint64_t key; /* never 0 */
    uint32_t count, kinds;
} entry;

typedef struct table {
    entry *slot;
    size_t slots, used;
} table;

static uint64_t mix(uint64_t a, uint64_t b)
{
    uint64_t z = a * UINT64_C(0x9e3779b97f4a7c15) + b + UINT64_C(0x632be59bd9b4e019);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static entry *look(const table *in, uint64_t key)
{
    size_t i = (size_t)(key & (in->slots - 1));
    while (in->slot[i].key && in->slot[i].key != key)
        i = (i + 1) & (in->slots - 1);
    return &in->slot[i];
}

static const entry *find(const table *in, uint64_t key)
{
    static const entry none = {0};
    if (in->slots == 0) return &none;
    const entry *found = look(in, key | 1);
    return found->key ? found : &none;
}

static rondo_status widen(table *in, rondo_error *error)
{
    if (in->used * 2 < in->slots) return RONDO_OK;
    table wider = {.slots = in->slots ? in->slots * 2 : 1024, .used = in->used};
    RD_TRY(rd_alloc(wider.slots, sizeof *wider.slot, "the counts of a baseline", &wider.slot, error));
    for (size_t i = 0; i < in->slots; i++)
        if (in->slot[i].key) *look(&wider, in->slot[i].key) = in->slot[i];
    rd_free(in->slot);
    *in = wider;
    return RONDO_OK;
}

/* The entry of a key, made when new; NULL in *found when the table is full. */
static rondo_status make(table *in, uint64_t key, entry **found, rondo_error *error)
{
    RD_TRY(widen(in, error));
    *found = look(in, key | 1);
    if ((*found)->key) return RONDO_OK;
    if (in->used >= PAIRS) {
        *found = NULL;
        return RONDO_OK;
    }
    (*found)->key = key | 1;
    in->used++;
    return RONDO_OK;
}

/* ---- the model */

typedef struct model {
    int order;
    size_t symbols;
    uint64_t *single; /* [symbols] how often each was seen */
    uint64_t total, kinds;
    table pair[RD_BASELINE_MOST], context[RD_BASELINE_MOST]; /* of 1 … order symbols before */
} model;

typedef struct history { /* the symbols before, nearest first */
    int32_t symbol[RD_BASELINE_MOST];
} history;

static history begin(void)
{
    history fresh;
    for (int k = 0; k < RD_BASELINE_MOST; k++)
        fresh.symbol[k] = RD_SYMBOL_END;
    return fresh;
}

static void remember(history *past, int32_t symbol)
{
    for (int k = RD_BASELINE_MOST - 1; k > 0; k--)
        past->symbol[k] = past->symbol[k - 1];
    past->symbol[0] = symbol;
}

static rondo_status count_one(model *counts, const history *past, int32_t symbol, double *sum,
                              rondo_error *error)
{
    (void)sum;
    counts->kinds += counts->single[symbol]++ == 0;
    counts->total++;
    uint64_t key = 1;
    for (int k = 0; k < counts->order; k++) {
        entry *pair = NULL, *context = NULL;
        key = mix(key, (uint64_t)past->symbol[k]);
        RD_TRY(make(&counts->context[k], key, &context, error));
        if (context)
            RD_TRY(make(&counts->pair[k], mix(key, (uint64_t)symbol + (UINT64_C(1) << 40)), &pair, error));
        if (!pair || context->count == UINT32_MAX) continue;
        context->kinds += pair->count++ == 0;
        context->count++;
    }
    return RONDO_OK;
}

static rondo_status judge_one(model *counts, const history *past, int32_t symbol, double *sum,
                              rondo_error *error)
{
    (void)error;
    double kinds = (double)counts->kinds;
    double p =
        ((double)counts->single[symbol] + kinds / (double)counts->symbols) / ((double)counts->total + kinds);
    uint64_t key = 1;
    for (int k = 0; k < counts->order; k++) {
        key = mix(key, (uint64_t)past->symbol[k]);
        const entry *context = find(&counts->context[k], key);
        if (context->count == 0) break;
        const entry *pair = find(&counts->pair[k], mix(key, (uint64_t)symbol + (UINT64_C(1) << 40)));
        p = (pair->count + context->kinds * p) / ((double)context->count + context->kinds);
    }
    *sum -= rd_log64(p);
    return RONDO_OK;
}

/* ---- a walk over the data */

typedef rondo_status (*visit)(model *counts, const history *past, int32_t symbol, double *sum,
                              rondo_error *error);

static rondo_status walk_rows(model *counts, const rondo_data *data, uint64_t first, uint64_t rows,
                              history *past, visit each, double *sum, rondo_error *error)
{
    int32_t block[BLOCK];
    for (uint64_t done = 0; done < rows;) {
        size_t n = rows - done < BLOCK ? (size_t)(rows - done) : BLOCK;
        RD_TRY(rd_store_read(data->corpus->index[RD_X], first + done, n, block, error));
        for (size_t i = 0; i < n; i++) {
            RD_TRY(each(counts, past, block[i], sum, error));
            remember(past, block[i]);
        }
        done += n;
    }
    return RONDO_OK;
}

static rondo_status walk(model *counts, const rondo_data *data, visit each, double *sum, rondo_error *error)
{
    history past = begin();
    if (rd_data_form_of(data) == RD_DATA_STREAM)
        return walk_rows(counts, data, data->first, data->count, &past, each, sum, error);
    for (uint64_t k = 0; k < data->count; k++) {
        rd_record_place place;
        past = begin();
        RD_TRY(rd_data_record(data, k, &place, error));
        RD_TRY(walk_rows(counts, data, place.first, place.rows, &past, each, sum, error));
        RD_TRY(each(counts, &past, RD_SYMBOL_END, sum, error));
    }
    return RONDO_OK;
}

static rondo_status fit_and_judge(model *counts, const rondo_data *train, const rondo_data *data,
                                  double *nats, rondo_error *error)
{
    double sum = 0;
    RD_TRY(rd_alloc(counts->symbols, sizeof *counts->single, "the counts of a baseline", &counts->single,
                    error));
    RD_TRY(walk(counts, train, count_one, &sum, error));
    RD_TRY(walk(counts, data, judge_one, &sum, error));
    *nats = sum / (double)rd_data_targets(data);
    return RONDO_OK;
}

/* Symbols one after the other; a condition beside them is not looked at. */
static int is_text(const rondo_data *data)
{
    const rd_data_form form = rd_data_form_of(data);
    return form == RD_DATA_STREAM || form == RD_DATA_LINES || form == RD_DATA_CONDITIONS;
}

rondo_status rd_baseline_lm(const rondo_data *train, const rondo_data *data, int order,
                            double *nats_per_token, rondo_error *error)
{
    if (order < 0 || order > RD_BASELINE_MOST)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a baseline of order %d (0 to %d)", order,
                       RD_BASELINE_MOST);
    if (!is_text(train) || !is_text(data))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "this baseline is for language model data");
    if (rd_data_width(train, "x") != rd_data_width(data, "x"))
        return rd_fail(error, RONDO_BAD_ARGUMENT, "a baseline needs data of one vocabulary");
    if (rd_data_targets(data) == 0)
        return rd_fail(error, RONDO_BAD_DATA, "%s: no symbols to measure a baseline on",
                       rd_data_name(data, 0));
    model counts = {.order = order, .symbols = rd_data_width(train, "x")};
    rondo_status status = fit_and_judge(&counts, train, data, nats_per_token, error);
    rd_free(counts.single);
    for (int k = 0; k < RD_BASELINE_MOST; k++) {
        rd_free(counts.pair[k].slot);
        rd_free(counts.context[k].slot);
    }
    return status;
}
