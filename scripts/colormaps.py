#!/usr/bin/env python3
"""Writes src/draw/colormap.def: the two colour tables, from formulas in OKLab (Ottosson 2020).

sequential: lightness rises evenly from dark blue to pale yellow while the hue turns; for quantities from none to much.
diverging:  blue, white, red; both halves are equally light, the middle (zero) is the lightest; for signed quantities.
The first is cut at equal OKLab distances along its curve; the second is two straight lines. Equal steps look equal.

usage: scripts/colormaps.py > src/draw/colormap.def
"""
import math


def to_linear(lightness, a, b):
    l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)


def to_srgb(lightness, a, b):
    return [12.92 * v if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055 for v in to_linear(lightness, a, b)]


def inside(lab):
    linear = to_linear(*lab)
    return all(-1e-6 <= v <= 1 + 1e-6 for v in linear)


def polar(lightness, chroma, degrees):
    """The colour with this lightness and hue, its chroma lowered until the screen can show it."""
    h = math.radians(degrees)
    low, high = 0.0, chroma
    if inside((lightness, high * math.cos(h), high * math.sin(h))):
        low = high
    for _ in range(40):
        middle = (low + high) / 2
        if inside((lightness, middle * math.cos(h), middle * math.sin(h))):
            low = middle
        else:
            high = middle
    return (lightness, low * math.cos(h), low * math.sin(h))


def sequential(t):
    return polar(0.22 + 0.74 * t, 0.035 + 0.075 * math.sin(math.pi * (0.1 + 0.8 * t)), 295 - 195 * t)


def diverging(t):
    u = abs(2 * t - 1)  # 0 in the middle
    return polar(0.97 - 0.50 * u, 0.155 * u, 258 if t < 0.5 else 25)


def even(curve, count=256, fine=20000):
    """count points at equal distance along the curve."""
    points = [curve(i / fine) for i in range(fine + 1)]
    length = [0.0]
    for p, q in zip(points, points[1:]):
        length.append(length[-1] + math.dist(p, q))
    colors, at = [], 0
    if curve is diverging:
        points, at, fine, length = [curve(i / (count - 1)) for i in range(count)], 0, count - 1, list(range(count))
    for i in range(count):
        goal = length[-1] * i / (count - 1)
        while at < fine and length[at] < goal - 1e-12:
            at += 1
        colors.append([round(255 * min(max(v, 0), 1)) for v in to_srgb(*points[at])])
    return colors


def main():
    print("/* Made by scripts/colormaps.py; do not edit. RD_COLORMAP(name, 256 times {red, green, blue}). */")
    for name, curve in (("sequential", sequential), ("diverging", diverging)):
        print(f"RD_COLORMAP({name},")
        colors = ["{%d, %d, %d}" % tuple(c) for c in even(curve)]
        rows = [", ".join(colors[i:i + 6]) for i in range(0, 256, 6)]
        print("    " + ",\n    ".join(rows) + ")")


main()
