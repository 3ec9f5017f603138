"""What became of imported files, as sheets: one a file, and what was not understood."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tracker.domain.instants import Instant
from tracker.reports.columns import Column, Kind
from tracker.reports.sheet import Row, Sheet

_FILES = (
    Column("file", wraps=True),
    Column("format"),
    Column(
        "posts",
        Kind.COUNT,
        meaning="Posts that were read and understood; of those only referred to, the ones of listed accounts.",
    ),
    Column("new", Kind.COUNT, meaning="Posts that were not in the database."),
    Column("known", Kind.COUNT, meaning="Posts that were in it already; what is certainly newer was taken over."),
    Column(
        "not_listed",
        Kind.COUNT,
        meaning="Posts that were dropped: of accounts that are not on the watchlist, are off, or are not confirmed.",
    ),
    Column(
        "at_risk",
        Kind.COUNT,
        meaning="Posts of people at risk: dropped, or counted in whole weeks that the files cover.",
    ),
    Column("other_items", Kind.COUNT, meaning="Items that are no posts, or of other platforms, groups and persons."),
    Column("not_understood", Kind.COUNT),
    Column("resumed_after", Kind.COUNT, meaning="The line or item after which an earlier import was broken off."),
)
_PUZZLES = (
    Column("file", wraps=True),
    Column("line", Kind.COUNT, meaning="The line, or in a file that is one JSON document the number of the item."),
    Column("reason", wraps=True),
)


def import_sheets(
    files: Sequence[tuple[object, ...]],
    puzzles: Iterable[tuple[str, int, str]],
    notes: Iterable[str],
    as_of: Instant,
) -> Iterator[Sheet]:
    """The sheets of an import. `files` has a tuple a file, in the order of the columns."""
    yield Sheet("import", "Imported files", as_of, _FILES, tuple(Row(values) for values in files), tuple(notes))  # type: ignore[arg-type]
    rows = tuple(Row(puzzle) for puzzle in puzzles)
    if rows:
        yield Sheet("not_understood", "Not understood", as_of, _PUZZLES, rows)
