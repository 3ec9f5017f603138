"""tracker init, check, login, db upgrade."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracker.cli.opening import config_of, database_of, home_of, naming_the_last_backup
from tracker.domain.errors import ConfigError, MissingCredentialError, UsageError
from tracker.domain.wording import plural

if TYPE_CHECKING:
    from tracker.config.home import Home
    from tracker.config.problems import Problem


class LoginPlatform(StrEnum):
    """The platforms that want a login rather than a token."""

    TELEGRAM = "telegram"


def init(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write config/ into.")],
) -> None:
    """Write a starting set of configuration files.

    Each is commented and carries an example. Files that exist are left alone.

    Example: tracker init my-tracker
    """
    from tracker.config.starter import init as write_starting_set

    started = write_starting_set(directory)
    for path in started.written:
        typer.echo(f"wrote {path}")
    for path in started.kept:
        typer.echo(f"kept  {path} (it was there)")
    typer.echo(f"Next: edit {directory / 'config' / 'watchlist.csv'}, then run `tracker --home {directory} check`.")


def check(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object for scripts.")] = False,
) -> None:
    """Validate the configuration files.

    Reports all problems at once, each with file, line, column and what would be right; and by which way each platform
    is reached. Exit code 78 if there are errors.

    Example: tracker --home my-tracker check
    """
    from tracker.config.home import check as find_problems
    from tracker.config.problems import Severity

    home = home_of(context)
    problems = find_problems(home)
    ways, wrong = _ways(home)
    problems += wrong
    if all(problem.severity is Severity.NOTE for problem in wrong):
        problems += _credentials(home)
    errors = sum(problem.severity is Severity.ERROR for problem in problems)
    notes = len(problems) - errors
    if as_json:
        import dataclasses
        import json

        rows = [dataclasses.asdict(problem) for problem in problems]
        told = {"errors": errors, "notes": notes, "problems": rows, "ways": ways}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for problem in problems:
            typer.echo(str(problem))
        for what, way in ways.items():
            typer.echo(f"{what}: {way}")
        typer.echo(f"{home.config}: {plural(errors, 'error')}, {plural(notes, 'note')}")
    if errors:
        raise typer.Exit(ConfigError.exit_code)


def _ways(home: Home) -> tuple[dict[str, str], list[Problem]]:
    """By which way each platform is reached, and what is wrong with it; nothing where the settings are broken."""
    import os

    from tracker.collectors.registry import proxy_or_problem, proxy_towards, require_way_of_alerts
    from tracker.config import values
    from tracker.config.credentials import alert_urls, ping_url
    from tracker.config.home import load_settings
    from tracker.config.problems import BadValueError, Problem, Severity
    from tracker.domain.words import Platform

    ways: dict[str, str] = {}
    problems: list[Problem] = []
    try:
        settings = load_settings(home)
    except ConfigError:  # which is among the problems of the files
        return ways, problems
    try:
        for platform in (known for known in Platform if known in settings.platforms):
            found = proxy_or_problem(platform, settings, os.environ)
            if isinstance(found, Problem):
                problems.append(found)
                continue
            ways[platform] = "directly" if found is None else f"through the proxy {found}"
        direct = [name for name, way in ways.items() if way == "directly"]
        if problems or len(direct) == len(ways):
            return ways, problems
        for name in direct:
            wrong = f"{name} is reached directly, though a proxy is set for another platform"
            right = f"set one for {name} too, unless that is meant"
            problems.append(Problem("[proxy]", 0, "", wrong, right, Severity.NOTE))
        if (pinged := ping_url(os.environ) or settings.health.ping_url) is not None:
            try:
                values.ping_url(pinged.reveal())
            except BadValueError as bad:
                return ways, [Problem("TRACKER_PING_URL", 0, "", bad.wrong, bad.right)]
            way = proxy_towards(pinged.reveal(), settings, os.environ)
            ways["the ping of [health]"] = "on this machine" if way is None else f"through the proxy {way}"
        require_way_of_alerts(settings, os.environ)
        if settings.alerts.urls or alert_urls(os.environ):
            ways["messages of [alerts]"] = "directly, through no proxy, as [proxy] says"
    except ConfigError as error:
        problems.append(Problem("credentials", 0, "", str(error)))
    return ways, problems


def _credentials(home: Home) -> list[Problem]:
    """What is wrong with those of the platforms in use. That there is none is a note, since a home begins without."""
    import os

    from tracker.collectors.registry import Source, credential_said
    from tracker.config.home import load, platforms_in_use
    from tracker.config.problems import Problem, Severity

    problems = []
    try:
        config = load(home)
    except ConfigError:  # which is among the problems of the files
        return []
    source = Source(config.settings, lambda: 0, home.path, home.telegram_session, os.environ)
    for platform in platforms_in_use(config):
        try:
            credential_said(platform, source)
        except MissingCredentialError as error:
            problems.append(Problem("credentials", 0, "", str(error), severity=Severity.NOTE))
        except ConfigError as error:
            problems.append(Problem("credentials", 0, "", str(error)))
    return problems


def login(
    context: typer.Context,
    platform: Annotated[LoginPlatform, typer.Argument(help="Where to log in.")],
) -> None:
    """Log in to a platform, once.

    Asks for the phone number, the code and the password on the terminal. The session stays in data/, mode 0600.

    Example: tracker login telegram
    """
    import os

    from tracker.collectors.registry import proxy_of
    from tracker.collectors.telegram_login import Prompts
    from tracker.collectors.telegram_login import login as log_in
    from tracker.collectors.telegram_session import server_of
    from tracker.config.credentials import telegram_api
    from tracker.domain.words import Platform

    del platform  # there is one
    config = config_of(context)
    api = telegram_api(os.environ)
    prompts = Prompts(
        phone=lambda: typer.prompt("Phone number, with country code"),
        code=lambda: typer.prompt("Code that Telegram has sent"),
        password=lambda: typer.prompt("Password of the two-step verification", hide_input=True),
    )
    server = server_of(config.settings.telegram, config.home.path)
    proxy = proxy_of(Platform.TELEGRAM, config.settings, os.environ)
    api_hash = api.api_hash.reveal()
    typer.echo(log_in(config.home.telegram_session, api.api_id, api_hash, prompts, server, proxy=proxy))


database = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look after the database.")


@database.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the database to the newest schema.

    Run `tracker backup FILE` first.

    Example: tracker db upgrade
    """
    from tracker.runtime import presence
    from tracker.runtime.lock import only_writer
    from tracker.store import schema
    from tracker.store.dialect import writing_engine

    config = config_of(context)
    path = database_of(config)
    with only_writer(config.home.lock), naming_the_last_backup(config.home):
        presence.require(config.home, path)
        engine = writing_engine(path)
        with engine.begin() as connection:
            before = schema.revision(connection)
            if before is not None and before > schema.HEAD:
                schema.require_current(connection, path)
        schema.upgrade(engine)
        engine.dispose()
    typer.echo(
        f"{path} has schema {schema.HEAD} already"
        if before == schema.HEAD
        else f"{path} brought from schema {before or 'none'} to {schema.HEAD}"
    )


@database.command("create")
def create(context: typer.Context) -> None:
    """Make an empty database in place of one that was lost: everything is read, and paid for, again.

    The first `tracker collect` or `run` of a new home does so by itself.

    Example: tracker db create
    """
    from tracker.runtime import presence
    from tracker.runtime.lock import only_writer
    from tracker.store.store import Store

    config = config_of(context)
    path = database_of(config)
    with only_writer(config.home.lock):
        if path.exists() and path.stat().st_size:
            raise UsageError(f"{path} is there already; move it away first")
        Store(path).close()
        presence.note(config.home)
    typer.echo(f"made {path}, which is empty")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(init)
    app.command()(check)
    app.command()(login)
    app.add_typer(database, name="db")
