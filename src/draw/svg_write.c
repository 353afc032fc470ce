/* The alphabet of the SVG pictures. Colours are Okabe and Ito's, safe for colour blindness, a little darker
 * on white and lighter on black so that thin lines keep their contrast. */
#include "draw/svg_write.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const light[RD_SVG_COLORS] = {"#0072b2", "#b8560f", "#00785c",
                                                 "#a8437c", "#6b6b00", "#5b4bb5"};
static const char *const dark[RD_SVG_COLORS] = {"#56b4e9", "#f0a04b", "#2fc79a",
                                                "#e494c2", "#e0d84a", "#a99cf0"};

const char *rd_svg_color(size_t color)
{
    return light[color % RD_SVG_COLORS];
}

void rd_svg_number(rd_text *out, double value)
{
    if (!(fabs(value) < 1e9)) {
        rd_text_put(out, "0");
        return;
    }
    long long hundredths = (long long)floor(fabs(value) * 100 + 0.5);
    const char *sign = value < 0 && hundredths > 0 ? "-" : "";
    if (hundredths % 100 == 0)
        rd_text_format(out, "%s%lld", sign, hundredths / 100);
    else if (hundredths % 10 == 0)
        rd_text_format(out, "%s%lld.%lld", sign, hundredths / 100, hundredths % 100 / 10);
    else
        rd_text_format(out, "%s%lld.%02lld", sign, hundredths / 100, hundredths % 100);
}

void rd_svg_attribute(rd_text *out, const char *name, double value)
{
    rd_text_format(out, " %s=\"", name);
    rd_svg_number(out, value);
    rd_text_put(out, "\"");
}

void rd_svg_escape(rd_text *out, const char *text)
{
    static const char *const entity[][2] = {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}};
    size_t size = text ? strlen(text) : 0;
    for (size_t at = 0; at < size;) {
        size_t length = rd_utf8_length((const unsigned char *)text + at, size - at);
        unsigned char first = (unsigned char)text[at];
        const char *instead = NULL;
        for (size_t i = 0; i < 4 && length == 1; i++) {
            if (text[at] == entity[i][0][0]) instead = entity[i][1];
        }
        int nonchar = length == 3 && first == 0xef && (unsigned char)text[at + 1] == 0xbf &&
                      (unsigned char)text[at + 2] >= 0xbe; /* U+FFFE and U+FFFF are not XML */
        if (length == 0 || first < 0x20 || first == 0x7f || nonchar) instead = "\xef\xbf\xbd";
        if (instead)
            rd_text_put(out, instead);
        else
            rd_text_add(out, text + at, length);
        at += length ? length : 1;
    }
}

static void put_style(rd_text *out)
{
    rd_text_put(out, "<style>\n@media (prefers-color-scheme: dark) {\n"
                     ".paper { fill: #15181d } .ink { fill: #e8e8e8 } .soft { fill: #a8adb5 }\n"
                     ".grid { stroke: #343a43 } .frame { stroke: #7d848f }\n");
    for (size_t i = 0; i < RD_SVG_COLORS; i++)
        rd_text_format(out, ".s%zu { stroke: %s } .c%zu { fill: %s }\n", i, dark[i], i, dark[i]);
    rd_text_put(out, "}\n</style>\n");
}

void rd_svg_open(rd_text *out, double width, double height, const char *title, const char *description)
{
    rd_text_put(out, "<svg xmlns=\"http://www.w3.org/2000/svg\"");
    rd_svg_attribute(out, "width", width);
    rd_svg_attribute(out, "height", height);
    rd_text_put(out, " viewBox=\"0 0 ");
    rd_svg_number(out, width);
    rd_text_put(out, " ");
    rd_svg_number(out, height);
    rd_text_put(out, "\" role=\"img\" aria-labelledby=\"title desc\" "
                     "font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title id=\"title\">");
    rd_svg_escape(out, title);
    rd_text_put(out, "</title>\n<desc id=\"desc\">");
    rd_svg_escape(out, description);
    rd_text_put(out, "</desc>\n");
    put_style(out);
    rd_text_put(out, "<rect class=\"paper\" fill=\"#ffffff\"");
    rd_svg_attribute(out, "width", width);
    rd_svg_attribute(out, "height", height);
    rd_text_put(out, "/>\n");
}

void rd_svg_close(rd_text *out)
{
    rd_text_put(out, "</svg>\n");
}

void rd_svg_text(rd_text *out, double x, double y, const char *anchor, const char *style, const char *text)
{
    const char *fill = strcmp(style, "ink") == 0 ? "#1f2328" : "#59606a";
    if (style[0] == 'c') fill = rd_svg_color((size_t)(style[1] - '0'));
    rd_text_format(out, "<text class=\"%s\" fill=\"%s\" text-anchor=\"%s\"%s", style, fill, anchor,
                   strcmp(style, "ink") == 0 ? " font-weight=\"600\"" : "");
    rd_svg_attribute(out, "x", x);
    rd_svg_attribute(out, "y", y);
    rd_text_put(out, ">");
    rd_svg_escape(out, text);
    rd_text_put(out, "</text>\n");
}

void rd_svg_line(rd_text *out, double x1, double y1, double x2, double y2, const char *style)
{
    rd_text_format(out, "<line class=\"%s\" stroke=\"%s\"", style,
                   strcmp(style, "grid") == 0 ? "#e3e6ea" : "#8a919b");
    rd_svg_attribute(out, "x1", x1);
    rd_svg_attribute(out, "y1", y1);
    rd_svg_attribute(out, "x2", x2);
    rd_svg_attribute(out, "y2", y2);
    rd_text_put(out, "/>\n");
}
