/* Pieces of words: what is learned, how words are cut, that text comes back as it was, and what a file may
 * say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/memory.h"
#include "sequence/symbols_inside.h"

static rd_symbols *learned(const char *const *lines, size_t merges, uint64_t min_freq)
{
    const rd_symbols_rules rules = {.kind = RD_TOKENS_BPE, .min_freq = min_freq, .merges = merges};
    rd_symbols *symbols = NULL;
    assert_int_equal(rd_symbols_new(&rules, &symbols, NULL), RONDO_OK);
    for (; *lines; lines++)
        assert_int_equal(rd_symbols_count(symbols, *lines, strlen(*lines), NULL), RONDO_OK);
    assert_int_equal(rd_symbols_settle(symbols, NULL), RONDO_OK);
    return symbols;
}

static void encode(const rd_symbols *symbols, const char *line, rd_indices *out)
{
    size_t bad;
    out->count = out->unknown = 0;
    assert_int_equal(rd_symbols_encode(symbols, line, strlen(line), out, &bad, NULL), RONDO_OK);
    assert_int_equal(bad, strlen(line));
}

/* The pieces with a bar between them. */
static const char *cut(const rd_symbols *symbols, const char *line)
{
    static char out[1024];
    rd_indices indices = {0};
    size_t at = 0;
    encode(symbols, line, &indices);
    for (size_t i = 0; i < indices.count; i++) {
        size_t size;
        const char *text = rd_symbols_text(symbols, (size_t)indices.index[i], &size);
        at += (size_t)snprintf(out + at, sizeof out - at, "%s%.*s", i ? "|" : "", (int)size, text);
    }
    out[at] = 0;
    rd_indices_free(&indices);
    return out;
}

static void assert_returns(const rd_symbols *symbols, const char *line, const char *expected)
{
    rd_indices indices = {0};
    rd_text text = {0};
    encode(symbols, line, &indices);
    assert_int_equal(indices.unknown, 0);
    for (size_t i = 0; i < indices.count; i++)
        rd_symbols_decode(symbols, (size_t)indices.index[i], i == 0, &text);
    assert_string_equal(text.text ? text.text : "", expected);
    rd_text_free(&text);
    rd_indices_free(&indices);
}

/* low x 5, lower x 2, newest x 6, widest x 3: the example of Sennrich et al. 2016, with the blank in front.
 */
static const char *const paper[] = {
    "low low low low low lower lower newest newest newest newest newest newest", "widest widest widest",
    NULL};

static void the_commonest_pair_is_merged_first(void **state)
{
    (void)state;
    rd_symbols *symbols = learned(paper, 4, 1);
    static const char *const wholes[] = {"es", "est", " l", " lo"};
    assert_int_equal(rd_bpe_merges(symbols->bpe), 4);
    for (size_t i = 0; i < 4; i++) {
        size_t size;
        const char *text = rd_symbols_text(symbols, (size_t)rd_bpe_merge(symbols->bpe, i)->whole, &size);
        assert_int_equal(size, strlen(wholes[i]));
        assert_memory_equal(text, wholes[i], size);
    }
    assert_string_equal(cut(symbols, "lowest  slow"), " lo|w|est| |s|l|o|w");
    rd_symbols_free(symbols);
}

static void merging_ends_when_no_pair_stands_twice(void **state)
{
    (void)state;
    rd_symbols *symbols = learned((const char *[]){"ab ab cd", NULL}, 100, 1);
    assert_int_equal(rd_bpe_merges(symbols->bpe), 2); /* " a" and " ab"; the pairs of cd stand once */
    rd_symbols_free(symbols);
}

static void rare_characters_are_unknown_and_never_merged(void **state)
{
    (void)state;
    rd_symbols *symbols = learned((const char *[]){"ab ab ab xb xb", NULL}, 100, 3);
    rd_indices indices = {0};
    encode(symbols, "xb ab q", &indices);
    assert_int_equal(indices.unknown, 2);
    assert_int_equal(indices.index[1], RD_SYMBOL_UNKNOWN);
    assert_int_equal(rd_symbols_frequency(symbols, RD_SYMBOL_UNKNOWN), 2);
    rd_indices_free(&indices);
    rd_symbols_free(symbols);
}

static void a_literal_unk_is_the_unknown_symbol(void **state)
{
    (void)state;
    rd_symbols *symbols = learned((const char *[]){"a <unk> <unk> a", NULL}, 100, 1);
    assert_string_equal(cut(symbols, "<unk> a"), " |<unk>| a");
    rd_symbols_free(symbols);
}

static void places_are_those_of_the_text(void **state)
{
    (void)state;
    rd_symbols *symbols = learned(paper, 4, 1);
    rd_indices indices = {.keep_places = 1};
    encode(symbols, "low  newest", &indices);
    const size_t expected[] = {0, 2, 5, 5, 6, 7, 8};
    assert_int_equal(indices.count, 7); /* _lo w _ n e w est */
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(indices.start[i], expected[i]);
    rd_indices_free(&indices);
    rd_symbols_free(symbols);
}

/* ---- against the plain restatement of scripts/golden_bpe.py ---- */

typedef struct golden {
    char *bytes;
    char *line[1000];
    size_t lines;
} golden;

static void read_golden(golden *g)
{
    size_t size;
    assert_int_equal(rd_file_read(RD_SOURCE_DIR "/tests/golden/bpe.txt", 1 << 20, &g->bytes, &size, NULL),
                     RONDO_OK);
    g->lines = 0;
    for (char *at = g->bytes; at < g->bytes + size; at += strlen(at) + 1) {
        char *stop = strchr(at, '\n');
        *stop = 0;
        g->line[g->lines++] = at;
    }
}

static rd_symbols *learn_golden(const golden *g, size_t merges)
{
    const char *text[200];
    size_t count = 0;
    for (size_t i = 0; i < g->lines; i++)
        if (strncmp(g->line[i], "text\t", 5) == 0) text[count++] = g->line[i] + 5;
    text[count] = NULL;
    return learned(text, merges, 1);
}

static void assert_symbol(const rd_symbols *symbols, int32_t i, const char *text, size_t length)
{
    size_t size;
    const char *own = rd_symbols_text(symbols, (size_t)i, &size);
    assert_int_equal(size, length);
    assert_memory_equal(own, text, size);
}

static void merges_and_cuts_are_those_of_a_plain_program(void **state)
{
    (void)state;
    golden g;
    size_t merges = 0, words = 0;
    read_golden(&g);
    rd_symbols *symbols = learn_golden(&g, 1000000);
    for (size_t i = 0; i < g.lines; i++) {
        if (strncmp(g.line[i], "merge\t", 6) == 0) {
            const char *left = g.line[i] + 6, *right = strchr(left, '\t') + 1;
            assert_true(merges < rd_bpe_merges(symbols->bpe));
            const rd_merge *merge = rd_bpe_merge(symbols->bpe, merges++);
            assert_symbol(symbols, merge->left, left, (size_t)(right - 1 - left));
            assert_symbol(symbols, merge->right, right, strlen(right));
        } else if (strncmp(g.line[i], "cut\t", 4) == 0) {
            char expected[512] = "", *piece = strchr(g.line[i] + 4, '\t');
            *piece++ = 0;
            for (char *c = piece; *c; c++)
                *c = *c == '\t' ? '|' : *c;
            (void)snprintf(expected, sizeof expected, "%s", piece);
            assert_string_equal(cut(symbols, g.line[i] + 4), expected);
            words++;
        }
    }
    assert_int_equal(merges, rd_bpe_merges(symbols->bpe));
    assert_true(merges > 50 && words > 100);
    rd_symbols_free(symbols);
    rd_free(g.bytes);
}

/* ---- text comes back ---- */

static void lines_of_known_characters_come_back(void **state)
{
    (void)state;
    golden g;
    char line[4096];
    uint64_t seed = 5;
    read_golden(&g);
    for (size_t merges = 0; merges < 400; merges += 57) {
        rd_symbols *symbols = learn_golden(&g, merges);
        static const char *const some[] = {"a", "b", "c", "n", "o", "w", "é", "ß", "世", "界", " ", " "};
        for (int n = 0; n < 200; n++) {
            char expected[4096] = "";
            line[0] = 0;
            for (int k = 0; k < 40; k++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                const char *next = some[(seed >> 33) % 12];
                const size_t size = strlen(expected);
                strcat(line, next);
                if (*next != ' ' || (size && expected[size - 1] != ' ')) strcat(expected, next);
            }
            if (expected[0] && expected[strlen(expected) - 1] == ' ') expected[strlen(expected) - 1] = 0;
            assert_returns(symbols, line, expected);
        }
        rd_symbols_free(symbols);
    }
    rd_free(g.bytes);
}

static void words_of_any_length_come_back(void **state)
{
    (void)state;
    enum { LONG = 40000 };
    rd_symbols *symbols = learned((const char *[]){"aaaa abab baba bbbb", NULL}, 1000, 1);
    char *word = malloc(LONG + 1);
    uint64_t seed = 9;
    for (size_t i = 0; i < LONG; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        word[i] = (char)('a' + (seed >> 40 & 1));
    }
    word[LONG] = 0;
    assert_returns(symbols, word, word);
    assert_returns(symbols, word, word); /* remembered */
    free(word);
    rd_symbols_free(symbols);
}

/* ---- as text ---- */

static void a_written_vocabulary_reads_back_equal(void **state)
{
    (void)state;
    golden g;
    rd_text text = {0}, again = {0}, why = {0};
    rd_symbols *read;
    read_golden(&g);
    rd_symbols *symbols = learn_golden(&g, 60);
    assert_int_equal(rd_symbols_write(symbols, &text, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_read(text.text, text.size, "v", &read, NULL), RONDO_OK);
    assert_int_equal(rd_symbols_write(read, &again, NULL), RONDO_OK);
    assert_string_equal(text.text, again.text);
    assert_true(rd_symbols_hash(read) == rd_symbols_hash(symbols));
    assert_null(rd_symbols_difference(read, symbols, &why));
    rd_symbols *fewer = learn_golden(&g, 59);
    assert_non_null(rd_symbols_difference(fewer, symbols, &why));
    assert_returns(read, "banana newest", "banana newest");
    rd_symbols_free(fewer);
    rd_symbols_free(read);
    rd_symbols_free(symbols);
    rd_text_free(&text);
    rd_text_free(&again);
    rd_text_free(&why);
    rd_free(g.bytes);
}

static void damaged_merges_are_refused_with_their_line(void **state)
{
    (void)state;
#define HEAD(n, m)                                                                                           \
    "tokens = bpe\nlowercase = no\nnormalize = none\nmin-freq = 1\nmax-vocab = 0\nsymbols = " n              \
    "\nmerges = " m "\n\n"
    static const struct {
        const char *text, *says;
    } bad[] = {
        {HEAD("3", "1") " \na\n a\n", "v:12: the vocabulary ends after 0 of 1 merges"},
        {HEAD("3", "1") " \na\n a\n2 3\n2 3\n", "v:13: text after the last of 1 merges"},
        {HEAD("3", "2") " \na\n a\n2 3\n2 3\n", "v:13: expected two symbols that make a third"},
        {HEAD("3", "1") " \na\n a\n3 2\n", "v:12: expected two symbols"},
        {HEAD("3", "1") " \na\n a\n2 5\n", "v:12: expected two symbols"},
        {HEAD("3", "1") " \na\n a\n1 3\n", "v:12: expected two symbols"},
        {HEAD("3", "1") " \na\n a\n23\n", "v:12: expected two symbols"},
        {HEAD("1", "0") "a\n", "v:9: the blank that begins words is none"},
        {HEAD("2", "0") " \na b\n", "v:10: more than one symbol"},
        {HEAD("2", "0") " \n  a\n", "v:10: more than one symbol"},
        {HEAD("2", "0") " \n \n", "v:10: a symbol that came before"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        rondo_error error;
        rd_symbols *symbols = NULL;
        assert_int_equal(rd_symbols_read(bad[i].text, strlen(bad[i].text), "v", &symbols, &error),
                         RONDO_BAD_MODEL);
        if (!strstr(error.message, bad[i].says)) fail_msg("%zu: %s", i, error.message);
        assert_null(symbols);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_commonest_pair_is_merged_first),
        cmocka_unit_test(merging_ends_when_no_pair_stands_twice),
        cmocka_unit_test(rare_characters_are_unknown_and_never_merged),
        cmocka_unit_test(a_literal_unk_is_the_unknown_symbol),
        cmocka_unit_test(places_are_those_of_the_text),
        cmocka_unit_test(merges_and_cuts_are_those_of_a_plain_program),
        cmocka_unit_test(lines_of_known_characters_come_back),
        cmocka_unit_test(words_of_any_length_come_back),
        cmocka_unit_test(a_written_vocabulary_reads_back_equal),
        cmocka_unit_test(damaged_merges_are_refused_with_their_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
