/* Text beyond ASCII goes through utf8proc, in memory of ours; ASCII is done here, since most text is that. */
#include "data/normalize.h"

#include "base/memory.h"

#if RONDO_WITH_UNICODE
#include <utf8proc.h>
#endif

static int is_ascii(const char *line, size_t size)
{
    unsigned char all = 0;
    for (size_t i = 0; i < size; i++)
        all |= (unsigned char)line[i];
    return all < 0x80;
}

static rondo_status lower_ascii(rd_normal *normal, const char *line, size_t size, rondo_error *error)
{
    rd_text_clear(&normal->text);
    rd_text_add(&normal->text, line, size);
    RD_TRY(rd_text_done(&normal->text, error));
    for (size_t i = 0; i < size; i++)
        if (line[i] >= 'A' && line[i] <= 'Z') normal->text.text[i] = (char)(line[i] - 'A' + 'a');
    return RONDO_OK;
}

#if RONDO_WITH_UNICODE
static rondo_status fold(rd_normal *normal, const rd_symbols_rules *rules, const char *line, size_t size,
                         rondo_error *error)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)line;
    const utf8proc_option_t form = rules->nfc ? UTF8PROC_STABLE | UTF8PROC_COMPOSE : (utf8proc_option_t)0;
    RD_TRY(rd_grow(&normal->code, &normal->room, size + 1, sizeof *normal->code, "normalising text", error));
    utf8proc_ssize_t codes =
        utf8proc_decompose(bytes, (utf8proc_ssize_t)size, normal->code, (utf8proc_ssize_t)normal->room, form);
    if (codes > 0 && (size_t)codes > normal->room) {
        RD_TRY(rd_grow(&normal->code, &normal->room, (size_t)codes, sizeof *normal->code, "normalising text",
                       error));
        codes = utf8proc_decompose(bytes, (utf8proc_ssize_t)size, normal->code,
                                   (utf8proc_ssize_t)normal->room, form);
    }
    for (utf8proc_ssize_t i = 0; rules->lowercase && i < codes; i++)
        normal->code[i] = utf8proc_tolower(normal->code[i]);
    if (codes >= 0 && rules->nfc) codes = utf8proc_normalize_utf32(normal->code, codes, form);
    if (codes < 0)
        return rd_fail(error, RONDO_BAD_DATA, "text cannot be normalised: %s", utf8proc_errmsg(codes));
    rd_text_clear(&normal->text);
    for (utf8proc_ssize_t i = 0; i < codes; i++) {
        char symbol[4];
        rd_text_add(&normal->text, symbol, rd_utf8_encode((uint32_t)normal->code[i], symbol));
    }
    return rd_text_done(&normal->text, error);
}
#else
static rondo_status fold(rd_normal *normal, const rd_symbols_rules *rules, const char *line, size_t size,
                         rondo_error *error)
{
    (void)normal, (void)rules;
    return rd_fail(error, RONDO_BAD_ARGUMENT,
                   "this build has no utf8proc: --lowercase and --normalize take ASCII only, found %s",
                   rd_quote_n(line, size).text);
}
#endif

rondo_status rd_normalize_check(const rd_symbols_rules *rules, rondo_error *error)
{
    if (rules->nfc && rules->kind == RD_TOKENS_BYTE)
        return rd_fail(error, RONDO_BAD_ARGUMENT, "--normalize nfc needs --tokens char or word, not byte");
    return RONDO_OK;
}

rondo_status rd_normalize(rd_normal *normal, const rd_symbols_rules *rules, const char *line, size_t size,
                          const char **out, size_t *out_size, rondo_error *error)
{
    int plain = rules->kind == RD_TOKENS_BYTE || is_ascii(line, size);
    *out = line;
    *out_size = size;
    if (size == 0 || (!rules->lowercase && (!rules->nfc || plain))) return RONDO_OK;
    if (plain)
        RD_TRY(lower_ascii(normal, line, size, error));
    else
        RD_TRY(fold(normal, rules, line, size, error));
    *out = normal->text.text ? normal->text.text : "";
    *out_size = normal->text.size;
    return RONDO_OK;
}

void rd_normal_free(rd_normal *normal)
{
    rd_free(normal->code);
    rd_text_free(&normal->text);
    *normal = (rd_normal){0};
}
