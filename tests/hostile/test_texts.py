"""Hostile texts and names, served by both platforms, collected by the real command, and put out in every way."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import escape
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from markdown_it import MarkdownIt

from tests.cli.commands import TRACKER, Ran, tracker
from tests.faults.scene import COLUMNS, RESTRICTIONS, START
from tests.hostile.corpus import LARGE, TEXTS
from tests.hostile.judging import (
    commands_in,
    formulas_in_csv,
    formulas_in_workbook,
    live_in_html,
    live_in_svg,
    turned_in,
)
from tests.store.making import rows
from tracker.domain.instants import DAY, HOUR, iso
from tracker.domain.words import PostKind
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item, World
from tracker.sandbox.x_server import BEARER_TOKEN, XServer
from tracker.sandbox.x_world import XAccount, XWorld

NAMES = list(TEXTS)
OFFICIALS = len(NAMES)
"""Each text is the profile name of one account, and the text of a post of each of the first four."""
FIRST = 1000


def x_world() -> XWorld:
    world = XWorld()
    for number, name in enumerate(NAMES):
        account = FIRST + number
        world.add_account(XAccount(account, f"generated_{number}", TEXTS[name], START - 60 * DAY, 10, 2))
        texts = list(TEXTS.values()) if number < 4 else [TEXTS[name]]
        for place, text in enumerate(texts):
            at = START - HOUR - place * 5 * HOUR
            mention = f"@generated_{(number + 1) % OFFICIALS} "
            world.publish(account, at, text, lang=None)
            world.publish(account, at - HOUR, mention + text[:50], PostKind.REPLY, ref_post_id=7, ref_author_id=FIRST)
    return world


def telegram_world() -> World:
    world = World()
    channel = world.add("generated_channel", title=TEXTS["html_handlers"], created_at=START - 60 * DAY, subscribers=5)
    ordered = list(enumerate(TEXTS.values()))
    world.publish(channel, *(Item(0, START - HOUR - n * HOUR, text) for n, text in reversed(ordered)))
    return world


def watchlist() -> str:
    """Names such as the watchlist admits; what it refuses is tried in `test_config.py`."""
    said = [
        "</script><script>alert(1)</script>",
        "[a](javascript:alert(1))|x",
        "[red]bold[/red]",
        "&lt;b&gt; {{7*7}}",
    ]
    lines = [
        f"generated-{number},{said[number % len(said)]} {number},,official,IR,,,,"
        f"x,generated_{number},{FIRST + number},,,,"
        for number in range(OFFICIALS)
    ]
    return "\n".join([COLUMNS, *lines, "channel,A channel,,outlet,IR,,,,telegram,generated_channel,,,,,"]) + "\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home into which all of it has been collected."""
    home = tmp_path_factory.mktemp("hostile")
    (home / "config").mkdir()
    (home / "config" / "watchlist.csv").write_text(watchlist(), "utf-8")
    ban = "IR,*,block,public,2009-06-12,day,,,,https://example.org/\n"
    (home / "config" / "restrictions.csv").write_text(RESTRICTIONS + ban, "utf-8")
    with (
        XServer(x_world(), clock=lambda: START) as x,
        TelegramWebServer(telegram_world(), clock=lambda: START) as telegram,
    ):
        (home / "config" / "settings.toml").write_text(
            f'[time]\nclock_start = {iso(START)}\n[zones]\nIR = "Asia/Tehran"\n'
            f'[x]\napi_url = "{x.url}"\nretries = 0\n'
            f'[telegram]\nsource = "web"\nweb_url = "{telegram.url}"\nweb_pace = "0s"\n',
            "utf-8",
        )
        ran = tracker("collect", home=home, TRACKER_X_BEARER_TOKEN=BEARER_TOKEN)
        assert ran.code == 0, ran.out + ran.err
        harmless(ran)
        yield home


def harmless(ran: Ran) -> None:
    assert commands_in(ran.out + ran.err) == []


def on_a_terminal(home: Path, *arguments: str) -> str:
    """What a command writes to a terminal, standard output and error together."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "200", "TERM": "xterm-256color"}
    process = subprocess.Popen(
        [str(TRACKER), "--home", str(home), *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    said = bytearray()
    with closing(os.fdopen(ours, "rb", buffering=0)) as screen:
        while True:
            try:
                piece = screen.read(1 << 16)
            except OSError:  # a terminal that nobody writes to any more ends so
                break
            if not piece:
                break
            said += piece
    assert process.wait() in (0, 3), said[-500:]
    text = said.decode("utf-8")
    assert "Traceback" not in text
    return text


def test_every_text_is_stored_as_it_was_written(home: Path) -> None:
    question = "SELECT DISTINCT text FROM post JOIN account ON id = account_id WHERE platform_id = ?"
    stored = {text for (text,) in rows(home / "data" / "tracker.db", question, FIRST)}
    assert set(TEXTS.values()) <= stored
    names = {name for (name,) in rows(home / "data" / "tracker.db", "SELECT name FROM profile")}
    assert set(TEXTS.values()) <= names
    assert rows(home / "data" / "tracker.db", "SELECT * FROM set_aside") == []
    assert len(rows(home / "data" / "tracker.db", "SELECT 1 FROM post JOIN account ON id = account_id "
                    "WHERE platform = 'telegram'")) >= len(TEXTS) - 3  # fmt: skip


REPORTS = {
    "usage": [],
    "activity": [],
    "coverage": [],
    "influence": [],
    "network": [],
    "silence": [],
    "subject": ["generated-0"],
}


@pytest.mark.parametrize("report", REPORTS)
def test_a_report_commands_no_terminal_and_holds_no_formula(home: Path, report: str) -> None:
    table, md, text, said = (
        tracker("report", report, *REPORTS[report], "--format", format, home=home)
        for format in ("table", "md", "csv", "json")
    )
    for ran in (table, md, text, said):
        assert ran.code == 0, ran.err
    for ran in (table, md):
        harmless(ran)
        assert turned_in(ran.out) == []
    assert formulas_in_csv(text.out) == []
    assert json.loads(said.out)
    rendered = MarkdownIt("commonmark").enable("table").render(md.out)
    assert "<table>" in rendered or report == "silence"  # nobody is silent
    assert live_in_html(rendered) == []
    assert "<img" not in rendered
    assert "example.org" not in "".join(re.findall('href="[^"]*"', rendered))


@pytest.mark.parametrize(
    "command",
    [
        ["report", "network"],
        ["report", "network", "--by", "account", "--format", "csv"],
        ["report", "subject", "generated-0", "--json"],
        ["export", "posts", "--platform", "x"],
        ["export", "profiles", "--format", "jsonl"],
        ["status"],
    ],
)
def test_on_a_terminal_nothing_is_obeyed(home: Path, command: list[str]) -> None:
    said = on_a_terminal(home, *command)
    assert len(said) > 200
    assert commands_in(said) == []


def test_in_a_pipe_an_export_has_every_text_as_it_was(home: Path) -> None:
    ran = tracker("export", "posts", "--format", "jsonl", "--platform", "x", home=home)
    found = {json.loads(line)["text"] for line in ran.out.split("\n") if line}
    assert set(TEXTS.values()) <= found


def test_no_exported_file_holds_a_formula(home: Path, tmp_path: Path) -> None:
    for noun in ("posts", "profiles", "accounts", "network"):
        for format in ("csv", "xlsx", "parquet"):
            if format == "xlsx" and noun in ("posts", "profiles"):
                continue  # the longest text: below
            ran = tracker("export", noun, "--format", format, "-o", tmp_path / f"{noun}.{format}", home=home)
            assert ran.code == 0, ran.err
        assert formulas_in_csv((tmp_path / f"{noun}.csv").read_bytes().decode("utf-8")) == []
    for noun in ("accounts", "network"):
        assert formulas_in_workbook(tmp_path / f"{noun}.xlsx") == []
    assert set(TEXTS.values()) <= set(pq.read_table(tmp_path / "posts.parquet")["text"].to_pylist())


def test_a_text_that_no_cell_of_excel_holds_is_said_and_the_rest_is_harmless(home: Path, tmp_path: Path) -> None:
    ran = tracker("export", "posts", "--format", "xlsx", "-o", tmp_path / "posts.xlsx", home=home)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []
    ran = tracker("export", "posts", "--platform", "telegram", "--format", "jsonl", home=home)
    assert ran.code == 0


def test_graphs_and_pictures_hold_nothing_live(home: Path, tmp_path: Path) -> None:
    for name in ("graph.gexf", "graph.graphml", "graph.csv"):
        ran = tracker("report", "network", "--by", "account", "-o", tmp_path / name, home=home)
        assert ran.code == 0, ran.err
    assert live_in_svg((tmp_path / "graph.gexf").read_text("utf-8")) == []  # it is XML, too
    assert live_in_svg((tmp_path / "graph.graphml").read_text("utf-8")) == []
    assert formulas_in_csv((tmp_path / "graph.csv").read_text("utf-8")) == []
    for kind in ("usage", "influence", "network", "timeline"):
        ran = tracker("chart", kind, "-o", tmp_path / f"{kind}.svg", home=home)
        assert ran.code == 0, ran.err
        assert live_in_svg((tmp_path / f"{kind}.svg").read_text("utf-8")) == []
    ran = tracker("chart", "network", "--scale", "1", "-o", tmp_path / "network.png", home=home)
    assert ran.code == 0, ran.err


def test_the_published_page_runs_only_its_own_script(home: Path, tmp_path: Path) -> None:
    ran = tracker("publish", tmp_path / "page", home=home)
    assert ran.code == 0, ran.err
    page = (tmp_path / "page" / "index.html").read_text("utf-8")
    assert escape("</script><script>alert(1)</script>") in page
    assert live_in_html(page, scripts=1) == []
    assert commands_in(page) == []
    for path in (tmp_path / "page").rglob("*.csv"):
        assert formulas_in_csv(path.read_bytes().decode("utf-8")) == [], path.name
    for path in (tmp_path / "page").rglob("*.svg"):
        assert live_in_svg(path.read_text("utf-8")) == [], path.name


@contextmanager
def _told_of(text: str, folder: Path) -> Iterator[Path]:
    (folder / "config").mkdir()
    line = f"generated,Generated,,official,IR,,,,x,generated,{FIRST},,,,"
    (folder / "config" / "watchlist.csv").write_text(f"{COLUMNS}\n{line}\n", "utf-8")
    (folder / "config" / "restrictions.csv").write_text(RESTRICTIONS, "utf-8")
    world = XWorld()
    world.add_account(XAccount(FIRST, "generated", "Generated", START - 60 * DAY, 10, 2))
    world.publish(FIRST, START - HOUR, text)
    with XServer(world, clock=lambda: START) as x:
        settings = f'[time]\nclock_start = {iso(START)}\n[x]\napi_url = "{x.url}"\nretries = 0\n'
        (folder / "config" / "settings.toml").write_text(settings, "utf-8")
        yield folder


def test_a_text_of_5_megabytes_is_kept_and_put_out_whole(tmp_path: Path) -> None:
    with _told_of(LARGE, tmp_path) as home:
        ran = tracker("collect", home=home, TRACKER_X_BEARER_TOKEN=BEARER_TOKEN)
        assert ran.code == 0, ran.err
    assert rows(home / "data" / "tracker.db", "SELECT text FROM post") == [(LARGE,)]
    ran = tracker("export", "posts", "--format", "jsonl", home=home)
    assert json.loads(ran.out)["text"] == LARGE
    for report in ("usage", "subject"):
        ran = tracker("report", report, *(["generated"] if report == "subject" else []), home=home)
        assert (ran.code, len(ran.out) < 100_000) == (0, True), ran.err
