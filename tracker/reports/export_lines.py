"""Posts as CSV the fast way: what is the same in many lines is written once here, the rest by the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO
from itertools import pairwise

from tracker.analysis.exposures import Exposures
from tracker.analysis.question import Selection
from tracker.domain.subjects import ListedAccount, Listing
from tracker.reports.cells import csv_writer
from tracker.reports.export_columns import WHO
from tracker.reports.export_rows import address_before, who
from tracker.reports.export_values import csv_cells
from tracker.store.csv_lines import LineFrame, Lines
from tracker.store.reader import Reader


def post_lines(
    reader: Reader, listed: Sequence[ListedAccount], exposures: Exposures, selection: Selection
) -> Iterator[Lines]:
    """The lines of `export_rows.post_rows`, each account's oldest first."""

    def frames(account: ListedAccount, handle: str, platform_id: int | None) -> Iterator[LineFrame]:
        for listing in account.listings:
            if selection.asks_for(listing):
                yield from _frames(listing, handle, platform_id, exposures, selection)

    return reader.post_lines(listed, frames)


def _frames(
    listing: Listing, handle: str, platform_id: int | None, exposures: Exposures, selection: Selection
) -> Iterator[LineFrame]:
    """The time asked for, cut where the verdict on a post may change."""
    since, until = selection.bounds(listing)
    exposed = exposures.of(listing)
    edges = {edge for part in (*exposed.restricted, *exposed.uncertain) for edge in part if since < edge < until}
    cuts = [since, *sorted(edges), until]
    address = address_before(listing.platform, handle)
    # Handles are letters, digits and underscores; whatever a platform should think of later stays one cell.
    quote = '"' if _line([address]) != f"{address}\r\n" else ""
    before = _line(csv_cells(WHO, who(listing, handle, platform_id))).removesuffix("\r\n")
    escaped = address.replace('"', '""')
    for begin, end in pairwise(cuts):
        if begin < end:
            yield LineFrame(
                begin,
                end,
                listing.platform,
                f"{before},",
                f",{quote}{escaped}",
                f"{quote},",
                f",{exposures.verdict(listing, begin)}\r\n",
            )


def _line(cells: Sequence[str]) -> str:
    out = StringIO(newline="")
    csv_writer(out)(cells)
    return out.getvalue()
