/* What every SVG picture is written with: numbers without locale, text that cannot become markup, one style
 * sheet. */
#ifndef RD_SVG_WRITE_H
#define RD_SVG_WRITE_H

#include "base/text.h"

enum { RD_SVG_COLORS = 6 };

/* At most two decimals, shortest form: 12, 0.5, -3.25. */
void rd_svg_number(rd_text *out, double value);
/* " name=\"12.5\"" */
void rd_svg_attribute(rd_text *out, const char *name, double value);
/* Text from outside: markup escaped, controls and bad UTF-8 as U+FFFD. NULL writes nothing. */
void rd_svg_escape(rd_text *out, const char *text);
/* The opening tag with title, description, style and background. */
void rd_svg_open(rd_text *out, double width, double height, const char *title, const char *description);
void rd_svg_close(rd_text *out);
/* <text>: anchor "start", "middle" or "end"; style "ink" or "soft", or "c0".."c5" for the colour of a series.
 */
void rd_svg_text(rd_text *out, double x, double y, const char *anchor, const char *style, const char *text);
void rd_svg_line(rd_text *out, double x1, double y1, double x2, double y2, const char *style);
/* The colour that stands in the attributes and its class, for series number `color`. */
const char *rd_svg_color(size_t color);

#endif
