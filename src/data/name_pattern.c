#include "data/name_pattern.h"

#include <string.h>

static rondo_status bad_pattern(const char *pattern, const char *what, const char *name, rondo_error *error)
{
    return rd_fail(error, RONDO_BAD_ARGUMENT, "--label-pattern %s: %s%s (as {label}_{speaker}_{index}.wav)", rd_quote(pattern).text, what, name);
}

static rondo_status check(const char *pattern, const char *name, rondo_error *error)
{
    int found = 0;
    for (const char *at = pattern; *at; at++) {
        if (*at == '}') return bad_pattern(pattern, "a } without its {", "", error);
        if (*at != '{') continue;
        const size_t size = strcspn(at + 1, "{}");
        if (at[size + 1] != '}' || size == 0) return bad_pattern(pattern, "a { without a name and its }", "", error);
        if (at[size + 2] == '{') return bad_pattern(pattern, "nothing stands between two fields", "", error);
        found |= strlen(name) == size && memcmp(at + 1, name, size) == 0;
        at += size + 1;
    }
    return found ? RONDO_OK : bad_pattern(pattern, "there is no field ", rd_quote(name).text, error);
}

/* The end of the path that has as many folders as the pattern. */
static rd_field tail_of(rd_field path, const char *pattern)
{
    size_t from = path.size, folders = 0;
    for (const char *at = pattern; *at; at++)
        folders += *at == '/';
    while (from > 0 && (path.text[from - 1] != '/' || folders-- > 0))
        from--;
    return (rd_field){path.text + from, path.size - from};
}

/* Where `size` characters stand first in the text behind its first character, or NULL; the last of a pattern stand at the end. */
static const char *find(rd_field text, const char *what, size_t size)
{
    if (!what[size])
        return text.size > size && memcmp(text.text + text.size - size, what, size) == 0 ? text.text + text.size - size : NULL;
    for (size_t i = 1; i + size <= text.size; i++)
        if (memcmp(text.text + i, what, size) == 0) return text.text + i;
    return NULL;
}

/* 1 when the whole text fits; *value is the field then. */
static int fit(const char *pattern, rd_field text, const char *name, rd_field *value)
{
    while (*pattern) {
        const size_t plain = strcspn(pattern, "{");
        if (plain > text.size || memcmp(pattern, text.text, plain) != 0) return 0;
        pattern += plain;
        text = (rd_field){text.text + plain, text.size - plain};
        if (!*pattern) break;
        const char *field = pattern + 1;
        const size_t size = strcspn(field, "}");
        pattern = field + size + 1;
        const char *end = find(text, pattern, strcspn(pattern, "{"));
        if (!end) return 0;
        if (strlen(name) == size && memcmp(field, name, size) == 0) *value = (rd_field){text.text, (size_t)(end - text.text)};
        text = (rd_field){end, text.size - (size_t)(end - text.text)};
    }
    return text.size == 0;
}

rondo_status rd_name_field(const char *pattern, rd_field path, const char *name, rd_field *value, rondo_error *error)
{
    RD_TRY(check(pattern, name, error));
    *value = (rd_field){0};
    if (!fit(pattern, tail_of(path, pattern), name, value)) *value = (rd_field){0};
    return RONDO_OK;
}

static void note_misfit(rd_opening *opening, const rd_input *input, size_t line, rd_field path, const char *what)
{
    const char *pattern = rd_option_text(opening->options, RD_OPT_label_pattern);
    if (line)
        rd_bad_place(&opening->bad, "%s:%zu:1: the name %s %s --label-pattern %s", input->source->name, line,
                     rd_quote_n(path.text, path.size).text, what, rd_quote(pattern).text);
    else
        rd_bad_place(&opening->bad, "%s: the name %s --label-pattern %s", input->source->name, what, rd_quote(pattern).text);
}

rondo_status rd_name_label(rd_opening *opening, const rd_input *input, size_t line, rd_field path, rd_field *label, rondo_error *error)
{
    const char *pattern = rd_option_text(opening->options, RD_OPT_label_pattern);
    *label = (rd_field){0};
    if (!*pattern) return RONDO_OK;
    RD_TRY(rd_name_field(pattern, path, "label", label, error));
    const int sound = label->text && rd_utf8_check((const unsigned char *)label->text, label->size) == label->size;
    if (!sound) note_misfit(opening, input, line, path, label->text ? "has a label that is not UTF-8 for" : "does not fit");
    if (!sound) *label = (rd_field){0};
    return RONDO_OK;
}

rondo_status rd_name_by(rd_opening *opening, const rd_input *input, rd_field line, rd_field path, rd_field *value, rondo_error *error)
{
    const char *pattern = rd_option_text(opening->options, RD_OPT_label_pattern), *by = rd_option_text(opening->options, RD_OPT_by);
    int64_t number;
    if (!opening->corpus->group || !*pattern || rd_parse_integer(by, strlen(by), &number))
        return rd_field_by(opening, input, line, '\t', value, error);
    RD_TRY(rd_name_field(pattern, path, by, value, error));
    if (!value->text) note_misfit(opening, input, input->number, path, "does not fit");
    return RONDO_OK;
}
