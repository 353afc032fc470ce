/* Writing and parsing a line by one table of fields. The parser is our own because a plot of a million lines
 * has to be ready in a second: it keeps its place in the table, and the fields of a line come in the table's
 * order. */
#include "formats/metrics_line.h"

#include <math.h>
#include <string.h>

typedef enum kind {
    NUMBER = 0, /* null and "nonfinite":true when it is not finite */
    ABSENT = 1, /* a number that is left out when it is NaN */
    COUNT = 2,  /* the same, a whole number */
    FLAG = 3,
    TEXT = 4 /* left out when NULL */
} kind;

typedef struct field {
    const char *name;
    size_t size, offset;
    kind kind;
    unsigned events; /* bit e: lines of event e have it */
} field;

#define ON(event) (1u << RD_METRICS_##event)
#define ROW(name, kind, events)                                                                              \
    {                                                                                                        \
#name, sizeof #name - 1, offsetof(rd_metrics_line, name), kind, events                               \
    }
/* clang-format off */
static const field fields[] = {
    ROW(epoch,             COUNT,  ON(STEP)),
    ROW(loss,              NUMBER, ON(STEP)),
    ROW(rows,              NUMBER, ON(STEP)),
    ROW(grad_norm,         NUMBER, ON(STEP)),
    ROW(rate,              NUMBER, ON(STEP)),
    ROW(seconds,           NUMBER, ON(STEP)),
    ROW(total_steps,       COUNT,  ON(START)),
    ROW(memory,            COUNT,  ON(START)),
    ROW(loss_unit,         TEXT,   ON(START)),
    ROW(train_loss,        NUMBER, ON(EVAL) | ON(END)),
    ROW(valid_loss,        NUMBER, ON(EVAL)),
    ROW(best_loss,         ABSENT, ON(EVAL) | ON(END)),
    ROW(best_step,         COUNT,  ON(EVAL) | ON(END)),
    ROW(improved,          FLAG,   ON(EVAL)),
    ROW(seconds_trained,   ABSENT, ON(EVAL) | ON(END)),
    ROW(tokens_per_second, ABSENT, ON(EVAL)),
    ROW(input_wait,        ABSENT, ON(EVAL)),
    ROW(text,              TEXT,   ON(START) | ON(CHECKPOINT) | ON(WARNING) | ON(END)),
    ROW(time,              ABSENT, ON(START) | ON(EVAL) | ON(CHECKPOINT) | ON(WARNING) | ON(END)),
};
/* clang-format on */
enum { FIELDS = sizeof fields / sizeof *fields, DEEPEST = 64 };

static const char *const events[] = {"start", "step", "eval", "checkpoint", "warning", "end"};

/* ---- writing */

static double number_of(const rd_metrics_line *line, const field *f)
{
    double value;
    memcpy(&value, (const char *)line + f->offset, sizeof value);
    return value;
}

static const char *text_of(const rd_metrics_line *line, const field *f)
{
    return f->offset == offsetof(rd_metrics_line, text) ? line->text : line->loss_unit;
}

static void put_string(const char *text, rd_text *out)
{
    size_t size = strlen(text);
    rd_text_put(out, "\"");
    for (size_t at = 0; at < size;) {
        unsigned char first = (unsigned char)text[at];
        size_t length = rd_utf8_length((const unsigned char *)text + at, size - at);
        if (first == '"' || first == '\\')
            rd_text_format(out, "\\%c", first);
        else if (length == 0)
            rd_text_put(out, "\\ufffd");
        else if (first < 0x20 || first == 0x7f)
            rd_text_format(out, "\\u%04x", (unsigned)first);
        else
            rd_text_add(out, text + at, length);
        at += length ? length : 1;
    }
    rd_text_put(out, "\"");
}

static void put_count(uint64_t count, rd_text *out)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    rd_text_add(out, digits + at, sizeof digits - at);
}

static void put_number(const field *f, double value, int *nonfinite, rd_text *out)
{
    char number[40];
    if (!isfinite(value)) {
        rd_text_put(out, "null");
        *nonfinite = 1;
    } else if (f->kind == COUNT && value >= 0 && value < 18446744073709549568.0) {
        put_count((uint64_t)value, out);
    } else {
        rd_print_double(value, number);
        rd_text_put(out, number);
    }
}

/* Their names are this program's own: letters, digits and underlines. */
static void put_metrics(const rondo_metrics *metrics, int *nonfinite, rd_text *out)
{
    static const field any = {.kind = NUMBER};
    for (size_t i = 0; metrics && i < metrics->count; i++) {
        rd_text_format(out, ",\"%s\":", metrics->metric[i].name);
        put_number(&any, metrics->metric[i].value, nonfinite, out);
    }
}

void rd_metrics_write(const rd_metrics_line *line, rd_text *out)
{
    int nonfinite = 0;
    rd_text_put(out, "{\"schema\":1,\"event\":\"");
    rd_text_put(out, events[line->event]);
    rd_text_put(out, "\",\"step\":");
    put_count(line->step, out);
    for (size_t i = 0; i < FIELDS; i++) {
        const field *f = &fields[i];
        if (!(f->events >> line->event & 1) || (f->kind == TEXT && !text_of(line, f)) ||
            ((f->kind == ABSENT || f->kind == COUNT) && isnan(number_of(line, f))))
            continue;
        rd_text_put(out, ",\"");
        rd_text_add(out, f->name, f->size);
        rd_text_put(out, "\":");
        if (f->kind == TEXT)
            put_string(text_of(line, f), out);
        else if (f->kind == FLAG)
            rd_text_put(out, line->improved ? "true" : "false");
        else
            put_number(f, number_of(line, f), &nonfinite, out);
    }
    if (line->event == RD_METRICS_EVAL) put_metrics(line->metrics, &nonfinite, out);
    rd_text_put(out, nonfinite ? ",\"nonfinite\":true}\n" : "}\n");
}

/* ---- parsing */

typedef struct scan {
    const char *at, *end;
    const char *wrong; /* NULL while all is well */
} scan;

static int fail(scan *s, const char *wrong)
{
    s->wrong = wrong;
    return 0;
}

static char peek(scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
    return *(s->at < s->end ? s->at : "");
}

static int expect(scan *s, char sign, const char *wrong)
{
    if (peek(s) != sign) return fail(s, wrong);
    s->at++;
    return 1;
}

/* The raw bytes between two quotes. */
static int parse_string(scan *s, const char **text, size_t *size)
{
    if (!expect(s, '"', "expected a string")) return 0;
    *text = s->at;
    while (s->at < s->end && *s->at != '"') {
        if ((unsigned char)*s->at < 0x20) return fail(s, "a control character in a string");
        s->at += *s->at == '\\' ? 2 : 1;
    }
    if (s->at >= s->end) {
        s->at = s->end;
        return fail(s, "a string without end");
    }
    *size = (size_t)(s->at - *text);
    s->at++;
    return 1;
}

static size_t parse_digits(scan *s, uint64_t *mantissa, int *dropped)
{
    const char *first = s->at;
    for (; s->at < s->end && *s->at >= '0' && *s->at <= '9'; s->at++) {
        if (*mantissa < 1000000000000000000u)
            *mantissa = *mantissa * 10 + (uint64_t)(*s->at - '0');
        else
            (*dropped)++;
    }
    return (size_t)(s->at - first);
}

static double scaled(uint64_t mantissa, int exponent)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)mantissa;
    for (; exponent > 22 && value > 0 && isfinite(value); exponent -= 22)
        value *= powers[22];
    for (; exponent < -22 && value > 0; exponent += 22)
        value /= powers[22];
    if (value > 0 && isfinite(value))
        value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    return value;
}

static int parse_number(scan *s, double *value)
{
    uint64_t mantissa = 0, digits = 0;
    int dropped = 0, negative = s->at < s->end && *s->at == '-', ignored = 0;
    s->at += negative;
    if (parse_digits(s, &mantissa, &dropped) == 0) return fail(s, "expected a number");
    int exponent = dropped;
    if (s->at < s->end && *s->at == '.') {
        s->at++;
        dropped = 0;
        size_t places = parse_digits(s, &mantissa, &dropped);
        if (places == 0) return fail(s, "expected a digit");
        exponent -= places < 4096 ? (int)places - dropped : 4096;
    }
    if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
        s->at++;
        int down = s->at < s->end && *s->at == '-';
        s->at += s->at < s->end && (*s->at == '-' || *s->at == '+');
        if (parse_digits(s, &digits, &ignored) == 0) return fail(s, "expected a digit");
        int size = digits < 4096 ? (int)digits : 4096;
        exponent += down ? -size : size;
    }
    *value = negative ? -scaled(mantissa, exponent) : scaled(mantissa, exponent);
    return 1;
}

static int parse_word(scan *s, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(s->end - s->at) < size || memcmp(s->at, word, size) != 0) return 0;
    s->at += size;
    return 1;
}

/* Passes over a list or an object of a later version. */
static int skip_nested(scan *s)
{
    int depth = 0;
    const char *text;
    size_t size;
    do {
        char sign = peek(s);
        if (sign == 0) return fail(s, "a list or object without end");
        if (sign == '"') {
            if (!parse_string(s, &text, &size)) return 0;
            continue;
        }
        depth += sign == '{' || sign == '[';
        depth -= sign == '}' || sign == ']';
        s->at++;
        if (depth > DEEPEST) return fail(s, "nested too deeply");
    } while (depth > 0);
    return 1;
}

typedef struct value {
    char type; /* 'n' number (NaN for null), 's' string, 'b' truth, 'x' something nested */
    double number;
    const char *text;
    size_t size;
} value;

static int parse_value(scan *s, value *v)
{
    char sign = peek(s);
    *v = (value){'n', (double)NAN, NULL, 0};
    if (sign == '"') {
        v->type = 's';
        return parse_string(s, &v->text, &v->size);
    }
    if (sign == '-' || (sign >= '0' && sign <= '9')) return parse_number(s, &v->number);
    if (parse_word(s, "null")) return 1;
    int yes = parse_word(s, "true");
    if (yes || parse_word(s, "false")) {
        v->type = 'b';
        v->number = yes;
        return 1;
    }
    v->type = 'x';
    return sign == '{' || sign == '[' ? skip_nested(s) : fail(s, "expected a value");
}

/* Puts a value where its field says; an unknown name is passed over. */
static int keep_value(scan *s, const char *name, size_t size, const value *v, size_t *place,
                      rd_metrics_line *line)
{
    for (size_t tried = 0; tried < FIELDS; tried++) {
        const field *f = &fields[(*place + tried) % FIELDS];
        if (f->size != size || memcmp(f->name, name, size) != 0) continue;
        *place += tried + 1;
        if (f->kind == FLAG || f->kind == TEXT) {
            if (v->type != (f->kind == FLAG ? 'b' : 's'))
                return fail(s, f->kind == FLAG ? "expected true or false" : "expected a string");
            if (f->kind == FLAG)
                line->improved = v->number > 0;
            else if (f->offset == offsetof(rd_metrics_line, text))
                line->text = v->text, line->text_size = v->size;
            else
                line->loss_unit = v->text, line->loss_unit_size = v->size;
            return 1;
        }
        if (v->type != 'n') return fail(s, "expected a number");
        memcpy((char *)line + f->offset, &v->number, sizeof v->number);
        return 1;
    }
    return 1;
}

static rd_metrics_line empty_line(void)
{
    rd_metrics_line line = {.event = RD_METRICS_OTHER};
    const double none = (double)NAN;
    for (size_t i = 0; i < FIELDS; i++) {
        if (fields[i].kind != FLAG && fields[i].kind != TEXT)
            memcpy((char *)&line + fields[i].offset, &none, sizeof none);
    }
    return line;
}

enum { SEEN_SCHEMA = 1, SEEN_EVENT = 2, SEEN_STEP = 4, SEEN_ALL = 7 };

/* The three fields that every line has; gives the one it was, or 0. −1: it is wrong. */
static int keep_common(scan *s, const char *name, size_t size, const value *v, rd_metrics_line *line)
{
    if (size == 4 && memcmp(name, "step", 4) == 0) {
        if (v->type != 'n' || !(v->number >= 0 && v->number <= 9007199254740992.0))
            return fail(s, "expected a whole number of steps") - 1;
        line->step = (uint64_t)v->number;
        return SEEN_STEP;
    }
    if (size == 6 && memcmp(name, "schema", 6) == 0)
        return v->type == 'n' && v->number >= 1 && v->number <= 1 ? SEEN_SCHEMA
                                                                  : fail(s, "expected schema 1") - 1;
    if (size != 5 || memcmp(name, "event", 5) != 0) return 0;
    if (v->type != 's') return fail(s, "expected the name of an event") - 1;
    for (unsigned e = 0; e < RD_METRICS_OTHER; e++) {
        if (strlen(events[e]) == v->size && memcmp(events[e], v->text, v->size) == 0)
            line->event = (rd_metrics_event)e;
    }
    return SEEN_EVENT;
}

static int parse_line(scan *s, rd_metrics_line *line)
{
    const char *name;
    size_t size, place = 0;
    int seen = 0;
    value v;
    if (!expect(s, '{', "expected a JSON object")) return 0;
    for (int more = peek(s) != '}'; more; more = peek(s) == ',') {
        s->at += *s->at == ',';
        if (!parse_string(s, &name, &size) || !expect(s, ':', "expected ':'")) return 0;
        (void)peek(s);
        const char *start = s->at;
        if (!parse_value(s, &v)) return 0;
        const char *behind = s->at;
        s->at = start; /* what is said against a value points at it */
        int common = keep_common(s, name, size, &v, line);
        if (common < 0 || (common == 0 && !keep_value(s, name, size, &v, &place, line))) return 0;
        s->at = behind;
        seen |= common;
    }
    if (!expect(s, '}', "expected ',' or '}'")) return 0;
    if (peek(s) != 0 || s->at < s->end) return fail(s, "something stands behind the object");
    return seen == SEEN_ALL ? 1 : fail(s, "expected \"schema\", \"event\" and \"step\"");
}

int rd_metrics_parse(const char *text, size_t size, rd_metrics_line *line, size_t *column, const char **wrong)
{
    scan s = {text, text + size, NULL};
    *line = empty_line();
    if (parse_line(&s, line)) return 1;
    *column = (size_t)(s.at - text) + 1;
    *wrong = s.wrong;
    return 0;
}
