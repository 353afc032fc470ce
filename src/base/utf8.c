/* UTF-8 as RFC 3629 has it, and how wide a terminal draws it. */
#include "base/text.h"

#include <string.h>

size_t rd_utf8_length(const unsigned char *text, size_t size)
{
    /* The first bytes of each form, and the range of the second byte that keeps overlong forms, surrogates
     * and values past U+10FFFF out. */
    static const struct {
        unsigned char first, last, length, low, high;
    } forms[] = {
        {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
        {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
        {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
    };
    if (size == 0) return 0;
    if (text[0] < 0x80) return 1;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (text[0] < forms[i].first || text[0] > forms[i].last) continue;
        if (size < forms[i].length || text[1] < forms[i].low || text[1] > forms[i].high) return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((text[k] & 0xC0) != 0x80) return 0;
        return forms[i].length;
    }
    return 0;
}

size_t rd_utf8_check(const unsigned char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        uint64_t eight;
        if (size - at >= sizeof eight &&
            (memcpy(&eight, text + at, sizeof eight), (eight & 0x8080808080808080u) == 0)) {
            at += sizeof eight;
            continue;
        }
        const size_t length = rd_utf8_length(text + at, size - at);
        if (length == 0) return at;
        at += length;
    }
    return size;
}

size_t rd_utf8_encode(uint32_t code, char out[4])
{
    static const uint32_t last[] = {0x7F, 0x7FF, 0xFFFF, 0x10FFFF};
    static const unsigned char mark[] = {0, 0xC0, 0xE0, 0xF0};
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return 0;
    size_t more = 0;
    while (code > last[more])
        more++;
    for (size_t i = more; i > 0; i--, code >>= 6)
        out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)(mark[more] | code);
    return more + 1;
}

/* Ranges that take other than one column, after the Unicode East Asian Width and general category tables; in
 * ascending order. */
static const struct range {
    uint32_t first, last;
    unsigned columns;
} ranges[] = {
    {0x00000, 0x0001F, 0}, {0x0007F, 0x0009F, 0}, {0x00300, 0x0036F, 0}, {0x00483, 0x00489, 0},
    {0x00591, 0x005BD, 0}, {0x0064B, 0x0065F, 0}, {0x006D6, 0x006DC, 0}, {0x006DF, 0x006E4, 0},
    {0x00900, 0x00902, 0}, {0x0093C, 0x0093C, 0}, {0x00941, 0x00948, 0}, {0x0094D, 0x0094D, 0},
    {0x00E31, 0x00E31, 0}, {0x00E34, 0x00E3A, 0}, {0x00E47, 0x00E4E, 0}, {0x01100, 0x0115F, 2},
    {0x01160, 0x011FF, 0}, {0x01AB0, 0x01ACE, 0}, {0x01DC0, 0x01DFF, 0}, {0x0200B, 0x0200F, 0},
    {0x0202A, 0x0202E, 0}, {0x02060, 0x0206F, 0}, {0x020D0, 0x020F0, 0}, {0x0231A, 0x0231B, 2},
    {0x02329, 0x0232A, 2}, {0x023E9, 0x023EC, 2}, {0x025FD, 0x025FE, 2}, {0x02614, 0x02615, 2},
    {0x02648, 0x02653, 2}, {0x0267F, 0x0267F, 2}, {0x026A1, 0x026A1, 2}, {0x026BD, 0x026BE, 2},
    {0x02705, 0x02705, 2}, {0x0270A, 0x0270B, 2}, {0x02728, 0x02728, 2}, {0x0274C, 0x0274C, 2},
    {0x02753, 0x02755, 2}, {0x02795, 0x02797, 2}, {0x02E80, 0x03029, 2}, {0x0302A, 0x0302D, 0},
    {0x0302E, 0x0303E, 2}, {0x03041, 0x03098, 2}, {0x03099, 0x0309A, 0}, {0x0309B, 0x04DBF, 2},
    {0x04E00, 0x0A4CF, 2}, {0x0A960, 0x0A97C, 2}, {0x0AC00, 0x0D7A3, 2}, {0x0F900, 0x0FAFF, 2},
    {0x0FE00, 0x0FE0F, 0}, {0x0FE10, 0x0FE19, 2}, {0x0FE20, 0x0FE2F, 0}, {0x0FE30, 0x0FE6F, 2},
    {0x0FEFF, 0x0FEFF, 0}, {0x0FF00, 0x0FF60, 2}, {0x0FFE0, 0x0FFE6, 2}, {0x16FE0, 0x18CFF, 2},
    {0x1B000, 0x1B2FF, 2}, {0x1F300, 0x1F64F, 2}, {0x1F680, 0x1F6FF, 2}, {0x1F900, 0x1F9FF, 2},
    {0x1FA70, 0x1FAFF, 2}, {0x20000, 0x3FFFD, 2}, {0xE0000, 0xE01EF, 0},
};

static unsigned columns_of(uint32_t code)
{
    size_t low = 0, high = sizeof ranges / sizeof *ranges;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (ranges[middle].last < code)
            low = middle + 1;
        else
            high = middle;
    }
    return low < sizeof ranges / sizeof *ranges && code >= ranges[low].first ? ranges[low].columns : 1;
}

size_t rd_utf8_columns(const char *text, size_t size)
{
    static const unsigned char first[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *bytes = (const unsigned char *)text;
    size_t columns = 0;
    for (size_t at = 0; at < size;) {
        const size_t length = rd_utf8_length(bytes + at, size - at);
        uint32_t code = length ? bytes[at] & first[length] : 0xFFFD; /* a bad byte is drawn as one mark */
        for (size_t i = 1; i < length; i++)
            code = code << 6 | (bytes[at + i] & 0x3F);
        columns += columns_of(code);
        at += length ? length : 1;
    }
    return columns;
}
