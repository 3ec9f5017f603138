"""How pictures look: fonts, sizes and colours that survive colour blindness and grey print."""

from __future__ import annotations

FONT = "Vazirmatn, Liberation Sans, Tahoma, sans-serif"
"""The first is shipped; the others are for letters that it lacks, and for a browser that has not got it."""

OTHER_FONT = "Liberation Sans, DejaVu Sans, Noto Sans, sans-serif"
"""For names in letters that are neither Latin nor Arabic."""

WIDTH = 620
"""Of the plot, in pixels."""
LEFT, RIGHT = 220, 160
"""Of the gutters for names and for values."""
WHOLE = LEFT + WIDTH + RIGHT

TITLE_SIZE, LEAD_SIZE, HEAD_SIZE, TEXT_SIZE, SMALL_SIZE = 21, 13, 13, 12, 11

INK, SOFT_INK, FAINT, PAPER = "#1a1a1a", "#555555", "#d9d9d9", "#ffffff"

# Of Okabe and Ito's palette, by falling darkness: they stay apart as greys (L* 42, 71, 88).
STRONG, MIDDLE, WEAK = "#A23B00", "#E69F00", "#D5DDE3"
ACCENT = "#0072B2"
BAND, BAND_EDGE = "#F3D6C4", "#FBEEE6"
"""A restriction in force, and the time in which its edge lies."""
HATCH = "#8c8c8c"

STEPS = ("#C9DDF0", "#7FB2D9", "#2F7DB8", "#08396B")
"""Few to many: each darker than the last."""

ROLE_COLOURS = {
    "official": "#0072B2",
    "state_body": "#56B4E9",
    "outlet": "#D55E00",
    "journalist": "#009E73",
    "activist": "#CC79A7",
}
ROLE_SHAPES = {
    "official": "circle",
    "state_body": "square",
    "outlet": "diamond",
    "journalist": "triangle-up",
    "activist": "cross",
}
ROLE_HEADS = {
    "official": "Officials",
    "state_body": "State bodies",
    "outlet": "Outlets",
    "journalist": "Journalists",
    "activist": "Activists",
}
PLATFORM_HEADS = {"x": "X", "telegram": "Telegram"}

CONFIG = {
    "font": FONT,
    "background": PAPER,
    "padding": 18,
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": SMALL_SIZE,
        "labelColor": SOFT_INK,
        "titleFontSize": SMALL_SIZE,
        "titleFontWeight": "normal",
        "titleColor": SOFT_INK,
        "gridColor": "#e9e9e9",
        "domainColor": "#999999",
        "tickColor": "#999999",
    },
}
