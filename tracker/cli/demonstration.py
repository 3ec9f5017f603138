"""The demo: a home like any other, whose settings name the sandbox in place of the platforms."""

from __future__ import annotations

import csv
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tracker.domain.errors import ConfigError, TrackerError, UsageError
from tracker.domain.words import By

if TYPE_CHECKING:
    from tracker.config.home import Config, Home
    from tracker.domain.instants import Clock

DAY_AFTER_THE_SAMPLE = "2021-03-13T00:00:00Z"
BUSIEST = 10

SETTINGS = f"""\
# The demo's settings. `sandbox` in place of an address starts the local servers for the command.
database = "data/tracker.db"

[time]
# The sample ends on 2021-03-12; the clock starts on the day after whenever a command does.
clock_start = "{DAY_AFTER_THE_SAMPLE}"

[zones]
CN = "Asia/Shanghai"
EU = "Europe/Brussels"
IR = "Asia/Tehran"
RU = "Europe/Moscow"
US = "America/New_York"

[x]
api_url = "sandbox"

[telegram]
server = "sandbox"
pace = "0s"
"""

WATCHLIST_HEAD = """\
# The demo's watchlist. X: real accounts of diplomats and state bodies, from DIPROMATS 2023/2024, which does not tell
# the two apart: all are listed as official. Telegram: generated; no such person or body exists.
"""

MORE_EVENTS = """\
# For the demo: public events within the time of its sample, from the same sources as config/restrictions.csv. None of
# the demo's accounts is Myanmar's; they show how the report reads, and say nothing about these events.
ru-2020-telegram-lifted,2020-06,month,RU,telegram,lifted,Russia lifts its block of Telegram,,bscomputer
mm-2021-x-block,2021-02-05,day,MM,x,block,"Myanmar blocks X (then Twitter)",,techcrunch.com 2021-02-05
"""


def demonstrate(directory: Path) -> None:
    """Make the home unless it is there, collect until nothing is due, report, export, and say what comes next."""
    from tracker.config.home import Home, load

    home = Home(directory)
    _make(home)
    config = load(home)
    typer.echo(f"Collecting into {home.path} from the local sandbox: X API and Telegram MTProto on 127.0.0.1.")
    _collect_until_idle(config)
    _publish(config)
    _report(config)
    _export(config)
    _what_next(home)


def _make(home: Home) -> None:
    """Write the demo's configuration. A folder with another configuration is left alone."""
    from tracker.config.starter import starter_folder

    settings, watchlist = SETTINGS.encode(), _watchlist().encode()
    if home.settings.exists() and home.settings.read_bytes() == settings:
        return
    # Settings are no must: a home may have a watchlist alone.
    if home.settings.exists() or (home.watchlist.exists() and home.watchlist.read_bytes() != watchlist):
        raise UsageError(f"{home.path} is the home of something else; name another folder: tracker demo DIR")
    home.config.mkdir(parents=True, exist_ok=True)
    home.watchlist.write_bytes(watchlist)
    for file, more in ((home.restrictions, ""), (home.events, MORE_EVENTS)):
        file.write_bytes((starter_folder() / file.name).read_bytes() + more.encode())
    home.settings.write_bytes(settings)


def _watchlist() -> str:
    from tracker.config.watchlist import LAYOUT
    from tracker.sandbox.telegram_demo import demo_watchlist, demo_world
    from tracker.sandbox.x_data import sample_handles

    out = io.StringIO(newline="")
    out.write(WATCHLIST_HEAD)
    writer = csv.DictWriter(out, LAYOUT.columns, restval="", lineterminator="\n")
    writer.writeheader()
    for handle, country in sample_handles().items():
        writer.writerow(
            {
                "subject": handle.lower(),
                "name": handle,
                "role": "official",
                "country": country,
                "platform": "x",
                "handle": handle,
                "source": "DIPROMATS 2023/2024 (hitz-zentroa/Odesia-Struct, Apache-2.0)",
            }
        )
    writer.writerows(demo_watchlist(demo_world()))
    return out.getvalue()


def _collect_until_idle(config: Config) -> None:
    """Run the daemon until nothing is due."""
    from tracker.cli.collecting import work_for
    from tracker.cli.opening import writing
    from tracker.cli.progress import watching
    from tracker.runtime.clock import clock_from
    from tracker.runtime.local import Daemon

    clock: Clock = clock_from(config.settings.clock_start)
    with writing(config) as store, watching() as observer:
        with work_for(config, store, observer, clock) as work:
            idle = Daemon(work, lambda line: typer.echo(line, err=True), until_idle=True)
            idle.run()
            complete = idle.is_idle
    typer.echo(str(observer))
    if not complete:
        raise TrackerError(f"stopped before the end; `tracker demo {config.home.path}` goes on where it was")


def _publish(config: Config) -> None:
    """Publish the page, and open it where somebody sits before a screen."""
    from tracker.cli.publishing import publish_to
    from tracker.cli.selecting import selection_of

    folder = config.home.path / "page"
    try:
        publish_to(folder, config, selection_of(config), force=True)
    except ConfigError as error:
        typer.echo(f"\nNo page: {error}")
        return
    page = (folder / "index.html").absolute()
    typer.echo(f"\nThe published page: {page}")
    if sys.stdout.isatty() and _has_display():
        import webbrowser

        webbrowser.open(page.as_uri())


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _report(config: Config) -> None:
    from tracker.cli.reporting import usage_of
    from tracker.cli.selecting import selection_of
    from tracker.reports.formats import ReportFormat
    from tracker.reports.sheet_writing import write_sheet
    from tracker.reports.usage import usage_sheet

    everything = selection_of(config)
    typer.echo("\n$ tracker --home " + str(config.home.path) + " report usage --by country\n")
    write_sheet(usage_sheet(usage_of(config, everything, By.COUNTRY)), ReportFormat.TABLE, sys.stdout)
    typer.echo(
        '\nThe posts on X are a sample, not every post: read each figure as "at least". Telegram is generated.'
    )
    typer.echo(f"\nThe {BUSIEST} busiest accounts\n")
    busiest = usage_sheet(usage_of(config, everything, By.ACCOUNT).busiest(BUSIEST))
    write_sheet(busiest, ReportFormat.TABLE, sys.stdout)


def _export(config: Config) -> None:
    from tracker.cli.exporting import Noun, export_to
    from tracker.cli.selecting import selection_of
    from tracker.reports.formats import ExportFormat

    target = config.home.path / "posts.csv"
    count = export_to(config, selection_of(config), Noun.POSTS, ExportFormat.CSV, target, force=True)
    typer.echo(f"\nWrote {count:,} posts to {target}; METHOD.md beside it says how")


def _what_next(home: Home) -> None:
    typer.echo(f"""
Every command works on this home: tracker --home {home.path} status
Without any account, over Telegram's public pages:
  tracker init my-tracker                          writes config/; edit my-tracker/config/watchlist.csv
  tracker --home my-tracker collect --platform telegram
With real credentials:
  export TRACKER_X_BEARER_TOKEN=...                from X's developer portal
  export TRACKER_TELEGRAM_API_ID=... TRACKER_TELEGRAM_API_HASH=...   from my.telegram.org
  tracker --home my-tracker login telegram         once
  tracker --home my-tracker collect                reads what is due; `tracker run` is the daemon""")
