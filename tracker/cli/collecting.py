"""tracker collect, run, status."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, reading, writing
from tracker.domain.errors import TrackerError, UsageError
from tracker.domain.words import LogFormat, Platform

if TYPE_CHECKING:
    from tracker.cli.logs import Redaction
    from tracker.cli.progress import Totals
    from tracker.collectors.protocol import Collector
    from tracker.config.home import Config
    from tracker.domain.instants import Clock, Instant
    from tracker.runtime.local import Work
    from tracker.runtime.worker import Tally
    from tracker.store.store import Store

PARTIAL, TRY_LATER = 3, 75


@contextmanager
def work_for(config: Config, store: Store, observer: Totals, clock: Clock) -> Iterator[Work]:
    """All that collecting needs, with the sandbox up where the settings ask for it; SIGTERM and SIGINT stop it."""
    from functools import partial

    from tracker.cli.rehearsal import source_of
    from tracker.collectors.registry import open_collector, telegram_is_read
    from tracker.runtime.local import Work

    with source_of(config, clock) as source:

        def opened(platform: Platform) -> Collector:
            if platform is Platform.TELEGRAM:
                observer.reads(platform, telegram_is_read(source))
            return open_collector(platform, source)

        openers = {platform: partial(opened, platform) for platform in config.settings.platforms}
        work = Work(config, store, openers, clock, observer)
        with _stopped_by_signals(work.stop.set):
            yield work


def alerting(work: Work) -> None:
    """Let the work tell of accounts that fall silent. Raises ConfigError if that is asked for and cannot be done."""
    from tracker.runtime.alerts import Alerts

    work.alerts = Alerts(work.store, work.clock, work.observer)
    work.alerts.take_up(work.config)


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """SIGTERM and SIGINT ask to stop; a second SIGINT no longer asks, a second SIGTERM breaks nothing off."""
    leaving = False

    def asked(_number: int, _frame: object) -> None:
        nonlocal leaving
        leaving = True
        stop()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if leaving and number == signal.SIGTERM else handler)


def collect(
    context: typer.Context,
    subject: Annotated[
        str | None, typer.Option(metavar="SUBJECT", help="Only this subject of the watchlist.")
    ] = None,
    platform: Annotated[Platform | None, typer.Option(help="Only this platform.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Visit every account, due or not.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")] = False,
) -> None:
    """Visit the accounts that are due, once.

    Exit code 0, 3 if part failed, 75 if all was rate limited, 78 if a credential is missing.

    Example: tracker collect --platform telegram
    """
    from tracker.cli.progress import watching
    from tracker.config.home import platforms_in_use
    from tracker.runtime.clock import clock_from
    from tracker.runtime.local import collect as collect_once

    config = config_of(context)
    platforms = platforms_in_use(config, platform, subject)
    if not platforms:
        raise UsageError(_why_nothing(config, platform, subject))
    with writing(config) as store, watching(quiet=quiet) as observer:
        with work_for(config, store, observer, clock_from(config.settings.clock_start)) as work:
            alerting(work)
            tallies = collect_once(work, platforms, subject=subject, everything=everything)
            stopped = work.stop.is_set()
        idle = not observer.accounts and not observer.requests
        nothing = idle and not any(tally.stop for tally in tallies.values())
        said = _nothing_until(store.next_due(platforms, subject)) if nothing and not stopped else str(observer)
    if not quiet:
        typer.echo(said, err=True)
    raise typer.Exit(PARTIAL if stopped else exit_code(list(tallies.values())))


def _nothing_until(due: Instant | None) -> str:
    """Why nothing was done."""
    from tracker.domain.instants import iso

    return "nothing is due" if due is None else f"nothing is due before {iso(due)}; see `tracker status`"


def exit_code(tallies: list[Tally]) -> int:
    """0 if all went well, 75 if nothing did and only rate limits stood in the way, else 3."""
    from tracker.domain.outcomes import OutcomeKind

    visited = sum(tally.visits.total() for tally in tallies)
    failed = sum(tally.failed for tally in tallies)
    stops = [tally.stop for tally in tallies if tally.stop is not None]
    limited = sum(tally.visits[OutcomeKind.RATE_LIMITED] for tally in tallies)
    if not failed and not stops:
        return 0
    if visited == limited and all(stop.kind is OutcomeKind.RATE_LIMITED for stop in stops):
        return TRY_LATER
    return PARTIAL


def _why_nothing(config: Config, platform: Platform | None, subject: str | None) -> str:
    """Which filter left nothing to visit."""
    import difflib

    if subject is not None and not config.watchlist.select(subject):
        names = sorted({account.subject for account in config.watchlist.accounts})
        near = difflib.get_close_matches(subject, names, n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        return f"no subject {subject!r} in {config.home.watchlist}{hint}"
    if platform is not None and platform not in config.settings.platforms:
        return f"{platform} is not among the platforms in {config.home.settings}"
    chosen = config.watchlist.select(subject, platform)
    if chosen:
        return f"none of the {len(chosen)} accounts chosen is confirmed; see `tracker check`"
    return f"no account in {config.home.watchlist} is chosen by these options"


def run(
    context: typer.Context,
    log_format: Annotated[
        LogFormat | None,
        typer.Option(help="How the log is written. [default: that of the settings: JSON where no terminal is]"),
    ] = None,
) -> None:
    """Collect until told to stop: the daemon.

    SIGTERM finishes the page in hand and leaves within 10 seconds. The watchlist and the settings are read again
    whenever they change, and with the credentials on SIGHUP. One line per visit goes to standard error: plain on a
    terminal, JSON anywhere else.

    Example: tracker --home /srv/tracker run
    """
    signal.signal(signal.SIGTERM, _leave)  # until the work has begun there is nothing to finish
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

    import logging

    from tracker.cli.logs import logging_to_stderr

    config = config_of(context)
    with logging_to_stderr(log_format or config.settings.log.format) as redaction:
        log = logging.getLogger("tracker")
        try:
            _run(config, redaction, log.info, log.warning)
        except TrackerError as error:
            log.error(str(error))
            raise typer.Exit(error.exit_code) from None


def _run(config: Config, redaction: Redaction, say: Callable[[str], None], warn: Callable[[str], None]) -> None:
    """Collect until told to stop."""
    import os

    from tracker.cli.progress import Lines
    from tracker.cli.watched import Vigil
    from tracker.runtime.clock import clock_from
    from tracker.runtime.local import Daemon
    from tracker.runtime.observer import Together

    vigil = Vigil(config.home, redaction, warn)
    vigil.take_up(config)
    observer = Lines(say=say, warn=warn, every_visit=True)
    with writing(config) as store:
        with work_for(config, store, observer, clock_from(config.settings.clock_start)) as work:
            work.observer = Together((observer, vigil.pulse, vigil.meters))
            work.openers = vigil.learning(work.openers)
            alerting(work)
            # A missing credential is said now, not at the first tick in the night.
            for platform in _needed(config):
                work.openers[platform]().close()
            say(f"collecting into {store.path}; stop with SIGTERM or Ctrl-C")
            vigil.say_if_never_fed(config)
            daemon = Daemon(work, say, warn, pulse=vigil.pulse, taken_up=vigil.take_up)
            signal.signal(signal.SIGHUP, lambda _number, _frame: daemon.look_again())
            finished = daemon.run()
        say(f"stopped: {observer}")
        if daemon.unusable is not None:
            raise daemon.unusable
        if not finished:
            say("a request was still under way; what it brings is read again next time")
            sys.stderr.flush()
            os._exit(0)  # its thread would keep the process; everything committed is on the disk


def _leave(_number: int, _frame: object) -> None:
    """Leave at once, and well."""
    sys.exit(0)


def _needed(config: Config) -> list[Platform]:
    from tracker.config.home import platforms_in_use

    return platforms_in_use(config)


def status(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
    health: Annotated[
        bool, typer.Option("--health", help="For monitors: is all well? Ends with 0 if so, else with 1.")
    ] = False,
) -> None:
    """Show how collection stands.

    Per account the last visit, its outcome, the next visit, posts, coverage and holes. With --health instead whether
    the daemon runs and works, the database and the platforms answer, accounts are failing, and the disk has space.

    Example: tracker status --health --json
    """
    if health:
        from tracker.cli.health import tell_health

        tell_health(context, as_json=as_json)
    from tracker.reports.status import status_json, status_table
    from tracker.runtime.clock import clock_from

    config = config_of(context)
    with reading(config) as reader:
        accounts = reader.status()
    if as_json:
        typer.echo(status_json(accounts))
    else:
        status_table(accounts, clock_from(config.settings.clock_start)(), sys.stdout)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(collect)
    app.command()(run)
    app.command()(status)
