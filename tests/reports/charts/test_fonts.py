"""Persian is drawn with the shipped font, shaped, and nothing is drawn as a box."""

from __future__ import annotations

import struct
import subprocess
import sys
from importlib.resources import files
from itertools import pairwise

import pytest

from tracker.reports.charts import drawing
from tracker.sandbox.telegram_demo import SUBJECTS_IN_DEMO

PERSIAN = "خبرگزاری نمونه"
INVISIBLE = "\u200c\u2067\u2068\u2069"


def svg_of(text: str, family: str = "Vazirmatn") -> str:
    words = f'<text x="10" y="40" font-family="{family}" font-size="24">{text}</text>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="400" height="60">{words}</svg>'


def drawn(text: str, family: str = "Vazirmatn") -> bytes:
    return drawing._converter().svg_to_png(svg_of(text, family), scale=1)


def characters_of(font: bytes) -> set[int]:
    """The code points that the font has a glyph for, from its table `cmap`."""
    tables = struct.unpack(">H", font[4:6])[0]
    places = {
        font[12 + 16 * n : 16 + 16 * n]: struct.unpack(">I", font[20 + 16 * n : 24 + 16 * n])[0]
        for n in range(tables)
    }
    cmap = places[b"cmap"]
    found: set[int] = set()
    for number in range(struct.unpack(">H", font[cmap + 2 : cmap + 4])[0]):
        offset = cmap + struct.unpack(">I", font[cmap + 8 + 8 * number : cmap + 12 + 8 * number])[0]
        if struct.unpack(">H", font[offset : offset + 2])[0] == 12:
            for group in range(struct.unpack(">I", font[offset + 12 : offset + 16])[0]):
                first, last, _ = struct.unpack(">III", font[offset + 16 + 12 * group : offset + 28 + 12 * group])
                found.update(range(first, last + 1))
        elif struct.unpack(">H", font[offset : offset + 2])[0] == 4:
            count = struct.unpack(">H", font[offset + 6 : offset + 8])[0] // 2
            ends = struct.unpack(f">{count}H", font[offset + 14 : offset + 14 + 2 * count])
            starts = struct.unpack(f">{count}H", font[offset + 16 + 2 * count : offset + 16 + 4 * count])
            for first, last in zip(starts, ends, strict=True):
                found.update(range(first, min(last, 0xFFFE) + 1))
    return found


@pytest.mark.parametrize("file", ["Vazirmatn-Regular.ttf", "Vazirmatn-Bold.ttf"])
def test_the_shipped_font_has_a_glyph_for_every_letter_of_the_demo(file: str) -> None:
    known = characters_of((files("tracker.reports.charts") / "fonts" / file).read_bytes())
    needed = "".join(subject.name + subject.name_native for subject in SUBJECTS_IN_DEMO)
    needed += "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیۀ۰۱۲۳۴۵۶۷۸۹،؛؟«»≥≤≈…–:;,.()[]"
    assert {letter for letter in needed if ord(letter) not in known} <= set(INVISIBLE)
    assert 0x4E00 not in known, "the control: this font has no Chinese"


def test_the_font_is_registered() -> None:
    without = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, vl_convert; sys.stdout.buffer.write(vl_convert.svg_to_png(sys.stdin.read(), scale=1))",
        ],
        input=svg_of(PERSIAN).encode(),
        capture_output=True,
        check=True,
    ).stdout
    assert without.startswith(b"\x89PNG")
    assert drawn(PERSIAN) != without
    assert drawn(PERSIAN) != drawn("")


def test_letters_are_joined_and_run_from_right_to_left() -> None:
    assert drawn("خبر") != drawn("\u200c".join("خبر"))
    assert drawn("خبر") != drawn("ربخ")
    # Told to run from left to right, the same letters come out in the order of the reversed word.
    unjoined, overridden = "\u200c".join("دور"), "\u202d" + "\u200c".join("رود") + "\u202c"
    assert drawn(unjoined) == drawn(overridden)


def test_isolates_leave_no_mark() -> None:
    assert drawn("A\u2068B\u2069C") == drawn("ABC")
    assert drawn(f"\u2068{PERSIAN}\u2069") == drawn(PERSIAN)


def test_no_two_letters_look_like_the_same_box() -> None:
    pictures = [drawn(letter) for letter in sorted("آابپتثجچحخدذرزژسشصضطظعغفقگلمنوه")]
    assert all(one != other for one, other in pairwise(pictures))
    assert len(set(pictures)) == len(pictures)


def test_a_licence_comes_with_the_font() -> None:
    folder = files("tracker.reports.charts") / "fonts"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text("utf-8")
    assert "33.0.3" in (folder / "SOURCE.md").read_text("utf-8")
