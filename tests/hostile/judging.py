"""What must not be in an output, looked for by real readers of its format."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

from openpyxl import load_workbook

OWN_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
"""Which rich writes on a terminal."""
COMMANDS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
TURNING = re.compile("[\u202a-\u202e\u2060-\u2065\ufeff\u200b]")
STARTS = tuple("=+-@\t\r\n＝＋－＠")
NUMBER = re.compile(r"-?[0-9][0-9.,]*( %)?|-|")


def commands_in(text: str) -> list[str]:
    """What a terminal would obey in a text, but for rich's own colours."""
    return COMMANDS.findall(OWN_COLOURS.sub("", text))


def turned_in(text: str) -> list[str]:
    """What would reorder or hide parts of a line."""
    return TURNING.findall(text)


def formulas_in_csv(text: str) -> list[str]:
    """Cells that a spreadsheet would compute."""
    usual = csv.field_size_limit(2**24)
    try:
        cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]
    finally:
        csv.field_size_limit(usual)
    return [cell for cell in cells if cell.startswith(STARTS) and not NUMBER.fullmatch(cell)]


def formulas_in_workbook(path: Path) -> list[object]:
    """Cells that Excel would compute."""
    book = load_workbook(path)
    return [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.live: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.scripts += 1
        if tag in ("iframe", "object", "embed", "base", "form", "foreignobject", "x"):
            self.live.append(tag)
        for name, value in attrs:
            address = re.sub(r"[\x00-\x20]", "", (value or "")).casefold()
            if name.startswith("on") or (name in ("href", "src", "xlink:href") and _is_live(address)):
                self.live.append(f"{tag} {name}={value}")


def _is_live(address: str) -> bool:
    return address.startswith(("javascript:", "vbscript:", "data:text"))


def live_in_html(text: str, scripts: int = 0) -> list[str]:
    """Elements and attributes that would do something, beyond so many scripts."""
    elements = _Elements()
    elements.feed(text)
    elements.close()
    return elements.live + ["script"] * (elements.scripts - scripts)


def live_in_svg(text: str) -> list[str]:
    """The same in a picture, which has to be well-formed."""
    found: list[str] = []
    for element in ElementTree.fromstring(text).iter():
        tag = element.tag.rpartition("}")[2].casefold()
        found += [tag] if tag in ("script", "foreignobject", "iframe") else []
        found += [name for name, value in element.attrib.items() if name.startswith("on") or _is_live(value)]
    return found
