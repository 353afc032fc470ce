/* An entity is found in any of the schemes by where it begins and where it ends, and written again in another. */
#include "data/tag_schemes.h"

#include <string.h>

/* 'B' of "B-PER"; 0 for a tag that is no entity's. */
static char letter(rd_field tag)
{
    return tag.size > 1 && tag.text[1] == '-' && strchr("BIESLU", tag.text[0]) ? tag.text[0] : 0;
}

static int is_one_of(char c, const char *letters)
{
    return c && strchr(letters, c) != NULL;
}

static int same_type(rd_field one, rd_field other)
{
    return one.size == other.size && memcmp(one.text + 2, other.text + 2, one.size - 2) == 0;
}

static int begins(const rd_field *tag, size_t i)
{
    const char own = letter(tag[i]), before = i ? letter(tag[i - 1]) : 0;
    if (!own) return 0;
    return is_one_of(own, "BSU") || !before || is_one_of(before, "ESLU") || !same_type(tag[i], tag[i - 1]);
}

static int ends(const rd_field *tag, size_t count, size_t i)
{
    return is_one_of(letter(tag[i]), "ESLU") || i + 1 == count || !letter(tag[i + 1]) || begins(tag, i + 1);
}

rd_scheme rd_scheme_of(const rondo_options *options)
{
    if (rd_option_is(options, RD_OPT_scheme, "bio")) return RD_SCHEME_BIO;
    if (rd_option_is(options, RD_OPT_scheme, "bilou")) return RD_SCHEME_BILOU;
    return rd_option_is(options, RD_OPT_scheme, "bioes") ? RD_SCHEME_BIOES : RD_SCHEME_RAW;
}

void rd_scheme_put(rd_scheme scheme, const rd_field *tag, size_t count, size_t i, rd_text *text)
{
    static const char letters[][2][2] = {[RD_SCHEME_BIO] = {{'I', 'I'}, {'B', 'B'}}, /* [begins][ends] */
                                         [RD_SCHEME_BIOES] = {{'I', 'E'}, {'B', 'S'}},
                                         [RD_SCHEME_BILOU] = {{'I', 'L'}, {'B', 'U'}}};
    if (scheme == RD_SCHEME_RAW || !letter(tag[i])) {
        rd_text_add(text, tag[i].text, tag[i].size);
        return;
    }
    rd_text_add(text, &letters[scheme][begins(tag, i)][ends(tag, count, i)], 1);
    rd_text_add(text, tag[i].text + 1, tag[i].size - 1);
}

void rd_scheme_see(const rd_field *tag, size_t count, unsigned *seen)
{
    for (size_t i = 0; i < count; i++) {
        const char own = letter(tag[i]);
        if (own) *seen |= RD_SEEN_ENTITY;
        if (own == 'I' && (i == 0 || !letter(tag[i - 1]))) *seen |= RD_SEEN_IOB1;
        if (is_one_of(own, "ES")) *seen |= RD_SEEN_BIOES;
        if (is_one_of(own, "LU")) *seen |= RD_SEEN_BILOU;
    }
}

const char *rd_scheme_name(unsigned seen)
{
    if (!seen) return NULL;
    if (seen & RD_SEEN_BILOU) return seen & RD_SEEN_BIOES ? "BIOES and BILOU" : "BILOU";
    return seen & RD_SEEN_BIOES ? "BIOES" : seen & RD_SEEN_IOB1 ? "IOB1" : "IOB2";
}
