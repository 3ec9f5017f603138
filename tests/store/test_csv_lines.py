"""The lines that SQL renders are those that the csv module writes, byte for byte. All names are invented."""

from __future__ import annotations

import csv
import shutil
from contextlib import closing
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.analysis.making import at
from tests.store.making import NOW, listed, opened, page, post, the_account, write
from tracker.analysis.exposures import Exposures
from tracker.analysis.question import Selection
from tracker.domain.instants import DAY, Instant
from tracker.domain.records import Metrics, Post
from tracker.domain.restrictions import Edge, Restriction
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection, Residence, RestrictionKind, Role, Scope
from tracker.reports.export_columns import POSTS
from tracker.reports.export_lines import post_lines
from tracker.reports.export_rows import post_rows
from tracker.reports.export_text import write_csv, write_csv_lines
from tracker.store.reader import Reader

HOSTILE = [
    "=1+1",
    "+",
    "-5",
    "@a",
    "\uff1d1",
    "\uff0b",
    "\uff0d5",
    "\uff20",
    "\t",
    "\r",
    "\n",
    '"',
    "'",
    ",",
    ";",
    "\x00",
    "\x1a",
    " ",
    "سلام",
    "\u202e",
    "\u2028",
    "🙂",
]
TEXTS = st.lists(
    st.sampled_from([*HOSTILE, "a", "\ufeff"]) | st.text(st.characters(codec="utf-8"), max_size=3), max_size=5
)
COUNTERS = st.none() | st.integers(0, 2**40)
TIMES = st.integers(NOW - 40 * DAY, NOW - 1)
BANS = (
    Restriction(
        "IR",
        "*",
        RestrictionKind.BLOCK,
        Scope.PUBLIC,
        Edge(NOW - 20 * DAY, NOW - 19 * DAY),
        Edge(NOW - 10 * DAY, NOW - 9 * DAY),
    ),
)


@st.composite
def some_posts(draw: st.DrawFn) -> list[Post]:
    ids = draw(st.lists(st.integers(1, 2**62), max_size=12, unique=True))
    return [
        Post(
            post_id,
            post_id + draw(st.integers(0, 1)),
            draw(TIMES),
            draw(st.sampled_from(PostKind)),
            draw(st.none() | TEXTS.map("".join)),
            draw(st.none() | TEXTS.map("".join)),
            draw(st.none() | st.integers(0, 2**62)),
            draw(st.none() | st.integers(0, 2**62)),
            metrics=Metrics(*(draw(COUNTERS) for _ in Metrics._fields)),
        )
        for post_id in ids
    ]


def both_ways(path: Path, accounts: list[ListedAccount], selection: Selection) -> tuple[bytes, bytes]:
    """The export as SQL renders it, and as the csv module writes it."""
    exposures = Exposures(BANS)
    with closing(Reader(path)) as reader:
        fast, slow = BytesIO(), BytesIO()
        write_csv_lines(post_lines(reader, accounts, exposures, selection), POSTS, fast, excel=False)
        write_csv(post_rows(reader.posts(accounts), exposures, selection), POSTS, slow, excel=False)
    return fast.getvalue(), slow.getvalue()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without accounts, to be copied."""
    path = tmp_path_factory.mktemp("lines") / "tracker.db"
    with opened(path):
        return path


@settings(max_examples=60, deadline=None)
@given(posts=some_posts(), platform=st.sampled_from(Platform), name=TEXTS.map("".join), since=st.none() | TIMES)
def test_sql_and_the_csv_module_write_the_same_bytes_whatever_the_posts_say(
    empty: Path, posts: list[Post], platform: Platform, name: str, since: Instant | None
) -> None:
    account = listed("invented_one", 7, platform=platform)
    with TemporaryDirectory() as folder:
        path = Path(shutil.copy(empty, folder))
        with opened(path, account) as store:
            write(store, the_account(store, platform=platform), page(*posts))
        halves = ListedAccount(
            (
                replace(account.latest, name=name, until=NOW - 15 * DAY),
                replace(account.latest, role=Role.OUTLET, residence=Residence.UNKNOWN, since=NOW - 15 * DAY),
            )
        )
        fast, slow = both_ways(path, [halves], Selection(NOW, since))
    assert fast == slow
    assert fast.count(b"\r\n") > sum(post.posted_at >= (since or 0) for post in posts)


def test_every_text_that_a_spreadsheet_would_compute_is_guarded_and_every_awkward_one_quoted(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    texts = [*HOSTILE, *(f"{start}1" for start in HOSTILE), *(f"a{end}" for end in HOSTILE), "", None]
    with opened(path, listed("invented_one", 7)) as store:
        posts = (
            post(number, NOW - number, text, lang=text)  # type: ignore[arg-type]
            for number, text in enumerate(texts, 1)
        )
        write(store, the_account(store), page(*posts))
    fast, slow = both_ways(path, [listed("invented_one", 7)], Selection(NOW + 1))
    assert fast == slow
    found = [row["text"] for row in csv.DictReader(StringIO(fast.decode(), newline=""))]
    guarded = [
        f"'{text}" if text and text[0] in "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20" else text or ""
        for text in reversed(texts)
    ]
    assert found == guarded


def test_a_post_of_several_snapshots_has_the_newest_counters_and_no_other_line(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("invented_one", 7)) as store:
        account = the_account(store)
        write(store, account, page(post(1, NOW - 9, metrics=Metrics(likes=1, views=9)), asked_at=NOW))
        write(store, account, page(post(1, NOW - 9, metrics=Metrics(likes=2)), asked_at=NOW + DAY))
    fast, slow = both_ways(path, [listed("invented_one", 7)], Selection(NOW))
    assert fast == slow
    assert [line.split(b",")[-7:] for line in fast.splitlines()[1:]] == [[b"2", *[b""] * 5, b"no"]]


def test_the_verdict_changes_within_an_account_at_the_edges_of_a_restriction(tmp_path: Path) -> None:
    days = (21, 20, 19, 10, 9)
    path = tmp_path / "tracker.db"
    with opened(path, listed("invented_one", 7)) as store:
        posts = (post(number, NOW - day * DAY) for number, day in enumerate(days, 1))
        write(store, the_account(store), page(*posts))
    fast, slow = both_ways(path, [listed("invented_one", 7)], Selection(NOW))
    assert fast == slow
    verdicts = [line.rsplit(b",", 1)[1] for line in fast.splitlines()[1:]]
    assert verdicts == [b"no", b"uncertain", b"yes", b"uncertain", b"no"]


def test_nothing_of_an_account_that_the_watchlist_or_the_database_calls_at_risk(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    with opened(path, listed("invented_one", 7)) as store:
        write(store, the_account(store), page(post(1)))
    at_risk = listed("invented_one", 7, protection=Protection.AT_RISK)
    fast, slow = both_ways(path, [at_risk], Selection(NOW + 1))
    assert fast == slow
    assert len(fast.splitlines()) == 1


def test_a_time_asked_for_cuts_to_the_second(tmp_path: Path) -> None:
    path = tmp_path / "tracker.db"
    begin = at("2022-09-01 00:00")
    with opened(path, listed("invented_one", 7)) as store:
        write(store, the_account(store), page(*(post(number, begin + number) for number in range(1, 6))))
    fast, slow = both_ways(path, [listed("invented_one", 7)], Selection(NOW, begin + 2, begin + 4))
    assert fast == slow
    assert len(fast.splitlines()) == 3
