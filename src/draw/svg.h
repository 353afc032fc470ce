/* Pictures as SVG: text, no script, no embedded fonts, readable without style sheets (every element carries
 * its own colours), light and dark by media query, title and description filled for those who cannot see
 * them. */
#ifndef RD_SVG_H
#define RD_SVG_H

#include "draw/chart.h"

/* A document of charts one under the other; height[i] is that of chart i in pixels, 0 takes 320. */
rondo_status rd_svg_charts(const rd_chart *charts, const size_t *height, size_t count, const char *title,
                           const char *description, rd_text *out, rondo_error *error);
/* Vertical bars, as of a histogram; negative values hang below the zero line. */
rondo_status rd_svg_bars(const rd_bars *bars, rd_text *out, rondo_error *error);

#endif
