/* The text has one shape, so the parser has no stack: a member, a piece, a step, a pitch. */
#include "formats/roll_json.h"

#include <string.h>

static const char *const parts[] = {"train", "valid", "test"};
enum { PARTS = sizeof parts / sizeof *parts };

typedef struct cursor {
    const char *name, *text;
    size_t at, size;
    size_t line, begins; /* the line at hand and where it begins */
    const char *part;
    rd_on_piece on_piece;
    void *user;
    rd_roll roll;
} cursor;

static rondo_status bad(const cursor *c, rondo_error *error, const char *what)
{
    const size_t left = c->size - c->at;
    return rd_fail(error, RONDO_BAD_DATA, "%s:%zu:%zu: expected %s, found %s", c->name, c->line,
                   c->at - c->begins + 1, what,
                   left ? rd_quote_n(c->text + c->at, left < 8 ? left : 8).text : "the end of the file");
}

/* The next character that is no space; 0 at the end. */
static char peek(cursor *c)
{
    for (; c->at < c->size; c->at++) {
        const char now = c->text[c->at];
        if (now == '\n') {
            c->line++;
            c->begins = c->at + 1;
        } else if (now != ' ' && now != '\t' && now != '\r') {
            return now;
        }
    }
    return 0;
}

static int pass(cursor *c, char wanted)
{
    const int there = peek(c) == wanted && c->at < c->size;
    c->at += (size_t)there;
    return there;
}

/* After a member of a list: 1 when another follows, 0 after the closing bracket, −1 when there is neither. */
static int goes_on(cursor *c, char closing)
{
    if (pass(c, ',')) return 1;
    return pass(c, closing) ? 0 : -1;
}

static rondo_status read_pitch(cursor *c, rd_chord *frame, rondo_error *error)
{
    static const char what[] = "a pitch, a whole number from -1 to 127";
    (void)peek(c);
    const size_t from = c->at;
    unsigned pitch = 0;
    size_t digits = 0;
    const int minus = pass(c, '-');
    for (; c->at < c->size && c->text[c->at] >= '0' && c->text[c->at] <= '9' && digits < 4; digits++)
        pitch = pitch * 10 + (unsigned)(c->text[c->at++] - '0');
    const char next = c->at < c->size ? c->text[c->at] : ',';
    const int leading = digits > 1 && c->text[from + (size_t)minus] == '0';
    const int sound =
        digits > 0 && !leading && pitch < RD_PITCHES && (!minus || pitch == 1) && !strchr(".eE", next);
    if (!sound) c->at = from;
    if (!sound) return bad(c, error, what);
    if (!minus) rd_chord_add(frame, pitch);
    return RONDO_OK;
}

static rondo_status read_step(cursor *c, rondo_error *error)
{
    if (!pass(c, '[')) return bad(c, error, "a step, a list of pitches");
    RD_TRY(rd_roll_reach(&c->roll, c->roll.count + 1, error));
    rd_chord *frame = &c->roll.frame[c->roll.count - 1];
    int more = !pass(c, ']');
    while (more) {
        RD_TRY(read_pitch(c, frame, error));
        more = goes_on(c, ']');
        if (more < 0) return bad(c, error, "a comma or the end of a step");
    }
    return RONDO_OK;
}

static rondo_status read_piece(cursor *c, int wanted, rondo_error *error)
{
    (void)peek(c);
    const size_t line = c->line;
    if (!pass(c, '[')) return bad(c, error, "a piece, a list of steps");
    rd_roll_clear(&c->roll);
    int more = !pass(c, ']');
    while (more) {
        RD_TRY(read_step(c, error));
        more = goes_on(c, ']');
        if (more < 0) return bad(c, error, "a comma or the end of a piece");
    }
    return wanted ? c->on_piece(c->user, &c->roll, line, error) : RONDO_OK;
}

static rondo_status read_pieces(cursor *c, int wanted, rondo_error *error)
{
    if (!pass(c, '[')) return bad(c, error, "a list of pieces");
    int more = !pass(c, ']');
    while (more) {
        RD_TRY(read_piece(c, wanted, error));
        more = goes_on(c, ']');
        if (more < 0) return bad(c, error, "a comma or the end of the list of pieces");
    }
    return RONDO_OK;
}

/* The name of a part in quotes, which needs no escapes. */
static rondo_status read_name(cursor *c, unsigned *seen, size_t *part, rondo_error *error)
{
    (void)peek(c);
    for (*part = 0; *part < PARTS; (*part)++) {
        const size_t length = strlen(parts[*part]);
        const char *at = c->text + c->at;
        if (c->size - c->at < length + 2 || at[0] != '"' || at[length + 1] != '"') continue;
        if (memcmp(at + 1, parts[*part], length) != 0 || *seen & 1u << *part) continue;
        *seen |= 1u << *part;
        c->at += length + 2;
        return pass(c, ':') ? RONDO_OK : bad(c, error, "a colon");
    }
    return bad(c, error, "\"train\", \"valid\" or \"test\", each once");
}

static rondo_status read_object(cursor *c, rondo_error *error)
{
    unsigned seen = 0;
    const char *asked = *c->part ? c->part : parts[0];
    int found = 0, more = !pass(c, '}');
    while (more) {
        size_t part;
        RD_TRY(read_name(c, &seen, &part, error));
        const int wanted = rd_equal(asked, parts[part]);
        found |= wanted;
        RD_TRY(read_pieces(c, wanted, error));
        more = goes_on(c, '}');
        if (more < 0) return bad(c, error, "a comma or the end of the object");
    }
    if (found) return RONDO_OK;
    (void)rd_fail(error, RONDO_BAD_ARGUMENT, "%s: there is no part %s", c->name, rd_quote(asked).text);
    rd_hint(error, "its parts are:%s%s%s; FILE:PART names one", seen & 1 ? " train" : "",
            seen & 2 ? " valid" : "", seen & 4 ? " test" : "");
    return RONDO_BAD_ARGUMENT;
}

static rondo_status read_text(cursor *c, rondo_error *error)
{
    if (peek(c) == '{' && pass(c, '{')) {
        RD_TRY(read_object(c, error));
    } else if (peek(c) == '[') {
        if (*c->part)
            return rd_fail(error, RONDO_BAD_ARGUMENT, "%s: a list of pieces has no part %s", c->name,
                           rd_quote(c->part).text);
        RD_TRY(read_pieces(c, 1, error));
    } else {
        return bad(c, error, "an object of parts or a list of pieces");
    }
    (void)peek(c);
    return c->at == c->size ? RONDO_OK : bad(c, error, "the end of the file");
}

rondo_status rd_roll_json_read(const char *name, const char *text, size_t size, const char *part,
                               rd_on_piece on_piece, void *user, rondo_error *error)
{
    cursor c = {.name = name,
                .text = text,
                .size = size,
                .line = 1,
                .part = part,
                .on_piece = on_piece,
                .user = user};
    const rondo_status status = read_text(&c, error);
    rd_roll_free(&c.roll);
    return status;
}

void rd_roll_json_write(const rd_roll *roll, rd_text *out)
{
    rd_text_put(out, "[");
    for (size_t i = 0; i < roll->count; i++) {
        const char *gap = "";
        rd_text_put(out, i ? ", [" : "[");
        for (unsigned pitch = 0; pitch < RD_PITCHES; pitch++) {
            if (!rd_chord_has(&roll->frame[i], pitch)) continue;
            rd_text_format(out, "%s%u", gap, pitch);
            gap = ", ";
        }
        rd_text_put(out, "]");
    }
    rd_text_put(out, "]");
}
