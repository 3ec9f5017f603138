"""tracker chart: the reports as pictures."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import reading
from tracker.cli.options import AsOf, Calendar, Country, PlatformOption, RoleOption, Since, Until, require_number
from tracker.cli.overriding import Override, Reason, config_for
from tracker.cli.selecting import chosen, selection_of
from tracker.domain.errors import UsageError
from tracker.reports.calendars import Calendar as Calendars

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.config.home import Config
    from tracker.reports.charts.drawing import Picture


class ChartKind(StrEnum):
    """The pictures that there are."""

    USAGE = "usage"
    ACTIVITY = "activity"
    INFLUENCE = "influence"
    SILENCE = "silence"
    NETWORK = "network"
    TIMELINE = "timeline"


def chart(
    context: typer.Context,
    kind: Annotated[
        ChartKind,
        typer.Argument(
            metavar="KIND",
            help="What to draw: usage, activity, influence, silence, network or timeline.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="A new file, .png or .svg. Default: KIND.png in the current folder.",
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    country: Country = None,
    role: RoleOption = None,
    platform: PlatformOption = None,
    calendar: Calendar = Calendars.GREGORIAN,
    as_of: AsOf = None,
    rows: Annotated[int, typer.Option(min=1, max=40, help="How many rows a panel shows at most.")] = 12,
    scale: Annotated[
        float, typer.Option(min=0.5, max=6, help="Size of a PNG: 1 for a screen, 2 or more for print.")
    ] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    override: Override = False,
    reason: Reason = None,
) -> None:
    """Draw a report, with restrictions, events and holes in the coverage, and its source below.

    Example: tracker chart timeline --country IR --from 2020-01-01 -o timeline.svg
    """
    from tracker.cli.recording import record_export
    from tracker.reports.charts.drawing import require_charts
    from tracker.reports.files import require_free, require_outside, writing, writing_bytes

    target = Path(f"{kind}.png") if output is None else output
    suffix = target.suffix.lower()
    if suffix not in (".png", ".svg"):
        raise UsageError(f"{target}: the name of a picture ends in .png or .svg")
    require_charts()
    require_number(scale, "--scale")
    config = config_for(context, override, reason)
    require_outside(config.home, config.settings, target)
    selection = selection_of(
        config, since=since, until=until, country=country, role=role, platform=platform, as_of=as_of
    )
    picture = picture_of(config, kind, selection, calendar, rows)
    require_free(target, force)
    record_export(config, f"chart {kind}", suffix[1:], selection, target)
    if suffix == ".svg":
        with writing(target, force) as out:
            out.write(picture.svg())
    else:
        with writing_bytes(target, force) as binary:
            binary.write(picture.png(scale))
    typer.echo(f"wrote {picture.title!r} to {target}", err=True)


def picture_of(
    config: Config,
    kind: ChartKind,
    selection: Selection,
    calendar: Calendars = Calendars.GREGORIAN,
    rows: int = 12,
) -> Picture:
    """The picture of the selection. Raises UsageError if nobody passes the filters, ConfigError without the extra."""
    from tracker.reports.charts.drawing import require_charts

    require_charts()
    from tracker.reports.charts.scene import Scene

    accounts = chosen(config, selection)
    scene = Scene(
        selection, tuple(accounts), config.restrictions, config.events, config.settings, calendar, most_rows=rows
    )
    match kind:
        case ChartKind.USAGE:
            from tracker.cli.reporting import usage_of
            from tracker.reports.charts.usage import usage_picture

            return usage_picture(usage_of(config, selection), scene)
        case ChartKind.ACTIVITY:
            from tracker.cli.report_activity import activity_of
            from tracker.domain.words import By, Every
            from tracker.reports.charts.activity import activity_picture

            report = activity_of(config, selection, Every.WEEK, By.ROLE)
            return activity_picture(report, scene)
        case ChartKind.INFLUENCE:
            from tracker.cli.report_influence import influence_of
            from tracker.reports.charts.influence import influence_picture

            return influence_picture(influence_of(config, selection), scene)
        case ChartKind.SILENCE:
            from tracker.cli.report_silence import silence_of
            from tracker.reports.charts.silence import silence_picture

            return silence_picture(silence_of(config, selection), scene)
        case ChartKind.NETWORK:
            from tracker.cli.report_network import network_of
            from tracker.reports.charts.network import network_picture

            return network_picture(network_of(config, selection), scene)
        case _:
            from tracker.analysis.timeline import timeline
            from tracker.reports.charts.timeline import timeline_picture

            with reading(config) as reader:
                series = reader.series(accounts)
            return timeline_picture(timeline(series, config.restrictions, config.settings, selection), scene)


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(chart)
