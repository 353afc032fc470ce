/* JSON Lines: an object a line, two of whose texts make a record; its other keys may hold anything. Lines of blanks are no
 * records. */
#include "data/fields.h"

#if RONDO_WITH_JSON

#include "base/size.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

enum { DEPTH = 64 };

/* Notes a bad place in the line at hand; the record is passed over. */
static rondo_status bad(rd_opening *opening, const rd_input *input, size_t column, const char *what, const char *name,
                        rondo_error *error)
{
    rd_bad_place(&opening->bad, "%s:%zu:%zu: %s%s", input->source->name, input->number, column, what, name);
    return rd_opening_pass_over(opening, input->number, error);
}

/* Offset of the bracket that opens more than DEPTH arrays and objects in one another, or `size`. */
static size_t too_deep(const char *line, size_t size)
{
    size_t depth = 0;
    int quoted = 0;
    for (size_t i = 0; i < size; i++) {
        const char c = line[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > DEPTH)
            return i;
        else if (!quoted && (c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return size;
}

/* A label may be a text, a whole number or a truth; 0 when the value is something else. */
static int as_text(const json_t *value, int is_label, char number[32], rd_field *field)
{
    if (json_is_string(value)) {
        *field = (rd_field){json_string_value(value), json_string_length(value)};
        return 1;
    }
    if (!is_label || !(json_is_integer(value) || json_is_boolean(value))) return 0;
    if (json_is_integer(value))
        snprintf(number, 32, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else
        snprintf(number, 32, "%s", json_is_true(value) ? "true" : "false");
    *field = (rd_field){number, strlen(number)};
    return 1;
}

static const char *name_of(const rd_opening *opening, rd_option_id id, const char *usual)
{
    const char *given = rd_option_text(opening->options, id);
    return *given ? given : usual;
}

/* Stores the record of one object. */
static rondo_status put_object(rd_opening *opening, const rd_input *input, const json_t *object, rondo_error *error)
{
    const rd_data_form form = opening->corpus->form;
    const int pairs = form == RD_DATA_PAIRS;
    const char *first_name, *second_name;
    char number[32];
    rd_field first = {0}, second = {0};
    rd_pair_names(form, &first_name, &second_name);
    first_name = name_of(opening, RD_OPT_label_column, first_name);
    second_name = name_of(opening, RD_OPT_text_column, pairs ? second_name : "text");
    const json_t *one = json_object_get(object, first_name), *other = json_object_get(object, second_name);
    const json_t *input_of = pairs ? one : other, *answer = pairs ? other : one; /* what is read, and what is learned */
    if (!json_is_object(object)) return bad(opening, input, 1, "expected an object", "", error);
    if (!input_of) return bad(opening, input, 1, "the object has no key ", rd_quote(pairs ? first_name : second_name).text, error);
    if (!answer && !(opening->bare && !opening->targets && form != RD_DATA_CONDITIONS))
        return bad(opening, input, 1, "the object has no key ", rd_quote(pairs ? second_name : first_name).text, error);
    if (one && !as_text(one, !pairs, number, &first))
        return bad(opening, input, 1, "expected a text under ", rd_quote(first_name).text, error);
    if (other && !as_text(other, 0, number, &second))
        return bad(opening, input, 1, "expected a text under ", rd_quote(second_name).text, error);
    if (one && !pairs && first.size == 0) return bad(opening, input, 1, "expected a label under ", rd_quote(first_name).text, error);
    char by_number[32];
    rd_field by = {0};
    const char *by_name = rd_option_text(opening->options, RD_OPT_by);
    if (opening->corpus->group && !as_text(json_object_get(object, by_name), 1, by_number, &by))
        return bad(opening, input, 1, "expected a text, a whole number or a truth under --by ", rd_quote(by_name).text, error);
    RD_TRY(rd_pair_put(opening, input->number, first, second, error));
    return rd_opening_group(opening, by.text, by.size, error);
}

static rondo_status one_line(rd_opening *opening, rd_input *input, const char *line, size_t size, rondo_error *error)
{
    json_error_t fault;
    const size_t deep = too_deep(line, size);
    if (rd_field_trim((rd_field){line, size}).size == 0) return RONDO_OK;
    if (deep < size) return bad(opening, input, deep + 1, "more than 64 arrays and objects in one another", "", error);
    json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES, &fault);
    if (!object && json_error_code(&fault) == json_error_out_of_memory)
        return rd_fail(error, RONDO_LIMIT, "%s:%zu: no memory for the line", input->source->name, input->number);
    if (!object)
        return bad(opening, input, fault.position > 0 ? (size_t)fault.position : 1, "the line is not JSON: ", rd_quote(fault.text).text,
                   error);
    rondo_status status = put_object(opening, input, object, error);
    json_decref(object);
    return status == RONDO_OK ? rd_opening_raw(opening, line, size, error) : status;
}

rondo_status rd_jsonl_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    return rd_opening_lines(opening, input, one_line, error);
}

#else

rondo_status rd_jsonl_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    (void)opening;
    return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: this rondo is built without jansson, which reads JSON", input->source->name);
}

#endif
