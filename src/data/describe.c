/* The data check: what was read, told before anything is learned from it. First the facts, then one of two
 * ways to write them. */
#include "base/hash.h"
#include "base/memory.h"
#include "base/size.h"
#include "base/text.h"
#include "data/series.h"
#include "data/tag_schemes.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTHS = 65536, HASHES = 1 << 20, LABELS_SHOWN = 20, FILES_SHOWN = 10 };

typedef struct hashes { /* of records; when there are very many, of a share of them */
    uint64_t *hash;
    size_t count, room;
    uint64_t stride; /* one in so many is kept */
} hashes;

typedef struct span {
    float least, most;
} span;

typedef struct facts {
    const rondo_data *data, *valid;
    uint64_t *lengths; /* [LENGTHS] records of each length, longer ones in the last */
    uint64_t shortest, median, p99, longest;
    uint64_t duplicates, shared;
    int about;       /* the two are estimates */
    span *column;    /* [width of x] */
    const rd_symbols *labels; /* of the targets or conditions, or NULL */
    uint64_t *label;          /* [labels] how often each stands there */
} facts;

/* ---- records as hashes */

/* bytes: [room], at least one row of either part. */
static rondo_status hash_record(const rondo_data *data, uint64_t k, unsigned char *bytes, size_t room, uint64_t *hash,
                                rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    uint64_t chain[2] = {0, 0};
    for (int part = RD_X; part < RD_CORPUS_PARTS; part++) {
        const rd_store *store = corpus->index[part] ? corpus->index[part] : corpus->values[part];
        size_t item = corpus->index[part] ? sizeof(int32_t) : corpus->width[part] * sizeof(float);
        rd_rows rows;
        if (!store) continue;
        RD_TRY(rd_data_rows(data, k, part, &rows, error));
        chain[1] = rows.count;
        chain[0] = rd_fnv1a(chain, sizeof chain);
        for (uint64_t done = 0; done < rows.count;) {
            size_t n = rd_size_min(room / item, (size_t)(rows.count - done));
            RD_TRY(rd_store_read(store, rows.first + done, n, bytes, error));
            chain[1] = rd_fnv1a(bytes, n * item);
            chain[0] = rd_fnv1a(chain, sizeof chain);
            done += n;
        }
    }
    *hash = chain[0];
    return RONDO_OK;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t *one = a, *other = b;
    return (*one > *other) - (*one < *other);
}

static rondo_status hash_all(const rondo_data *data, unsigned char *bytes, size_t room, hashes *made,
                             rondo_error *error)
{
    for (uint64_t k = 0; k < data->count; k++) {
        uint64_t hash = 0;
        RD_TRY(hash_record(data, k, bytes, room, &hash, error));
        if (hash % made->stride) continue;
        RD_TRY(rd_grow(&made->hash, &made->room, made->count + 1, sizeof *made->hash, "a data check", error));
        made->hash[made->count++] = hash;
    }
    if (made->count) qsort(made->hash, made->count, sizeof *made->hash, by_value);
    return RONDO_OK;
}

static rondo_status hash_records(const rondo_data *data, uint64_t stride, hashes *made, rondo_error *error)
{
    const rd_corpus *corpus = data->corpus;
    size_t room = 4096 + rd_size_max(corpus->width[RD_X], corpus->width[RD_Y]) * sizeof(float);
    unsigned char *bytes = NULL;
    made->stride = stride;
    RD_TRY(rd_alloc(room, 1, "a data check", &bytes, error));
    rondo_status status = hash_all(data, bytes, room, made, error);
    rd_free(bytes);
    return status;
}

/* Of a share of the records, only how many differ is a sound estimate: one that stands there a thousand times
 * is in the share with all its copies or not at all. */
static uint64_t repeated(const hashes *in, uint64_t records)
{
    uint64_t distinct = in->count > 0;
    for (size_t i = 1; i < in->count; i++)
        distinct += in->hash[i] != in->hash[i - 1];
    distinct *= in->stride;
    return distinct < records ? records - distinct : 0;
}

static uint64_t in_both(const hashes *in, const hashes *other, uint64_t records)
{
    uint64_t found = 0;
    for (size_t i = 0; i < other->count; i++)
        found +=
            in->count && bsearch(&other->hash[i], in->hash, in->count, sizeof *in->hash, by_value) != NULL;
    return other->count ? (uint64_t)((double)records * (double)found / (double)other->count + 0.5) : 0;
}

static rondo_status compare_records(facts *f, rondo_error *error)
{
    hashes own = {0}, other = {0};
    uint64_t most = f->data->count;
    if (f->valid && f->valid->count > most) most = f->valid->count;
    uint64_t stride = most / HASHES + 1;
    rondo_status status = hash_records(f->data, stride, &own, error);
    if (status == RONDO_OK && f->valid) status = hash_records(f->valid, stride, &other, error);
    f->duplicates = repeated(&own, f->data->count);
    f->shared = f->valid ? in_both(&own, &other, f->valid->count) : 0;
    f->about = stride > 1;
    rd_free(own.hash);
    rd_free(other.hash);
    return status;
}

/* ---- lengths, columns, labels */

static uint64_t quantile(const facts *f, double share)
{
    uint64_t wanted = (uint64_t)(share * (double)(f->data->count - 1)), before = 0;
    for (size_t length = 0; length < LENGTHS; length++) {
        before += f->lengths[length];
        if (before > wanted) return length;
    }
    return f->longest;
}

static rondo_status measure_lengths(facts *f, rondo_error *error)
{
    RD_TRY(rd_alloc(LENGTHS, sizeof *f->lengths, "a data check", &f->lengths, error));
    f->shortest = UINT64_MAX;
    for (uint64_t k = 0; k < f->data->count; k++) {
        rd_record_place place;
        RD_TRY(rd_data_record(f->data, k, &place, error));
        f->lengths[place.rows < LENGTHS ? place.rows : LENGTHS - 1]++;
        f->shortest = place.rows < f->shortest ? place.rows : f->shortest;
        f->longest = place.rows > f->longest ? place.rows : f->longest;
    }
    f->median = quantile(f, 0.5);
    f->p99 = quantile(f, 0.99);
    return RONDO_OK;
}

/* Widens the spans of the columns by rows; `first` 1: there were none before. */
static void widen(span *column, const float *row, size_t rows, size_t width, int first)
{
    for (size_t i = 0; i < rows; i++, row += width)
        for (size_t c = 0; c < width; c++) {
            column[c].least = first && i == 0 ? row[c] : fminf(column[c].least, row[c]);
            column[c].most = first && i == 0 ? row[c] : fmaxf(column[c].most, row[c]);
        }
}

static rondo_status measure_columns(facts *f, rondo_error *error)
{
    const rd_corpus *corpus = f->data->corpus;
    float *block = NULL;
    const size_t width = corpus->width[RD_X], rows = 1 + 16384 / width;
    RD_TRY(rd_alloc(width, sizeof *f->column, "a data check", &f->column, error));
    RD_TRY(rd_alloc(rows * width, sizeof *block, "a data check", &block, error));
    rondo_status status = RONDO_OK;
    for (uint64_t i = 0; i < corpus->rows && status == RONDO_OK; i += rows) {
        const size_t n = corpus->rows - i < rows ? (size_t)(corpus->rows - i) : rows;
        status = rd_store_read(corpus->values[RD_X], i, n, block, error);
        if (status == RONDO_OK) widen(f->column, block, n, width, i == 0);
    }
    rd_free(block);
    return status;
}

/* The part whose symbols are labels, or RD_X: there is none. */
static int label_part(const rondo_data *data)
{
    for (int part = RD_Y; part < RD_CORPUS_PARTS; part++) {
        const rd_symbols *symbols = data->corpus->symbols[part];
        if (symbols && rd_symbols_rules_of(symbols)->kind == RD_TOKENS_LABEL) return part;
    }
    return RD_X;
}

static rondo_status count_labels(facts *f, rondo_error *error)
{
    const int part = label_part(f->data);
    if (part == RD_X) return RONDO_OK;
    f->labels = f->data->corpus->symbols[part];
    RD_TRY(rd_alloc(rd_symbols_size(f->labels) + 1, sizeof *f->label, "a data check", &f->label, error));
    for (uint64_t k = 0; k < f->data->count; k++) {
        rd_rows rows;
        RD_TRY(rd_data_rows(f->data, k, part, &rows, error));
        for (uint64_t i = 0; i < rows.count; i++) {
            int32_t label = -1;
            RD_TRY(rd_store_read(f->data->corpus->index[part], rows.first + i, 1, &label, error));
            if (label >= 0) f->label[label]++;
        }
    }
    return RONDO_OK;
}

static rondo_status gather(facts *f, rondo_error *error)
{
    if (f->data->corpus->values[RD_X]) RD_TRY(measure_columns(f, error));
    if (rd_data_is_stream(f->data)) return RONDO_OK;
    RD_TRY(measure_lengths(f, error));
    if (f->data->corpus->series) return RONDO_OK; /* windows overlap */
    RD_TRY(compare_records(f, error));
    return count_labels(f, error);
}

/* ---- as text */

static void put_columns(const char *title, const rd_columns *columns, rd_text *text)
{
    if (columns->count == 0) return;
    rd_text_format(text, "%-11s", title);
    for (size_t i = 0; i < columns->count; i++)
        rd_text_format(text, "%s%s", i ? ", " : "", rd_quote(columns->name[i]).text);
    rd_text_put(text, "\n");
}

static size_t best_label(const facts *f, uint64_t below, size_t after)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < rd_symbols_size(f->labels); i++) {
        uint64_t n = f->label[i];
        int later = n < below || (n == below && i > after);
        if (n > 0 && later && (best == SIZE_MAX || n > f->label[best])) best = i;
    }
    return best;
}

static void put_labels(const facts *f, rd_text *text)
{
    uint64_t below = UINT64_MAX;
    size_t label = 0;
    rd_text_format(text, "%-11s", "labels");
    for (int shown = 0; shown < LABELS_SHOWN && (label = best_label(f, below, label)) != SIZE_MAX; shown++) {
        size_t size;
        const char *name = rd_symbols_text(f->labels, label, &size);
        rd_text_format(text, "%s%s %" PRIu64, shown ? ", " : "", rd_quote_n(name, size).text,
                       f->label[label]);
        below = f->label[label];
    }
    rd_text_put(text, "\n");
}

static void put_constant(const facts *f, rd_text *text)
{
    const rd_columns *columns = &f->data->corpus->columns[RD_X];
    for (size_t i = 0; i < columns->count; i++)
        if (f->column[i].least >= f->column[i].most)
            rd_text_format(text, "constant   %s is always %g\n", rd_quote(columns->name[i]).text,
                           (double)f->column[i].least);
}

static void put_targets(const facts *f, rd_text *text)
{
    const rd_corpus *corpus = f->data->corpus;
    uint64_t unknown = corpus->unknown[RD_Y];
    if (rd_part_rows(corpus->form, RD_Y) == RD_ROWS_NONE || !corpus->symbols[RD_Y]) return;
    if (!f->labels)
        rd_text_format(text, "targets of %zu symbols, unknown and end included; %" PRIu64 " unknown\n",
                       rd_symbols_size(corpus->symbols[RD_Y]), unknown);
    else if (unknown)
        rd_text_format(text, "unknown    %" PRIu64 " targets have labels that training did not have\n", unknown);
}

static void put_symbols(const facts *f, rd_text *text)
{
    const rondo_data *data = f->data;
    if (!rd_data_symbols(data, "x")) return;
    uint64_t rows = data->corpus->rows, unknown = rd_data_unknown(data, "x");
    rd_text_format(text, "vocabulary %zu symbols, unknown and end included\n", rd_data_width(data, "x"));
    rd_text_format(text, "unknown    %" PRIu64 " of %" PRIu64 " symbols (%.3g %%)\n", unknown, rows,
                   rows ? 100.0 * (double)unknown / (double)rows : 0.0);
}

static void put_records(const facts *f, rd_text *text)
{
    const char *about = f->about ? "about " : "";
    rd_text_format(text, "records    %" PRIu64 "\n", f->data->count);
    rd_text_format(text, "lengths    min %" PRIu64 ", median %" PRIu64 ", p99 %" PRIu64 ", max %" PRIu64 "\n",
                   f->shortest, f->median, f->p99, f->longest);
    rd_text_format(text, "duplicates %s%" PRIu64 " records equal an earlier one\n", about, f->duplicates);
    if (f->valid)
        rd_text_format(text,
                       "shared     %s%" PRIu64 " of %" PRIu64 " validation records stand in training too\n",
                       about, f->shared, f->valid->count);
}

static void put_series(const facts *f, rd_text *text)
{
    const rd_corpus *corpus = f->data->corpus;
    const rd_series_set *set = corpus->series;
    char step[48] = "not timed";
    if (set->timed) rd_step_name(set->step, step);
    rd_text_format(text, "series     %zu, %" PRIu64 " rows, %s", set->count, corpus->rows, step);
    if (set->gaps)
        rd_text_format(text, ", %" PRIu64 " %s filled with %" PRIu64 " %s", set->gaps, set->gaps == 1 ? "gap" : "gaps",
                       set->filled, set->filled == 1 ? "row" : "rows");
    if (set->missing) rd_text_format(text, ", %" PRIu64 " values that are no numbers", set->missing);
    rd_text_format(text, "\nwindows    %" PRIu64 " of %zu rows, each with the %zu %s after it\n", f->data->count, set->window,
                   set->horizon, set->horizon == 1 ? "row" : "rows");
}

static void as_text(const facts *f, rd_text *text)
{
    const rd_corpus *corpus = f->data->corpus;
    for (size_t i = 0; i < rd_size_min(corpus->files, FILES_SHOWN); i++)
        rd_text_format(text, "file       %s: %" PRIu64 " bytes, %" PRIu64 " lines, read as %s\n",
                       rd_quote(corpus->file[i].name).text, corpus->file[i].bytes, corpus->file[i].lines,
                       corpus->reader);
    if (corpus->files > FILES_SHOWN) rd_text_format(text, "           and %zu files more\n", corpus->files - FILES_SHOWN);
    rd_text_format(text, "targets    %" PRIu64 "\n", rd_data_targets(f->data));
    if (f->valid) rd_text_format(text, "validation %" PRIu64 " targets\n", rd_data_targets(f->valid));
    if (f->valid && f->labels && f->valid->corpus != f->data->corpus && f->valid->corpus->unknown[RD_Y])
        rd_text_format(text, "unseen     %" PRIu64 " of these have labels that training does not have, and count as wrong\n",
                       f->valid->corpus->unknown[RD_Y]);
    put_symbols(f, text);
    put_targets(f, text);
    if (corpus->series)
        put_series(f, text);
    else if (!rd_data_is_stream(f->data))
        put_records(f, text);
    put_columns("inputs", &corpus->columns[RD_X], text);
    put_columns("targets of", &corpus->columns[RD_Y], text);
    put_columns("not read", &corpus->unused, text);
    if (f->column) put_constant(f, text);
    if (f->label) put_labels(f, text);
    if (corpus->schemes)
        rd_text_format(text, "entities   %s%s\n", rd_scheme_name(corpus->schemes),
                       corpus->schemes & RD_SEEN_IOB1 ? " (--scheme bio learns them as IOB2)" : "");
    if (corpus->cut) rd_text_format(text, "cut        %" PRIu64 " records to --max-length\n", corpus->cut);
    if (corpus->skipped)
        rd_text_format(text, "skipped    %" PRIu64 " bad places\n%s\n", corpus->skipped,
                       corpus->skipped_places.text);
}

/* ---- as JSON */

static void json_text(rd_text *text, const char *bytes, size_t size)
{
    rd_text_put(text, "\"");
    for (size_t i = 0; i < size;) {
        size_t length = rd_utf8_length((const unsigned char *)bytes + i, size - i);
        unsigned char c = (unsigned char)bytes[i];
        if (length == 0)
            rd_text_put(text, "\\ufffd");
        else if (c == '"' || c == '\\')
            rd_text_format(text, "\\%c", c);
        else if (c < 0x20)
            rd_text_format(text, "\\u%04x", c);
        else
            rd_text_add(text, bytes + i, length);
        i += length ? length : 1;
    }
    rd_text_put(text, "\"");
}

static void json_number(rd_text *text, const char *name, uint64_t value)
{
    rd_text_format(text, ",\"%s\":%" PRIu64, name, value);
}

static void json_columns(rd_text *text, const char *title, const rd_columns *columns)
{
    rd_text_format(text, ",\"%s\":[", title);
    for (size_t i = 0; i < columns->count; i++) {
        rd_text_put(text, i ? "," : "");
        json_text(text, columns->name[i], strlen(columns->name[i]));
    }
    rd_text_put(text, "]");
}

static void json_labels(const facts *f, rd_text *text)
{
    int shown = 0;
    rd_text_put(text, ",\"labels\":{");
    for (size_t i = 0; i < rd_symbols_size(f->labels); i++) {
        size_t size;
        const char *name = rd_symbols_text(f->labels, i, &size);
        if (f->label[i] == 0) continue;
        rd_text_put(text, shown++ ? "," : "");
        json_text(text, name, size);
        rd_text_format(text, ":%" PRIu64, f->label[i]);
    }
    rd_text_put(text, "}");
}

static void json_records(const facts *f, rd_text *text)
{
    rd_text_format(text,
                   ",\"lengths\":{\"min\":%" PRIu64 ",\"median\":%" PRIu64 ",\"p99\":%" PRIu64
                   ",\"max\":%" PRIu64 "}",
                   f->shortest, f->median, f->p99, f->longest);
    json_number(text, "duplicates", f->duplicates);
    if (f->valid) json_number(text, "shared", f->shared);
    rd_text_format(text, ",\"estimated\":%s", f->about ? "true" : "false");
}

static void json_series(const rd_series_set *set, rd_text *text)
{
    char step[32] = "";
    if (set->timed) rd_step_write(set->step, step);
    json_number(text, "series", set->count);
    rd_text_format(text, ",\"frequency\":\"%s\"", step);
    json_number(text, "gaps", set->gaps);
    json_number(text, "filled", set->filled);
    json_number(text, "missing", set->missing);
    json_number(text, "window", set->window);
    json_number(text, "horizon", set->horizon);
}

static void as_json(const facts *f, rd_text *text)
{
    const rd_corpus *corpus = f->data->corpus;
    rd_text_format(
        text,
        "{\"schema\":1,\"event\":\"data\",\"task\":\"%s\",\"reader\":\"%s\",\"sha256\":\"%s\",\"files\":[",
        corpus->task, corpus->reader, corpus->hash);
    for (size_t i = 0; i < corpus->files; i++) {
        rd_text_put(text, i ? ",{\"name\":" : "{\"name\":");
        json_text(text, corpus->file[i].name, strlen(corpus->file[i].name));
        rd_text_format(text, ",\"bytes\":%" PRIu64 ",\"lines\":%" PRIu64 "}", corpus->file[i].bytes,
                       corpus->file[i].lines);
    }
    rd_text_put(text, "]");
    json_number(text, rd_data_is_stream(f->data) ? "steps" : "records", f->data->count);
    json_number(text, "targets", rd_data_targets(f->data));
    if (f->valid) json_number(text, "valid_targets", rd_data_targets(f->valid));
    if (rd_data_symbols(f->data, "x")) {
        json_number(text, "vocabulary", rd_data_width(f->data, "x"));
        json_number(text, "unknown", rd_data_unknown(f->data, "x"));
    }
    if (corpus->series) json_series(corpus->series, text);
    else if (!rd_data_is_stream(f->data)) json_records(f, text);
    if (f->column) {
        json_columns(text, "inputs", &corpus->columns[RD_X]);
        json_columns(text, "target_columns", &corpus->columns[RD_Y]);
        json_columns(text, "unused", &corpus->unused);
    }
    if (f->label) json_labels(f, text);
    if (f->data->corpus->schemes) rd_text_format(text, ",\"entities\":\"%s\"", rd_scheme_name(f->data->corpus->schemes));
    json_number(text, "cut", corpus->cut);
    json_number(text, "skipped", corpus->skipped);
    rd_text_put(text, "}\n");
}

rondo_status rondo_data_describe(const rondo_data *data, const rondo_data *valid, int json, rondo_sink sink,
                                 void *user, rondo_error *error)
{
    if (!data || !sink)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_describe: %s is missing",
                       data ? "sink" : "data");
    facts f = {.data = data, .valid = valid};
    rd_text text = {0};
    rondo_status status = gather(&f, error);
    if (status == RONDO_OK) {
        (json ? as_json : as_text)(&f, &text);
        status = rd_text_done(&text, error);
    }
    if (status == RONDO_OK && sink(user, text.text, text.size) != 0)
        status = rd_fail(error, RONDO_SYSTEM, "the description of the data could not be written");
    rd_text_free(&text);
    rd_free(f.lengths);
    rd_free(f.column);
    rd_free(f.label);
    return status;
}
