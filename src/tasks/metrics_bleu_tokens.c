/* The tokenisation of mteval-v13a.pl as sacreBLEU states it: a few replacements over the whole line, one
 * after the other. Every pattern looks at ASCII only, so bytes will do: what follows or precedes in UTF-8 is
 * never a digit. */
#include "tasks/metrics_bleu.h"

#include <string.h>

/* Replaces every `from`, left to right. */
static void replace(const rd_text *in, const char *from, const char *to, rd_text *out)
{
    size_t size = strlen(from);
    for (size_t at = 0; at < in->size;) {
        if (in->size - at >= size && memcmp(in->text + at, from, size) == 0) {
            rd_text_put(out, to);
            at += size;
        } else {
            rd_text_add(out, in->text + at++, 1);
        }
    }
}

/* ---- the four patterns */

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int is_stop(char c)
{
    return c == '.' || c == ',';
}

/* ASCII punctuation without ' , - . */
static int is_parted(char c)
{
    return (c >= '{' && c <= '~') || (c >= '[' && c <= '`') || (c >= ' ' && c <= '&') ||
           (c >= '(' && c <= '+') || (c >= ':' && c <= '@') || c == '/';
}

static void part_punctuation(const rd_text *in, rd_text *out)
{
    for (size_t i = 0; i < in->size; i++) {
        int parted = is_parted(in->text[i]);
        if (parted) rd_text_put(out, " ");
        rd_text_add(out, in->text + i, 1);
        if (parted) rd_text_put(out, " ");
    }
}

/* A pair of neighbours that fits becomes before FIRST between SECOND after; the search goes on behind the
 * pair. */
typedef struct pair_rule {
    int (*first)(char c), (*second)(char c);
    const char *before, *between, *after;
} pair_rule;

static int is_other(char c)
{
    return !is_digit(c);
}

static int is_dash(char c)
{
    return c == '-';
}

static const pair_rule pair_rules[] = {
    {is_other, is_stop, "", " ", " "}, /* a stop or comma that no digit precedes */
    {is_stop, is_other, " ", " ", ""}, /* one that no digit follows */
    {is_digit, is_dash, "", " ", " "}, /* a dash behind a digit */
};

static void part_pairs(const pair_rule *rule, const rd_text *in, rd_text *out)
{
    for (size_t i = 0; i < in->size; i++) {
        if (i + 1 == in->size || !rule->first(in->text[i]) || !rule->second(in->text[i + 1])) {
            rd_text_add(out, in->text + i, 1);
            continue;
        }
        rd_text_put(out, rule->before);
        rd_text_add(out, in->text + i++, 1);
        rd_text_put(out, rule->between);
        rd_text_add(out, in->text + i, 1);
        rd_text_put(out, rule->after);
    }
}

/* ---- white space, as Python's split has it */

/* Bytes of the space at the front of text, 0 when there is none. */
static size_t space_length(const char *text, size_t size)
{
    /* U+0085, U+00A0, U+1680, U+2000…200A, U+2028, U+2029, U+202F, U+205F, U+3000 */
    static const char *const wide[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
                                       "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};
    unsigned char c = (unsigned char)text[0];
    if (c == ' ' || (c >= 0x09 && c <= 0x0d) || (c >= 0x1c && c <= 0x1f)) return 1;
    if (c < 0x80) return 0;
    for (size_t i = 0; i < sizeof wide / sizeof *wide; i++) {
        size_t length = strlen(wide[i]);
        if (size >= length && memcmp(text, wide[i], length) == 0) return length;
    }
    int en_quad_on = size >= 3 && memcmp(text, "\xe2\x80", 2) == 0;
    return en_quad_on && (unsigned char)text[2] >= 0x80 && (unsigned char)text[2] <= 0x8a ? 3 : 0;
}

static void put_words(const char *text, size_t size, rd_text *out)
{
    size_t words = 0;
    for (size_t at = 0; at < size;) {
        size_t space = space_length(text + at, size - at), end = at;
        if (space > 0) {
            at += space;
            continue;
        }
        while (end < size && space_length(text + end, size - end) == 0)
            end++;
        if (words++ > 0) rd_text_put(out, " ");
        rd_text_add(out, text + at, end - at);
        at = end;
    }
}

/* ---- both */

/* What was written is read next; a failure stays. */
static void turn(rd_text *now, rd_text *next)
{
    rd_text read = *now;
    *now = *next;
    now->failed |= read.failed;
    *next = read;
    next->size = 0;
}

/* Line to words: each pass reads `now` and writes `next`. */
static void tokenize_13a(const char *line, size_t size, rd_text *out)
{
    static const char *const entity[][2] = {
        {"<skipped>", ""}, {"&quot;", "\""}, {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}};
    rd_text now = {0}, next = {0};
    rd_text_put(&now, " ");
    rd_text_add(&now, line, size);
    rd_text_put(&now, " ");
    for (size_t i = 0; i < sizeof entity / sizeof *entity; i++) {
        replace(&now, entity[i][0], entity[i][1], &next);
        turn(&now, &next);
    }
    part_punctuation(&now, &next);
    turn(&now, &next);
    for (size_t i = 0; i < sizeof pair_rules / sizeof *pair_rules; i++) {
        part_pairs(&pair_rules[i], &now, &next);
        turn(&now, &next);
    }
    put_words(now.text ? now.text : "", now.size, out);
    out->failed |= now.failed;
    rd_text_free(&now);
    rd_text_free(&next);
}

void rd_bleu_tokenize(rd_bleu_tokens tokens, const char *line, size_t size, rd_text *out)
{
    if (tokens == RD_BLEU_13A)
        tokenize_13a(line, size, out);
    else
        put_words(line, size, out);
}
