/* Readers of records that are a line or a pair of lines: a label, a condition or a source beside a text. */
#include "data/fields.h"

#include <string.h>

/* ---- a pair in one line: `label TAB text`, `source TAB target`, `__label__name text` ---------------------- */

/* fastText's way to write a label; the rest of the line is the text. 2: another label stands at its front. */
static int cut_prefixed(const char *line, size_t size, rd_field *label, rd_field *text)
{
    static const char prefix[] = "__label__";
    const size_t begins = sizeof prefix - 1;
    size_t end = begins;
    if (size < begins || memcmp(line, prefix, begins) != 0) return 0;
    while (end < size && !rd_is_gap(line[end]))
        end++;
    *label = (rd_field){line + begins, end - begins};
    while (end < size && rd_is_gap(line[end]))
        end++;
    *text = (rd_field){line + end, size - end};
    return text->size >= begins && memcmp(text->text, prefix, begins) == 0 ? 2 : 1;
}

/* What stands before the first separator and after it. */
static int cut_at(char sign, const char *line, size_t size, rd_field *first, rd_field *second)
{
    const char *at = memchr(line, sign, size);
    if (!at) return 0;
    *first = (rd_field){line, (size_t)(at - line)};
    *second = (rd_field){at + 1, size - first->size - 1};
    return 1;
}

/* The first line without a separator says how else such records may be given. */
static void hint_at_others(rd_opening *opening)
{
    static const char files[] = "--reader files takes the label from the name of the file, --reader table from a column",
                      pairs[] = "sources and targets may also stand in files of their own, given in pairs";
    const rd_data_form form = opening->corpus->form;
    const int pair = form == RD_DATA_PAIRS && rd_equal(opening->reader->task, "seq2seq");
    if (opening->bad.count > 0 || opening->bare || (form == RD_DATA_PAIRS && !pair)) return;
    if (pair)
        memcpy(opening->bad.hint, pairs, sizeof pairs);
    else
        memcpy(opening->bad.hint, files, sizeof files);
}

/* In answers a line without a tab is all there is: the text, or the source. */
static rondo_status one_line(rd_opening *opening, rd_input *input, const char *line, size_t size, rondo_error *error)
{
    const rd_data_form form = opening->corpus->form;
    const char *first_name, *second_name, *sign_name;
    const char sign = rd_field_sign(opening->options, '\t', &sign_name);
    rd_field first = {0}, second = {line, size}, by;
    rd_pair_names(form, &first_name, &second_name);
    const int labels = form == RD_DATA_CLASSES ? cut_prefixed(line, size, &first, &second) : 0;
    const int found = labels || cut_at(sign, line, size, &first, &second);
    if (labels > 1) {
        rd_bad_place(&opening->bad, "%s:%zu:%zu: a second label (each record has one)", input->source->name, input->number,
                     (size_t)(second.text - line) + 1);
        return rd_opening_pass_over(opening, input->number, error);
    }
    if (!found && opening->bare && !opening->targets && form != RD_DATA_CONDITIONS) {
        first = form == RD_DATA_PAIRS ? second : (rd_field){0};
        second = form == RD_DATA_PAIRS ? (rd_field){0} : second;
    } else if (!found || (form != RD_DATA_PAIRS && first.size == 0)) {
        if (!found) hint_at_others(opening);
        rd_bad_place(&opening->bad, "%s:%zu:%zu: expected a %s, a %s and a %s, found %s %s", input->source->name, input->number,
                     found ? (size_t)1 : size + 1, first_name, sign_name, second_name, found ? "an empty one before the" : "no", sign_name);
        return rd_opening_pass_over(opening, input->number, error);
    }
    if (first.text && !rd_field_accepts(opening, input, rd_pair_first(form), first, input->number, (size_t)(first.text - line) + 1))
        return rd_opening_pass_over(opening, input->number, error);
    RD_TRY(rd_field_by(opening, input, (rd_field){line, size}, sign, &by, error));
    if (!by.text) return rd_opening_pass_over(opening, input->number, error);
    RD_TRY(rd_pair_put(opening, input->number, first, second, error));
    RD_TRY(rd_opening_group(opening, by.text, by.size, error));
    return rd_opening_raw(opening, line, size, error);
}

rondo_status rd_labelled_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    return rd_opening_lines(opening, input, one_line, error);
}

/* ---- a line, to be answered ------------------------------------------------------------------------------ */

static rondo_status plain_line(rd_opening *opening, rd_input *input, const char *line, size_t size, rondo_error *error)
{
    const int pairs = opening->corpus->form == RD_DATA_PAIRS;
    const rd_field whole = {line, size}, none = {0};
    RD_TRY(rd_pair_put(opening, input->number, pairs ? whole : none, pairs ? none : whole, error));
    return rd_opening_raw(opening, line, size, error);
}

rondo_status rd_plain_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    return rd_opening_lines(opening, input, plain_line, error);
}

/* ---- the same line of two files -------------------------------------------------------------------------- */

/* --by of a pair: 1 is the first file, 2 or -1 the second. */
static rondo_status put_pair(rd_opening *opening, const rd_input *input, rd_field source, rd_field target, rondo_error *error)
{
    int64_t number = 1;
    if (opening->corpus->group) RD_TRY(rd_field_by_number(opening, input, &number, error));
    if (number < -2 || number > 2)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--by %lld: a pair of files has 2 columns, a file each", (long long)number);
    const rd_field by = number == 1 || number == -2 ? source : target;
    RD_TRY(rd_pair_put(opening, input->number, source, target, error));
    return rd_opening_group(opening, by.text, by.size, error);
}

/* The first line stays in the reader's hands while the second is read, since both inputs keep their own buffer. */
rondo_status rd_parallel_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    rd_input *beside = opening->beside;
    for (;;) {
        rd_field source = {0}, target = {0};
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
            RD_TRY(put_pair(opening, input, source, target, error));
        else
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
    }
}
