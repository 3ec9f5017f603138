"""tracker sandbox, demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracker.cli.opening import home_of
from tracker.domain.errors import UsageError


def sandbox(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Serve DIR/posts.csv on X in place of the built-in sample.")
    ] = None,
    x_port: Annotated[int, typer.Option(help="Port of the X API.", min=0, max=65535)] = 8765,
    telegram_port: Annotated[int, typer.Option(help="Port of the Telegram server.", min=0, max=65535)] = 8766,
    telegram_web_port: Annotated[int, typer.Option(help="Port of Telegram's public pages.", min=0, max=65535)] = 8767,
    dialect: Annotated[str, typer.Option(help="X's field names: post (since August 2026) or tweet.")] = "post",
) -> None:
    """Serve local stand-ins of the platforms.

    The X API, Telegram's MTProto and Telegram's public pages on 127.0.0.1, for rehearsal. Prints how to point a home
    at them.

    Example: tracker sandbox --x-port 8765 --telegram-port 8766
    """
    import signal

    from tracker.cli.rehearsal import API_HASH, API_ID, publish_key
    from tracker.sandbox.telegram_demo import demo_world
    from tracker.sandbox.telegram_logins import CODE
    from tracker.sandbox.telegram_server import DEMO_LOGIN, TelegramServer
    from tracker.sandbox.telegram_web import TelegramWebServer
    from tracker.sandbox.x_data import diplomats, world_in
    from tracker.sandbox.x_dialect import DIALECTS
    from tracker.sandbox.x_server import BEARER_TOKEN, XServer

    if dialect not in DIALECTS:
        raise UsageError(f"--dialect {dialect!r}: it is one of {', '.join(DIALECTS)}")
    world = diplomats() if data is None else world_in(data)
    channels = demo_world()
    home = home_of(context)
    key = home.data / "sandbox" / "telegram.pem"
    with (
        XServer(world, port=x_port, dialect=dialect) as x_server,
        TelegramServer(channels, port=telegram_port) as telegram,
        TelegramWebServer(channels, port=telegram_web_port) as pages,
    ):
        publish_key(telegram, key)
        typer.echo(f"""\
X API      {x_server.url}
Telegram   {telegram.address.host}:{telegram.address.port}
its pages  {pages.url}/s/NAME

In config/settings.toml:
  [x]
  api_url = "{x_server.url}"
  [telegram]
  server = "{telegram.address.host}:{telegram.address.port}"
  server_key = "{key.absolute()}"
  web_url = "{pages.url}"

In the environment:
  export TRACKER_X_BEARER_TOKEN={BEARER_TOKEN}
  export TRACKER_TELEGRAM_API_ID={API_ID} TRACKER_TELEGRAM_API_HASH={API_HASH}

On X there are {_some([account.username for account in world.accounts()])}.
On Telegram there are {_some([channel.handle for channel in channels if channel.handle])}.
For `tracker login telegram`: phone {DEMO_LOGIN.phone}, code {CODE}
To ask for a fault: curl -d '{{"fault": "rate_limited"}}' {x_server.url}/sandbox/faults

Serving; stop with Ctrl-C.""")
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        signal.pause()


def _some(names: list[str]) -> str:
    """As `a, b, c and 40 more`."""
    shown = ", ".join(names[:5])
    return f"{shown} and {len(names) - 5:,} more" if len(names) > 5 else shown


def demo(
    directory: Annotated[Path, typer.Argument(metavar="[DIR]", help="The demo's home.")] = Path("demo"),
) -> None:
    """Collect real posts from the local sandbox, and report.

    21,603 real posts of diplomats on X, and generated Telegram channels in Persian. The collectors, the scheduler
    and the database are the real ones; only the platforms are local.

    Example: tracker demo
    """
    from tracker.cli.demonstration import demonstrate

    demonstrate(directory)


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(sandbox)
    app.command()(demo)
