/* Pieces of a line: blanks around them, words in them, two of them as a record. */
#include "data/fields.h"

#include <inttypes.h>
#include <string.h>

int rd_is_gap(char c)
{
    return c == ' ' || c == '\t';
}

rd_field rd_field_trim(rd_field field)
{
    while (field.size && rd_is_gap(*field.text))
        field.text++, field.size--;
    while (field.size && rd_is_gap(field.text[field.size - 1]))
        field.size--;
    return field;
}

static char small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int rd_field_is(rd_field field, const char *word)
{
    if (strlen(word) != field.size) return 0;
    for (size_t i = 0; i < field.size; i++)
        if (small(field.text[i]) != small(word[i])) return 0;
    return 1;
}

rd_field rd_field_word(rd_field *rest)
{
    rd_field word = rd_field_trim(*rest);
    const char *end = word.text + word.size;
    size_t size = 0;
    while (size < word.size && !rd_is_gap(word.text[size]))
        size++;
    if (size == 0) return (rd_field){0};
    *rest = (rd_field){word.text + size, (size_t)(end - word.text) - size};
    return (rd_field){word.text, size};
}

char rd_field_sign(const rondo_options *options, char usual, const char **name)
{
    static const struct {
        const char *name;
        char sign;
    } signs[] = {{"tab", '\t'}, {"space", ' '}, {"comma", ','}, {"semicolon", ';'}};
    const size_t count = sizeof signs / sizeof *signs;
    size_t i = 0;
    while (i < count && !rd_option_is(options, RD_OPT_sep, signs[i].name))
        i++;
    for (size_t k = 0; i == count && k < count; k++)
        if (signs[k].sign == usual) i = k;
    *name = i < count ? signs[i].name : "separator";
    return i < count ? signs[i].sign : usual;
}

rondo_status rd_field_by_number(const rd_opening *opening, const rd_input *input, int64_t *number, rondo_error *error)
{
    const char *by = rd_option_text(opening->options, RD_OPT_by);
    if (rd_parse_integer(by, strlen(by), number) && *number != 0) return RONDO_OK;
    return rd_fail(error, RONDO_BAD_ARGUMENT, "--by %s: what stands in %s has numbers, no names (1 the first, -1 the last)",
                   rd_quote(by).text, input->source->name);
}

rondo_status rd_field_by(rd_opening *opening, const rd_input *input, rd_field line, char sign, rd_field *value, rondo_error *error)
{
    int64_t number, columns = 1;
    *value = (rd_field){line.text, 0};
    if (!opening->corpus->group) return RONDO_OK;
    RD_TRY(rd_field_by_number(opening, input, &number, error));
    for (size_t i = 0; i < line.size; i++)
        columns += line.text[i] == sign;
    const int64_t wanted = number > 0 ? number : columns + 1 + number;
    if (wanted < 1 || wanted > columns) {
        rd_bad_place(&opening->bad, "%s:%zu:%zu: there is no column %lld for --by (%lld columns)", input->source->name, input->number,
                     line.size + 1, (long long)number, (long long)columns);
        *value = (rd_field){0};
        return RONDO_OK;
    }
    rd_field rest = line;
    for (int64_t k = 1; k <= wanted; k++) {
        const char *end = memchr(rest.text, sign, rest.size);
        *value = (rd_field){rest.text, end ? (size_t)(end - rest.text) : rest.size};
        if (end) rest = (rd_field){end + 1, rest.size - value->size - 1};
    }
    return RONDO_OK;
}

void rd_pair_names(rd_data_form form, const char **first, const char **second)
{
    *first = form == RD_DATA_CLASSES ? "label" : form == RD_DATA_CONDITIONS ? "condition" : "source";
    *second = form == RD_DATA_CLASSES ? "text" : form == RD_DATA_CONDITIONS ? "sequence" : "target";
}

int rd_pair_first(rd_data_form form)
{
    return form == RD_DATA_CLASSES ? RD_Y : form == RD_DATA_CONDITIONS ? RD_C : RD_X;
}

/* A condition is read by the network, so there is none for one that training never saw. */
static int is_strange_condition(rd_opening *opening, uint64_t line, rd_field first)
{
    const rd_corpus *corpus = opening->corpus;
    if (corpus->form != RD_DATA_CONDITIONS || opening->counting || !opening->closed[RD_C] ||
        rd_symbols_find(corpus->symbols[RD_C], first.text, first.size) >= 0)
        return 0;
    rd_bad_place(&opening->bad, "%s:%" PRIu64 ": the condition %s is none of those that the model knows",
                 corpus->file[corpus->files - 1].name, line, rd_quote_n(first.text, first.size).text);
    return 1;
}

rondo_status rd_pair_put(rd_opening *opening, uint64_t line, rd_field first, rd_field second, rondo_error *error)
{
    const rd_data_form form = opening->corpus->form;
    if (is_strange_condition(opening, line, first)) return rd_opening_pass_over(opening, line, error);
    RD_TRY(rd_opening_record(opening, line, error));
    if (form == RD_DATA_PAIRS) {
        RD_TRY(rd_opening_text(opening, RD_X, first.text, first.size, error));
        return second.text ? rd_opening_text(opening, RD_Y, second.text, second.size, error) : RONDO_OK;
    }
    RD_TRY(rd_opening_label(opening, rd_pair_first(form), first.text, first.size, error));
    return rd_opening_text(opening, RD_X, second.text, second.size, error);
}

int rd_field_accepts(rd_opening *opening, const rd_input *input, int part, rd_field field, size_t line, size_t column)
{
    const rd_symbols *symbols = opening->corpus->symbols[part];
    if (symbols && rd_symbols_rules_of(symbols)->kind == RD_TOKENS_BYTE) return 1;
    const size_t good = rd_utf8_check((const unsigned char *)field.text, field.size);
    const char *zero = memchr(field.text, 0, good);
    const size_t at = zero ? (size_t)(zero - field.text) : good;
    if (at == field.size) return 1;
    if (zero)
        rd_bad_place(&opening->bad, "%s:%zu:%zu: a NUL byte (text is expected; --tokens byte takes any byte)",
                     input->source->name, line, column + at);
    else
        rd_bad_place(&opening->bad, "%s:%zu:%zu: byte 0x%02x is not UTF-8", input->source->name, line, column + at,
                     (unsigned)(unsigned char)field.text[at]);
    return 0;
}
