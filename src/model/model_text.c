/* A list of nodes as text: `name = kind(input, key=value, inner(…))`, one a line, # begins a comment. A call
 * inside a call becomes a node of its own before it, so the list is in the order of computation by
 * construction. */
#include "model/model.h"

#include "base/size.h"

#include <string.h>

enum { MAX_NODES = 1024, MAX_DEPTH = 16 };

typedef struct parser {
    const char *text, *origin;
    size_t at;
    size_t line, line_at; /* the line of place line_at; both only grow */
    rd_node *nodes;       /* owned until handed over */
    size_t count, room;
    char statement[RD_NAME]; /* the name on the left, from which inner nodes get theirs */
    size_t inner;
    rondo_error *error;
} parser;

/* ---- places and tokens ----------------------------------------------------------------------------------
 */

static size_t line_at(const parser *p, size_t at, size_t *column)
{
    size_t line = 1;
    *column = 1;
    for (size_t i = 0; i < at; i++, ++*column)
        if (p->text[i] == '\n') {
            line++;
            *column = 0;
        }
    return line;
}

static size_t line_now(parser *p)
{
    for (; p->line_at < p->at; p->line_at++)
        p->line += p->text[p->line_at] == '\n';
    return p->line;
}

static rondo_status fail_at(const parser *p, size_t at, const char *what, const char *found)
{
    size_t column, line = line_at(p, at, &column);
    return rd_fail(p->error, RONDO_BAD_ARGUMENT, "%s:%zu:%zu: %s%s%s", p->origin, line, column, what,
                   found ? ", found " : "", found ? rd_quote(found).text : "");
}

/* What stands at a place, for a message: a word, or one sign. */
static rondo_status unexpected(const parser *p, const char *expected)
{
    char found[RD_NAME] = "the end of the line";
    size_t size = strcspn(p->text + p->at, " \t\r\n(),=#");
    if (size == 0 && p->text[p->at] && p->text[p->at] != '\n') size = 1;
    if (size > 0)
        memset(found, 0, sizeof found), memcpy(found, p->text + p->at, rd_size_min(size, sizeof found - 1));
    return fail_at(p, p->at, expected, found);
}

static void skip(parser *p, const char *blanks)
{
    for (;; p->at++) {
        if (p->text[p->at] == '#') p->at += strcspn(p->text + p->at, "\n");
        if (!p->text[p->at] || !strchr(blanks, p->text[p->at])) return;
    }
}

static void skip_all(parser *p)
{
    skip(p, " \t\r\n");
}
static void skip_line(parser *p)
{
    skip(p, " \t\r");
}

static int is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static rondo_status read_name(parser *p, const char *expected, char name[RD_NAME])
{
    size_t size = 0;
    const char *from = p->text + p->at;
    if (!is_letter(from[0])) return unexpected(p, expected);
    while (is_letter(from[size]) || is_digit(from[size]))
        size++;
    if (size >= RD_NAME) return fail_at(p, p->at, "a name of at most 63 letters is expected", NULL);
    memset(name, 0, RD_NAME);
    memcpy(name, from, size);
    p->at += size;
    return RONDO_OK;
}

static int take_sign(parser *p, char sign)
{
    if (p->text[p->at] != sign) return 0;
    p->at++;
    return 1;
}

/* A word of letters, digits and + - . _ or anything in double quotes. */
static rondo_status read_value(parser *p, char *value, size_t room)
{
    int quoted = take_sign(p, '"');
    const char *from = p->text + p->at;
    size_t size = quoted ? strcspn(from, "\"\n") : 0;
    while (!quoted &&
           (is_letter(from[size]) || is_digit(from[size]) || (from[size] && strchr("+-.", from[size]))))
        size++;
    if (!quoted && size == 0) return unexpected(p, "expected a value");
    if (size >= room) return fail_at(p, p->at, "the value is too long", NULL);
    memset(value, 0, room);
    memcpy(value, from, size);
    p->at += size;
    if (quoted && !take_sign(p, '"')) return unexpected(p, "expected a closing \"");
    return RONDO_OK;
}

/* ---- calls ----------------------------------------------------------------------------------------------
 */

static rondo_status read_call(parser *p, const char *name, const char *kind, size_t depth);

static rondo_status add_setting(parser *p, rd_node *node, const char *key, size_t at)
{
    for (size_t i = 0; i < node->settings; i++)
        if (rd_equal(node->setting[i].key, key)) return fail_at(p, at, "this setting stands here twice", key);
    if (node->settings == sizeof node->setting / sizeof node->setting[0])
        return fail_at(p, at, "too many settings", key);
    rd_setting *setting = &node->setting[node->settings++];
    memcpy(setting->key, key, RD_NAME);
    skip_all(p);
    return read_value(p, setting->value, sizeof setting->value);
}

static rondo_status add_input(parser *p, rd_node *node, const char *name, size_t at)
{
    if (node->inputs == RD_MAX_INPUTS) return fail_at(p, at, "at most 16 inputs are possible", name);
    memcpy(node->input[node->inputs++], name, RD_NAME);
    return RONDO_OK;
}

static rondo_status read_inner(parser *p, rd_node *node, const char *kind, size_t at, size_t depth)
{
    char name[RD_NAME];
    rd_text inner = {0};
    if (depth >= MAX_DEPTH) return fail_at(p, at, "calls stand too deep inside each other", NULL);
    rd_text_format(&inner, "%s.%zu", p->statement, ++p->inner);
    int fits = !inner.failed && inner.size < RD_NAME;
    memset(name, 0, sizeof name);
    if (fits) memcpy(name, inner.text, inner.size);
    rd_text_free(&inner);
    if (!fits) return fail_at(p, at, "the name of the statement is too long for the calls in it", NULL);
    RD_TRY(read_call(p, name, kind, depth + 1));
    return add_input(p, node, name, at);
}

static rondo_status read_argument(parser *p, rd_node *node, size_t depth)
{
    char word[RD_NAME];
    size_t at = p->at;
    RD_TRY(read_name(p, "expected an input or a setting", word));
    skip_all(p);
    if (take_sign(p, '=')) return add_setting(p, node, word, at);
    if (take_sign(p, '(')) return read_inner(p, node, word, at, depth);
    return add_input(p, node, word, at);
}

static rondo_status read_arguments(parser *p, rd_node *node, size_t depth)
{
    for (;;) {
        skip_all(p);
        if (take_sign(p, ')')) return RONDO_OK;
        RD_TRY(read_argument(p, node, depth));
        skip_all(p);
        if (!take_sign(p, ',') && p->text[p->at] != ')')
            return unexpected(p, "expected a comma or a closing parenthesis");
    }
}

static rondo_status append(parser *p, const rd_node *node)
{
    if (p->count == MAX_NODES)
        return rd_fail(p->error, RONDO_LIMIT, "%s:%zu: a model has at most %d layers", p->origin, node->line,
                       MAX_NODES);
    RD_TRY(rd_grow(&p->nodes, &p->room, p->count + 1, sizeof *p->nodes, "the nodes of a model", p->error));
    p->nodes[p->count++] = *node;
    return RONDO_OK;
}

/* After the opening parenthesis. Inner calls append their nodes first. */
static rondo_status read_call(parser *p, const char *name, const char *kind, size_t depth)
{
    rd_node *node;
    RD_TRY(rd_alloc(1, sizeof *node, "a node of a model", &node, p->error));
    memcpy(node->name, name, strlen(name));
    memcpy(node->kind, kind, strlen(kind));
    node->line = line_now(p);
    rondo_status status = read_arguments(p, node, depth);
    if (status == RONDO_OK) status = append(p, node);
    rd_free(node);
    return status;
}

static rondo_status read_statement(parser *p)
{
    char kind[RD_NAME];
    p->inner = 0;
    RD_TRY(read_name(p, "expected `name = layer(…)`", p->statement));
    skip_line(p);
    if (!take_sign(p, '=')) return unexpected(p, "expected = after the name");
    skip_line(p);
    RD_TRY(read_name(p, "expected the name of a layer or a loss", kind));
    skip_line(p);
    if (!take_sign(p, '(')) return unexpected(p, "expected ( after the name of the layer");
    RD_TRY(read_call(p, p->statement, kind, 0));
    skip_line(p);
    if (p->text[p->at] && p->text[p->at] != '\n') return unexpected(p, "expected the end of the line");
    return RONDO_OK;
}

rondo_status rd_model_text_parse(const char *text, const char *origin, rd_node **nodes, size_t *count,
                                 rondo_error *error)
{
    parser p = {.text = text, .origin = origin, .line = 1, .error = error};
    rondo_status status = RONDO_OK;
    *nodes = NULL;
    *count = 0;
    for (skip_all(&p); text[p.at] && status == RONDO_OK; skip_all(&p))
        status = read_statement(&p);
    if (status == RONDO_OK && p.count == 0)
        status = rd_fail(error, RONDO_BAD_ARGUMENT, "%s: the list of layers is empty", origin);
    if (status != RONDO_OK) {
        rd_free(p.nodes);
        return status;
    }
    *nodes = p.nodes;
    *count = p.count;
    return RONDO_OK;
}
