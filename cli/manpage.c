/* Manual pages as roff, from the same tables as the help. */
#include "cli.h"

#include <ctype.h>
#include <string.h>

/* Text for roff: backslashes and hyphens written out, a dot or quote at the front of a line made harmless. */
static void put(const char *text, size_t size)
{
    int front = 1;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        if (front && (c == '.' || c == '\'')) output_text("\\&");
        if (c == '\\')
            output_text("\\e");
        else if (c == '-')
            output_text("\\-");
        else
            output_sink(NULL, &c, 1);
        front = c == '\n';
    }
}

static void put_text(const char *text)
{
    put(text, strlen(text));
}

static void put_upper(const char *text)
{
    for (; *text; text++)
        output_format("%c", toupper((unsigned char)*text));
}

static void header(const char *name)
{
    output_text(".TH ");
    put_upper(name);
    output_text(" 1 \"\" \"rondo " RONDO_VERSION "\" \"rondo\"\n");
}

static void lines(const char *text, const char *lead)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        put_text(lead);
        put(text, n);
        output_text("\n");
        text += n;
        if (*text) {
            output_text(".br\n");
            text++;
        }
    }
}

static void option_entry(const rondo_option_info *info)
{
    buffer heading = {0};
    option_heading(info, &heading);
    output_text(".TP\n\\fB");
    put_text(heading.text ? heading.text : info->name);
    output_text("\\fR\n");
    put_text(info->help);
    if (info->fallback[0] && strcmp(info->fallback, "off") != 0) {
        output_text(" [");
        put_text(info->fallback);
        output_text("]");
    }
    output_text("\n");
    buffer_free(&heading);
}

static void command_page(const command *verb)
{
    buffer name = {0};
    buffer_format(&name, "rondo-%s", verb->name);
    header(name.text ? name.text : verb->name);
    output_text(".SH NAME\n");
    put_text(name.text ? name.text : verb->name);
    output_text(" \\- ");
    put_text(verb->help);
    output_text("\n.SH SYNOPSIS\n");
    buffer lead = {0};
    buffer_format(&lead, "rondo %s ", verb->name);
    lines(verb->usage, lead.text ? lead.text : "");
    const char *group;
    rondo_option_info info;
    for (size_t i = 0; (group = option_group(verb, i)) != NULL; i++) {
        output_text(".SH ");
        put_upper(group);
        output_text("\n");
        for (size_t k = 0; rondo_option(k, &info) == RONDO_OK; k++)
            if (option_applies(&info, verb) && strcmp(info.group, group) == 0) option_entry(&info);
    }
    output_text(".SH EXAMPLES\n");
    lines(verb->examples, "");
    output_text(".SH SEE ALSO\nrondo(1)\n");
    buffer_free(&lead);
    buffer_free(&name);
}

static void program_page(void)
{
    header("rondo");
    output_text(".SH NAME\nrondo \\- recurrent networks: train one, use it, look inside\n"
                ".SH SYNOPSIS\nrondo command [options] [file...]\n.SH COMMANDS\n");
    for (size_t i = 0; i < command_count; i++) {
        output_format(".TP\n\\fB%s\\fR\n", commands[i].name);
        put_text(commands[i].help);
        output_text("\n");
    }
    for (size_t i = 0; topic_name(i); i++) {
        output_text(".SH ");
        put_upper(topic_name(i));
        output_text("\n.nf\n");
        put_text(topic_text(i));
        output_text(".fi\n");
    }
}

void man_page(const command *verb)
{
    if (verb)
        command_page(verb);
    else
        program_page();
}
