"""From what a page says to its HTML and its files."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

from tracker.domain.errors import ConfigError
from tracker.reports.page.content import Download, Page
from tracker.reports.page.svg import embedded
from tracker.reports.page.table import Table, plain, table_of
from tracker.reports.sheet import Sheet

if TYPE_CHECKING:
    import jinja2

MISSING = "a page needs an extra that is not installed; run: pip install 'influence-tracker[charts]'"


def require_pages() -> None:
    """Raises ConfigError unless the library that fills templates is installed."""
    try:
        import jinja2
    except ImportError as error:
        raise ConfigError(MISSING) from error
    del jinja2


def sheets_of(page: Page) -> Iterator[Sheet]:
    """Every sheet of the page. Raises ValueError if two have the same name: they would be one file."""
    names: set[str] = set()
    for section in page.sections:
        for sheet in section.sheets:
            if sheet.name in names:
                raise ValueError(f"two sheets are named {sheet.name}")
            names.add(sheet.name)
            yield sheet


def file_of(sheet: Sheet) -> str:
    """Where the page expects the sheet as CSV."""
    return f"data/{sheet.name}.csv"


def pictures(page: Page) -> dict[str, bytes]:
    """The drawings as files by their path in the folder."""
    return {f"pictures/{drawing.name}.png": drawing.png for section in page.sections for drawing in section.drawings}


def index_html(page: Page, downloads: Sequence[Download]) -> bytes:
    """The page, whole: with its style, its script and its drawings, and a policy that allows these and nothing else.

    The same page always gives the same bytes. Raises ConfigError without the extra.
    """
    from markupsafe import Markup

    style, script = _own("page.css"), _own("page.js")
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src {_hash(style)}",
            f"script-src {_hash(script)}",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    html = (
        _templates()
        .get_template("page.html.j2")
        .render(
            page=page,
            tables=_tables(page),
            # Style and script are this package's own; what stands in a drawing was escaped when it was written.
            style=Markup(style),
            script=Markup(script),
            policy=Markup(policy),
            svgs={
                drawing.name: Markup(embedded(drawing.svg, f"picture-{drawing.name}", drawing.title))
                for section in page.sections
                for drawing in section.drawings
            },
            downloads=downloads,
        )
    )
    return html.encode()


def _tables(page: Page) -> dict[str, Table]:
    """The tables by name, with each note and each meaning under the first table of its section only."""
    tables = {}
    for section in page.sections:
        notes: set[str] = set()
        words: set[str] = set()
        for sheet in section.sheets:
            table = table_of(sheet, file_of(sheet))
            tables[sheet.name] = replace(
                table,
                notes=tuple(note for note in table.notes if note not in notes),
                meanings=tuple(pair for pair in table.meanings if pair[0] not in words),
            )
            notes.update(table.notes)
            words.update(word for word, _ in table.meanings)
    return tables


def _templates() -> jinja2.Environment:
    require_pages()
    import jinja2

    templates = jinja2.Environment(
        loader=jinja2.PackageLoader("tracker.reports.page", "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["plain"] = plain
    return templates


def _own(name: str) -> str:
    return (files("tracker.reports.page") / name).read_text("utf-8")


def _hash(text: str) -> str:
    """The source expression that lets a policy allow exactly this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
