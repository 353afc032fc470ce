/* Tasks that can be made: what a network must remember is known, so it is known whether it does. Every record
 * is a function of (seed, its number). */
#include "data/synth.h"

#include "base/numeric.h"
#include "base/rng.h"
#include "base/text.h"
#include "data/dinos.h"
#include "data/reber.h"
#include "options/options.h"

#include <inttypes.h>

typedef struct recipe { /* what one record is made from */
    rd_key key;
    uint64_t number;
    size_t length;
} recipe;

static void add_number(rd_text *text, double value)
{
    char number[32];
    rd_print_float((float)value, number);
    rd_text_put(text, number);
}

/* Hochreiter and Schmidhuber's adding task: two marked values, one in each half, and their sum at the end. */
static void write_adding(const recipe *r, rd_text *text)
{
    size_t half = r->length / 2;
    size_t one = (size_t)rd_random_below(r->key, 0, half);
    size_t two = half + (size_t)rd_random_below(r->key, 1, r->length - half);
    float sum = 0;
    for (size_t t = 0; t < r->length; t++) {
        float value = (float)rd_random_uniform(r->key, 2 + t);
        int marked = t == one || t == two;
        sum += marked ? value : 0;
        rd_text_format(text, "%" PRIu64 ",", r->number);
        add_number(text, (double)value);
        rd_text_format(text, ",%d,", marked);
        if (t + 1 == r->length) add_number(text, (double)sum);
        rd_text_add(text, "\n", 1);
    }
}

/* Ten symbols of eight, `length` blanks of which the last is a sign, ten blanks more; the answer is blank
 * until the sign, then the ten symbols. */
static void write_copy(const recipe *r, rd_text *text)
{
    enum { SYMBOLS = 8, KEPT = 10 };
    char kept[KEPT];
    for (size_t t = 0; t < KEPT; t++)
        kept[t] = (char)('a' + rd_random_below(r->key, t, SYMBOLS));
    for (size_t t = 0; t < r->length + 2 * KEPT; t++) {
        char symbol = t < KEPT ? kept[t] : t + 1 == r->length + KEPT ? '?' : '_';
        char answer = t >= r->length + KEPT ? kept[t - r->length - KEPT] : '_';
        rd_text_format(text, "%c\t%c\n", symbol, answer);
    }
    rd_text_add(text, "\n", 1);
}

static void write_reber(const recipe *r, rd_text *text)
{
    char string[256];
    size_t most = r->length < sizeof string ? r->length : sizeof string;
    rd_text_add(text, string, rd_reber_write(r->key, string, most));
    rd_text_add(text, "\n", 1);
}

/* Two kinds of brackets, balanced, at most `length` of them. */
static void write_brackets(const recipe *r, rd_text *text)
{
    enum { DEEPEST = 64 };
    static const char open[] = "([", closed[] = ")]";
    unsigned char stack[DEEPEST];
    size_t depth = 0, left = 2 + 2 * (size_t)rd_random_below(r->key, 0, r->length / 2);
    for (uint64_t turn = 1; left > 0; turn += 2, left--) {
        int may_open = depth < DEEPEST && depth < left;
        int opens = depth == 0 || (may_open && rd_random_below(r->key, turn, 2));
        if (opens) {
            stack[depth] = (unsigned char)rd_random_below(r->key, turn + 1, 2);
            rd_text_add(text, &open[stack[depth++]], 1);
        } else {
            rd_text_add(text, &closed[stack[--depth]], 1);
        }
    }
    rd_text_add(text, "\n", 1);
}

/* A sine of random frequency and phase; the target is the next value. */
static void write_sine(const recipe *r, rd_text *text)
{
    const double turn = 6.283185307179586;
    double period = 8 + 24 * rd_random_uniform(r->key, 0), phase = turn * rd_random_uniform(r->key, 1);
    for (size_t t = 0; t < r->length; t++) {
        rd_text_format(text, "%" PRIu64 ",", r->number);
        add_number(text, rd_cos64(phase + turn * (double)t / period));
        rd_text_add(text, ",", 1);
        add_number(text, rd_cos64(phase + turn * (double)(t + 1) / period));
        rd_text_add(text, "\n", 1);
    }
}

static void write_name(const recipe *r, rd_text *text)
{
    rd_text_format(text, "%s\n", rd_dinos[r->number % RD_DINOS]);
}

/* clang-format off */
static const struct synth {
    const char *name, *help, *header;
    size_t length, shortest, longest, count; /* count and length when not given; range of length */
    void (*write)(const recipe *r, rd_text *text);
} synths[] = {
    {"adding",   "CSV: the sum of two marked values, --length steps (200)",  "group,value,marker,target\n", 200, 2, 1000000, 1000, write_adding},
    {"copy",     "tags: ten symbols come back after --length steps (100)",   "",                            100, 1, 1000000, 1000, write_copy},
    {"reber",    "lines: strings of the embedded Reber grammar",             "",                            200, 10, 256, 1000, write_reber},
    {"brackets", "lines: balanced brackets of two kinds, at most --length (40)", "",                        40, 2, 1000000, 1000, write_brackets},
    {"sine",     "CSV: sines of random period, the next value is the target", "group,value,target\n",       100, 1, 1000000, 100, write_sine},
    {"names",    "lines: the 1,543 names of the demo",                       "",                            1, 0, SIZE_MAX, RD_DINOS, write_name},
};
/* clang-format on */
enum { SYNTHS = sizeof synths / sizeof *synths };

const char *rd_synth_name(size_t i)
{
    return i < SYNTHS ? synths[i].name : NULL;
}

const char *rd_synth_help(size_t i)
{
    return i < SYNTHS ? synths[i].help : NULL;
}

static const struct synth *by_name(const char *name, size_t *row)
{
    for (*row = 0; *row < SYNTHS; ++*row)
        if (rd_equal(synths[*row].name, name)) return &synths[*row];
    return NULL;
}

static rondo_status send(rd_text *text, rondo_sink sink, void *user, rondo_error *error)
{
    RD_TRY(rd_text_done(text, error));
    if (text->size && sink(user, text->text, text->size) != 0)
        return rd_fail(error, RONDO_SYSTEM, "the synthetic data could not be written");
    rd_text_clear(text);
    return RONDO_OK;
}

static rondo_status write_all(const struct synth *synth, size_t row, recipe *r, uint64_t count, uint64_t seed,
                              rd_text *text, rondo_sink sink, void *user, rondo_error *error)
{
    rd_text_put(text, synth->header);
    for (r->number = 0; r->number < count; r->number++) {
        r->key = rd_key_of(seed, RD_STREAM_SYNTH, r->number, row);
        synth->write(r, text);
        RD_TRY(send(text, sink, user, error));
    }
    return send(text, sink, user, error);
}

rondo_status rondo_data_synth(const char *name, const rondo_options *options, rondo_sink sink, void *user,
                              rondo_error *error)
{
    size_t row;
    if (!name || !options || !sink)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "rondo_data_synth: an argument is missing");
    const struct synth *synth = by_name(name, &row);
    if (!synth) {
        rd_fail(error, RONDO_BAD_ARGUMENT, "there is no synthetic task %s", rd_quote(name).text);
        rd_hint(error, "there are adding, copy, reber, brackets, sine and names");
        return RONDO_BAD_ARGUMENT;
    }
    recipe r = {.length = synth->length};
    uint64_t count = synth->count;
    if (rd_option_is_set(options, RD_OPT_length))
        r.length = (size_t)rd_option_integer(options, RD_OPT_length);
    if (rd_option_is_set(options, RD_OPT_count)) count = (uint64_t)rd_option_integer(options, RD_OPT_count);
    if (r.length < synth->shortest || r.length > synth->longest)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--length %zu is out of range for %s (%zu..%zu)", r.length,
                       synth->name, synth->shortest, synth->longest);
    rd_text text = {0};
    uint64_t seed = (uint64_t)rd_option_integer(options, RD_OPT_seed);
    rondo_status status = write_all(synth, row, &r, count, seed, &text, sink, user, error);
    rd_text_free(&text);
    return status;
}
