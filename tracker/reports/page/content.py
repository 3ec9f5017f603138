"""What a page says, before it is HTML."""

from __future__ import annotations

from dataclasses import dataclass

from tracker.domain.instants import Instant
from tracker.reports.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure in large type. `figure` carries its mark, `≥ 1,234`, or reads "no data"."""

    figure: str
    says: str
    """What is counted, in words that go on from the figure."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture for the page: drawn in it as SVG, and as PNG to take along."""

    name: str
    """Names the file and the ids in the SVG."""
    title: str
    description: str
    """What it shows, for those who cannot see it."""
    svg: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Chapter:
    """Words and what they mean, under a heading that opens them."""

    title: str
    lead: tuple[str, ...]
    definitions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading."""

    name: str
    """Its anchor."""
    title: str
    lead: tuple[str, ...] = ()
    """Paragraphs below the heading."""
    drawings: tuple[Drawing, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    missing: tuple[str, ...] = ()
    """What would stand here and does not, and why."""
    chapters: tuple[Chapter, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """All of a page."""

    title: str
    as_of: Instant
    asked: tuple[tuple[str, str], ...]
    """(what, value): the filters and the time, as people read them."""
    command: str
    """What makes this page again from the same database."""
    headlines: tuple[Headline, ...]
    sections: tuple[Section, ...]
    notices: tuple[str, ...] = ()
    """What is to be known before anything else: that the posts are a sample."""


@dataclass(frozen=True, slots=True)
class Download:
    """A file of the folder that the page offers."""

    path: str
    says: str
    size: int

    @property
    def size_text(self) -> str:
        return f"{self.size:,} bytes" if self.size < 1000 else f"{self.size / 1000:,.0f} kB"
