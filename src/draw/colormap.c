/* The tables and the way from a value to an entry. */
#include "draw/colormap.h"

#include <math.h>

#define RD_COLORMAP(name, ...) static const rd_rgb name[256] = {__VA_ARGS__};
#include "draw/colormap.def"
#undef RD_COLORMAP

rd_rgb rd_color_at(rd_colormap map, size_t i)
{
    static const rd_rgb *const tables[] = {sequential, diverging};
    return tables[map][i > 255 ? 255 : i];
}

rd_rgb rd_color_of(rd_colormap map, double value, double low, double high)
{
    static const rd_rgb grey = {128, 128, 128};
    if (!isfinite(value) || !(high > low)) return grey;
    double part = (value / 2 - low / 2) / (high / 2 - low / 2);
    return rd_color_at(map, (size_t)floor(fmin(fmax(part, 0), 1) * 255 + 0.5));
}
