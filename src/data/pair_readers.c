/* Readers of records that are a line or a pair of lines: a label, a condition or a source beside a text. */
#include "data/readers.h"

#include "base/size.h"

#include <string.h>

/* ---- a pair in one line: `label TAB text`, `source TAB target`, `__label__name text` ---------------------- */

typedef struct field {
    const char *text; /* NULL: not there */
    size_t size;
} field;

static int is_gap(char c)
{
    return c == ' ' || c == '\t';
}

/* fastText's way to write a label; the rest of the line is the text. */
static int cut_prefixed(const char *line, size_t size, field *label, field *text)
{
    static const char prefix[] = "__label__";
    const size_t begins = sizeof prefix - 1;
    size_t end = begins;
    if (size < begins || memcmp(line, prefix, begins) != 0) return 0;
    while (end < size && !is_gap(line[end]))
        end++;
    *label = (field){line + begins, end - begins};
    while (end < size && is_gap(line[end]))
        end++;
    *text = (field){line + end, size - end};
    return 1;
}

/* The sign that --sep names, and what it is called. */
static char separator(const rondo_options *options, const char **name)
{
    static const struct {
        const char *choice, *name;
        char sign;
    } signs[] = {{"space", "space", ' '}, {"comma", "comma", ','}, {"semicolon", "semicolon", ';'}};
    *name = "tab";
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (rd_option_is(options, RD_OPT_sep, signs[i].choice)) {
            *name = signs[i].name;
            return signs[i].sign;
        }
    return '\t';
}

/* What stands before the first separator and after it. */
static int cut_at(char sign, const char *line, size_t size, field *first, field *second)
{
    const char *at = memchr(line, sign, size);
    if (!at) return 0;
    *first = (field){line, (size_t)(at - line)};
    *second = (field){at + 1, size - first->size - 1};
    return 1;
}

/* What a form calls the two fields. */
static void name_fields(rd_data_form form, const char **first, const char **second)
{
    *first = form == RD_DATA_CLASSES ? "label" : form == RD_DATA_CONDITIONS ? "condition" : "source";
    *second = form == RD_DATA_CLASSES ? "text" : form == RD_DATA_CONDITIONS ? "sequence" : "target";
}

/* Stores a record of two fields; `first` is the label, the condition, or the source. */
static rondo_status put_pair(rd_opening *opening, size_t line, field first, field second, rondo_error *error)
{
    const rd_data_form form = opening->corpus->form;
    RD_TRY(rd_opening_record(opening, line, error));
    if (form == RD_DATA_PAIRS) {
        RD_TRY(rd_opening_text(opening, RD_X, first.text, first.size, error));
        return second.text ? rd_opening_text(opening, RD_Y, second.text, second.size, error) : RONDO_OK;
    }
    const int label = form == RD_DATA_CLASSES ? RD_Y : RD_C;
    RD_TRY(rd_opening_label(opening, label, first.text, first.size, error));
    return rd_opening_text(opening, RD_X, second.text, second.size, error);
}

/* In answers a line without a tab is all there is: the text, or the source. */
static rondo_status one_line(rd_opening *opening, const rd_input *input, const char *line, size_t size, rondo_error *error)
{
    const rd_data_form form = opening->corpus->form;
    const char *first_name, *second_name, *sign_name;
    const char sign = separator(opening->options, &sign_name);
    field first = {0}, second = {line, size};
    name_fields(form, &first_name, &second_name);
    int found = (form == RD_DATA_CLASSES && cut_prefixed(line, size, &first, &second)) || cut_at(sign, line, size, &first, &second);
    if (!found && opening->bare && form != RD_DATA_CONDITIONS) {
        first = form == RD_DATA_PAIRS ? second : (field){0};
        second = form == RD_DATA_PAIRS ? (field){0} : second;
    } else if (!found || (form != RD_DATA_PAIRS && first.size == 0)) {
        rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a %s, a %s and a %s, found %s %s", input->source->name, input->number,
                     found ? (size_t)1 : size + 1, first_name, sign_name, second_name, found ? "an empty one before the" : "no", sign_name);
        return rd_opening_pass_over(opening, input->number, error);
    }
    RD_TRY(put_pair(opening, input->number, first, second, error));
    return rd_opening_raw(opening, line, size, error);
}

rondo_status rd_labelled_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return RONDO_OK;
        if (rd_opening_accepts(opening, input, line, size))
            RD_TRY(one_line(opening, input, line, size, error));
        else
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
    }
}

/* ---- a line, to be answered ------------------------------------------------------------------------------ */

rondo_status rd_plain_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    const int pairs = opening->corpus->form == RD_DATA_PAIRS;
    for (;;) {
        const char *line = NULL;
        size_t size = 0;
        int more = 0;
        RD_TRY(rd_input_line(input, &line, &size, &more, error));
        if (!more) return RONDO_OK;
        if (!rd_opening_accepts(opening, input, line, size)) {
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
            continue;
        }
        const field whole = {line, size}, none = {0};
        RD_TRY(put_pair(opening, input->number, pairs ? whole : none, pairs ? none : whole, error));
        RD_TRY(rd_opening_raw(opening, line, size, error));
    }
}

/* ---- the same line of two files -------------------------------------------------------------------------- */

/* The first line stays in the reader's hands while the second is read, since both inputs keep their own buffer. */
rondo_status rd_parallel_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    rd_input *beside = opening->beside;
    for (;;) {
        field source = {0}, target = {0};
        int more = 0, other = 0;
        RD_TRY(rd_input_line(input, &source.text, &source.size, &more, error));
        RD_TRY(rd_input_line(beside, &target.text, &target.size, &other, error));
        if (!more && !other) return RONDO_OK;
        if (more != other)
            return rd_fail(error, RONDO_BAD_DATA, "%s:%zu: the file ends here, %s goes on (both need as many lines)",
                           (more ? beside : input)->source->name, (more ? input : beside)->number, (more ? input : beside)->source->name);
        int sound = rd_opening_accepts(opening, input, source.text, source.size);
        sound &= rd_opening_accepts(opening, beside, target.text, target.size);
        if (sound)
            RD_TRY(put_pair(opening, input->number, source, target, error));
        else
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
    }
}
