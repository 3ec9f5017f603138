"""The sections of a published page: each is a report that there is a command for, and its picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.cli.charting import ChartKind, picture_of
from tracker.cli.reporting import usage_of
from tracker.cli.selecting import chosen
from tracker.domain.errors import UsageError
from tracker.domain.words import By, Every
from tracker.reports.page.content import Chapter, Drawing, Section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tracker.analysis.question import Selection
    from tracker.analysis.report import UsageReport
    from tracker.config.home import Config
    from tracker.reports.columns import Column
    from tracker.reports.sheet import Row, Sheet

    Sheets = Callable[[Config, Selection], tuple[Sheet, ...]]

PNG_SCALE = 2.0
"""Fit for print."""


def sections_of(config: Config, selection: Selection, by_account: UsageReport) -> tuple[Section, ...]:
    """All sections in the order of the page; `by_account` is the usage of each account of the selection."""
    return (
        _section("usage", "Who uses what is banned", _usage, ChartKind.USAGE, config, selection),
        _section("activity", "Activity over time", _activity, ChartKind.ACTIVITY, config, selection),
        _section("influence", "Influence", _influence, ChartKind.INFLUENCE, config, selection),
        _section("silence", "Silence out of character", _silence, ChartKind.SILENCE, config, selection),
        _section("network", "Who points to whom", _network, ChartKind.NETWORK, config, selection),
        _section("timeline", "Timeline", _nothing, ChartKind.TIMELINE, config, selection),
        _section("restrictions", "Restrictions and events", _surroundings, None, config, selection),
        _section("coverage", "What is covered, and what is missing", _coverage, None, config, selection),
        _left_out(config, selection, by_account),
        _method(config),
    )


def _section(
    name: str, title: str, sheets: Sheets, kind: ChartKind | None, config: Config, selection: Selection
) -> Section:
    """A report and its picture; where one of them has no answer, what it says instead."""
    told: tuple[Sheet, ...] = ()
    drawings: tuple[Drawing, ...] = ()
    missing = []
    try:
        told = sheets(config, selection)
    except UsageError as error:
        missing.append(f"No figures: {error}.")
    try:
        drawings = () if kind is None else (_drawing(config, kind, selection),)
    except UsageError as error:
        missing.append(f"No picture: {error}.")
    return Section(name, title, drawings=drawings, sheets=told, missing=tuple(missing))


def _drawing(config: Config, kind: ChartKind, selection: Selection) -> Drawing:
    from tracker.reports.charts.drawing import png_of

    picture = picture_of(config, kind, selection)
    svg = picture.svg()
    return Drawing(kind.value, picture.title, picture.description, svg, png_of(svg, PNG_SCALE))


def _usage(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.reports.usage import usage_sheet

    def by(what: By) -> Sheet:
        sheet = usage_sheet(usage_of(config, selection, what))
        return replace(sheet, name=f"usage-by-{what.value}")

    return by(By.COUNTRY), by(By.SUBJECT)


def _activity(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.cli.report_activity import activity_of
    from tracker.reports.activity import activity_sheet

    return (activity_sheet(activity_of(config, selection, Every.MONTH, By.COUNTRY)),)


def _influence(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.cli.report_influence import influence_of
    from tracker.reports.influence import influence_sheet

    return (influence_sheet(influence_of(config, selection)),)


def _silence(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.cli.report_silence import silence_of
    from tracker.reports.silence import silence_sheets

    return silence_sheets(silence_of(config, selection))


def _network(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.cli.report_network import network_of
    from tracker.reports.network import network_sheets

    nodes, edges, flows = network_sheets(network_of(config, selection))
    return flows, nodes, edges


def _nothing(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    del config, selection
    return ()


def _surroundings(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.cli.report_event import events_of
    from tracker.reports.change import events_sheet
    from tracker.reports.page.context import restrictions_sheet

    restrictions = restrictions_sheet(config.restrictions, chosen(config, selection), selection.as_of)
    events = events_sheet(events_of(config, selection))
    return restrictions, replace(events, columns=tuple(map(_for_the_page, events.columns)))


def _for_the_page(column: Column) -> Column:
    """Here an event needs its source more than what can be asked about it."""
    ranks = {"source": 0, "earliest": 9, "accounts": 8}
    return replace(column, rank=ranks.get(column.key, column.rank))


def _coverage(config: Config, selection: Selection) -> tuple[Sheet, ...]:
    from tracker.analysis.ground_report import LOOKED_AT
    from tracker.cli.report_coverage import coverage_of
    from tracker.reports.ground import coverage_sheet

    sheet = coverage_sheet(coverage_of(config, selection))
    looked_at = [sheet.place(ground.value) for ground in LOOKED_AT]

    def share(row: Row) -> float:
        return sum(value for value in (row.values[place] for place in looked_at) if isinstance(value, float))

    return (
        replace(sheet, title=f"{sheet.title}, the least covered first", rows=tuple(sorted(sheet.rows, key=share))),
    )


def _left_out(config: Config, selection: Selection, by_account: UsageReport) -> Section:
    """Whom the page does not name, and why."""
    from tracker.reports.method import left_out

    rule = dict(by_account.definitions)["at risk"]
    people = left_out(chosen(config, selection), config)
    about_them = [note for note in by_account.notes if "at risk" in note]
    nobody = () if people or about_them else ("Nobody who passes the filters was left out.",)
    return Section("left-out", "What was left out, and why", lead=(rule, *people, *about_them, *nobody))


def _method(config: Config) -> Section:
    from tracker.reports.methodology import sections

    return Section(
        "method",
        "Method",
        lead=("What every figure means, its formula and its limits, with the thresholds that were used here.",),
        chapters=tuple(
            Chapter(one.title, tuple(_unquoted(one.intro)), one.definitions) for one in sections(config.settings)
        ),
    )


def _unquoted(sentences: Iterable[str]) -> Iterable[str]:
    """Without the marks that Markdown sets code in."""
    return (sentence.replace("`", "") for sentence in sentences)
