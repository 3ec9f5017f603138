"""What every picture needs to know beside its report: who was asked about, when, and under which restrictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tracker.analysis.question import Selection
from tracker.analysis.report import CoverageState
from tracker.config.settings import Settings
from tracker.domain.events import Event
from tracker.domain.instants import Instant
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.wording import plural
from tracker.reports.calendars import Calendar, day_text
from tracker.reports.charts import theme
from tracker.reports.charts.layers import source_line


@dataclass(frozen=True)
class Scene:
    """The selection, its accounts, and what happened around them."""

    selection: Selection
    accounts: tuple[ListedAccount, ...]
    restrictions: tuple[Restriction, ...]
    events: tuple[Event, ...]
    settings: Settings
    calendar: Calendar = Calendar.GREGORIAN
    most_rows: int = 12
    """How many rows a panel shows at most."""

    @cached_property
    def listings(self) -> tuple[Listing, ...]:
        """The rows of the watchlist that pass the filters."""
        return tuple(row for account in self.accounts for row in account.listings if self.selection.asks_for(row))

    @cached_property
    def native_names(self) -> dict[str, str]:
        """The name in the country's own language by subject, where there is one that says something else."""
        return {row.subject: row.name_native for row in self.listings if row.name_native not in ("", row.name)}

    @cached_property
    def zone(self) -> str:
        """The zone of the picture's days: the country's if there is only one."""
        countries = {row.country for row in self.listings}
        return self.settings.zone(countries.pop()) if len(countries) == 1 else self.settings.default_zone

    def day(self, instant: Instant) -> str:
        """The day of an instant in the picture's zone and calendar."""
        return day_text(instant, self.zone, self.calendar)

    def window(self, since: Instant | None = None) -> str:
        """The time asked for, in words; `since` is where the figures begin if nothing was asked."""
        begins = self.selection.since if self.selection.since is not None else since
        first = "from the beginning of each account" if begins is None else f"from {self.day(begins)}"
        return f"{first} to {self.day(self.selection.end - 1)} ({self.zone})"

    def source(self, coverage: str, since: Instant | None = None) -> str:
        """The line under the picture."""
        counts = Counter(account.platform for account in self.accounts)
        who = " and ".join(
            f"{plural(count, 'account')} on {theme.PLATFORM_HEADS[platform]}"
            for platform, count in sorted(counts.items())
        )
        return source_line(who, self.window(since), coverage, self.day(self.selection.as_of))

    def events_about(self) -> list[Event]:
        """The events that concern any of the accounts, in order of time."""
        places = {(row.country, row.platform) for row in self.listings}
        found = [event for event in self.events if any(event.concerns(*place) for place in places)]
        return sorted(found, key=lambda event: (event.when.earliest, event.id))

    def restrictions_about(self) -> list[Restriction]:
        """The restrictions that concern any of the accounts, in order of time."""
        places = {(row.country, row.platform) for row in self.listings}
        found = [one for one in self.restrictions if any(one.concerns(*place) for place in places)]
        return sorted(found, key=lambda one: (one.country, one.platform, one.start.earliest, one.line))


def coverage_words(states: Iterable[CoverageState], what: str = "row") -> str:
    """`full for 9 of 10 rows, in part for 1`."""
    counts = Counter(states)
    whole = sum(counts.values())
    words = f"full for {counts[CoverageState.FULL]:,} of {plural(whole, what)}"
    if counts[CoverageState.PARTIAL]:
        words += f", in part for {counts[CoverageState.PARTIAL]:,} (≥: at least)"
    if counts[CoverageState.NONE]:
        words += f", none for {counts[CoverageState.NONE]:,}"
    return words
