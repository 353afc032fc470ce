/* A label a file, from its name, and a text a line. Without --label-pattern the label is the base name without its suffix; a suffix that says more
 * than "text" is the label itself: English.txt is English, rt-polarity.pos is pos. */
#include "data/name_pattern.h"

#include <string.h>

static const char *const plain_suffixes[] = {"txt", "text", "lines"};

/* The label that a path stands for, ".gz" not counted; empty when there is none in it. */
static rd_field label_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    rd_field name = {slash ? slash + 1 : path, 0};
    name.size = strlen(name.text);
    if (name.size > 3 && memcmp(name.text + name.size - 3, ".gz", 3) == 0) name.size -= 3;
    size_t dot = name.size;
    while (dot > 0 && name.text[dot - 1] != '.')
        dot--;
    if (dot <= 1) return name; /* no suffix */
    const rd_field suffix = {name.text + dot, name.size - dot}, stem = {name.text, dot - 1};
    int plain = suffix.size == 0;
    for (size_t i = 0; i < sizeof plain_suffixes / sizeof *plain_suffixes; i++)
        plain |= rd_field_is(suffix, plain_suffixes[i]);
    return plain ? stem : suffix;
}

rondo_status rd_files_read(rd_opening *opening, rd_input *input, rondo_error *error)
{
    const char *name = input->source->name;
    rd_field label;
    RD_TRY(rd_name_label(opening, input, 0, (rd_field){name, strlen(name)}, &label, error));
    if (!label.text && *rd_option_text(opening->options, RD_OPT_label_pattern)) return RONDO_OK;
    if (!label.text) label = label_of(name);
    if (!input->source->path && input->source->kept && !opening->bare)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: --reader files takes labels from the names of files", name);
    if (label.size == 0 || rd_utf8_check((const unsigned char *)label.text, label.size) < label.size)
        return rd_fail(error, RONDO_BAD_DATA, "%s: the name of the file is no label", rd_quote(name).text);
    for (;;) {
        rd_field line = {0};
        int more = 0;
        RD_TRY(rd_input_line(input, &line.text, &line.size, &more, error));
        if (!more) return RONDO_OK;
        if (rd_opening_accepts(opening, input, line.text, line.size))
            RD_TRY(rd_pair_put(opening, input->number, label, line, error));
        else
            RD_TRY(rd_opening_pass_over(opening, input->number, error));
    }
}
