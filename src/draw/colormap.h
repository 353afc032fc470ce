/* Two colour maps: equal steps look equal, also to colour-blind eyes. The tables are made by
 * scripts/colormaps.py. */
#ifndef RD_COLORMAP_H
#define RD_COLORMAP_H

#include <stddef.h>

typedef struct rd_rgb {
    unsigned char red, green, blue;
} rd_rgb;

typedef enum rd_colormap {
    RD_COLORMAP_SEQUENTIAL = 0, /* from none (dark) to much (pale) */
    RD_COLORMAP_DIVERGING = 1   /* negative blue, zero nearly white, positive red */
} rd_colormap;

/* The colour of a value on [low, high], held at the ends; grey for what is not finite. For the diverging map
 * give low = -high, so that zero is the middle. */
rd_rgb rd_color_of(rd_colormap map, double value, double low, double high);
/* Entry i of 0..255. */
rd_rgb rd_color_at(rd_colormap map, size_t i);

#endif
