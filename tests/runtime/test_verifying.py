"""Whoever changes anything of what was collected is found; what lawfully goes is listed. All names are invented."""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.runtime.making import START, Stage, listed, staged
from tests.store.making import opened, post, rows
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.home import Config, Home
from tracker.config.naming import named
from tracker.config.settings import RefreshSettings, RetentionSettings, Settings
from tracker.domain.errors import SchemaError, StoreError
from tracker.domain.instants import DAY, HOUR, MINUTE, WEEK
from tracker.domain.records import Count
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform, PostKind, Protection
from tracker.runtime import forgetting, retention
from tracker.runtime.heads import known_from, line_of
from tracker.runtime.verifying import verify
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item
from tracker.store import chain, counts, evidence, schema
from tracker.store.dialect import writing_engine
from tracker.store.imports import FileKey
from tracker.store.verification import head_of


def found(path: Path, **options: object) -> str:
    """All findings, a line each; empty if everything is as it was."""
    verdict = verify(path, **options)  # type: ignore[arg-type]
    return "\n".join(map(str, verdict.findings))


def change(path: Path, *statements: str) -> None:
    """What somebody does who may write to the file."""
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def sealed(stage: Stage, path: Path) -> Path:
    """A copy of the database in one file."""
    with closing(sqlite3.connect(stage.path)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    return path


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A database with two named accounts on X, a channel, and somebody at risk; none of it ever removed."""
    folder = tmp_path_factory.mktemp("evidence")
    with staged(folder) as stage:
        stage.x_account(101, "first_generated", posts=5)
        stage.x_account(102, "second_generated", posts=4)
        stage.x_account(103, "third_generated", posts=30, every=DAY)
        channel = stage.channel("generated_channel", posts=4)
        stage.watch(
            listed("first_generated", 101),
            listed("second_generated", 102),
            listed("third_generated", 103, protection=Protection.AT_RISK),
            listed("generated_channel", channel, platform=Platform.TELEGRAM),
        )
        stage.visit()
        stage.visit(Platform.TELEGRAM)
        stage.x.world.publish(101, START + MINUTE, "[ساختگی] later")
        stage.visit(later=2 * DAY)
        yield sealed(stage, folder / "full.db")


@pytest.fixture
def path(full: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(full, tmp_path / "t.db"))


# -- nothing was changed


def test_what_nobody_has_touched_is_as_it_was(full: Path) -> None:
    verdict = verify(full)
    assert verdict.findings == []
    assert (verdict.compared, verdict.uncompared) == (5 + 1 + 4 + 4, 0)
    kinds = verdict.followed.kinds
    assert kinds["begun"] == 1
    assert kinds["page"] == 5
    assert kinds["weeks"] >= 1


def test_no_entry_names_anybody_nor_a_time_where_somebody_is_at_risk(full: Path) -> None:
    for at, kind, facts in rows(full, "SELECT at, kind, facts FROM entry"):
        assert (at is None) is (kind in ("begun", "weeks"))
        assert facts == '{"answers":0,"posts":0}' if kind == "begun" else facts == "{}"


def test_a_daemon_may_write_meanwhile_and_a_killed_page_leaves_no_entry(stage: Stage) -> None:
    stage.x_account(101, "generated", posts=250)
    stage.watch(listed("generated", 101))
    stage.watcher.at_page = lambda count: None
    stage.visit()
    assert found(stage.path) == ""
    (account,) = stage.store.accounts_of([1])
    before = rows(stage.path, "SELECT count(*) FROM entry")
    killed_in_a_page(stage)
    assert rows(stage.path, "SELECT count(*) FROM entry") == before
    assert account.platform_id == 101
    assert found(stage.path) == ""


def killed_in_a_page(stage: Stage) -> None:
    """Something is sealed in a transaction that never ends."""
    with suppress(RuntimeError), stage.store.transaction() as connection:
        evidence.append(connection, chain.Kind.REDATED, stage.now)
        raise RuntimeError("killed")


# -- somebody has changed something


LIES: dict[str, tuple[str, str]] = {
    "a post's text": (
        "UPDATE post SET text = 'never said' WHERE post_id = (SELECT min(post_id) FROM post)",
        "says what",
    ),
    "a post's time": ("UPDATE post SET posted_at = posted_at - 1 WHERE account_id = 1", "another time"),
    "a post's kind": ("UPDATE post SET kind = 3 WHERE account_id = 2", "another kind"),
    "a post's reference": (
        "UPDATE post SET ref_post_id = 5, ref_author_id = 6 WHERE account_id = 1",
        "refers to another",
    ),
    "a post's language": ("UPDATE post SET lang = 'xx' WHERE account_id = 1", "says what"),
    "when a post was seen": (
        "UPDATE post SET collected_at = collected_at - 5 WHERE account_id = 1",
        "said to be seen",
    ),
    "a later sight": ("UPDATE post SET collected_at = collected_at + 5 WHERE account_id = 1", "seen later"),
    "a post's counters": ("UPDATE metric SET likes = 1000000 WHERE account_id = 1", "other counters"),
    "a removed post": ("DELETE FROM post WHERE post_id = (SELECT max(post_id) FROM post)", "missing from the table"),
    "an invented post": (
        "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, text, collected_at) "
        "SELECT account_id, 77, 77, posted_at, 0, 'invented', collected_at FROM post LIMIT 1",
        "come from no answer",
    ),
    "a post given to another": ("UPDATE post SET account_id = 2 WHERE account_id = 1", "missing from the table"),
    "an account's number": ("UPDATE account SET platform_id = 109 WHERE id = 1", "is not about account 1"),
    "a removed answer": ("DELETE FROM answer WHERE id = 2", "is missing, and no entry says why"),
    "an inserted answer": (
        "INSERT INTO answer (visit_id, asked_at, request, sha256, body) "
        "SELECT visit_id, asked_at, request, sha256, body FROM answer WHERE id = 2",
        "never sealed",
    ),
    "an answer's sha256": ("UPDATE answer SET sha256 = 'x' WHERE id = 2", "is not what was sealed"),
    "an answer said to be redacted": ("UPDATE answer SET redacted_at = 5 WHERE id = 2", "is not what was sealed"),
    "two answers exchanged": (
        "UPDATE seal SET answer_id = CASE answer_id WHEN 1 THEN 2 WHEN 2 THEN 1 ELSE answer_id END",
        "is not what was sealed",
    ),
    "a removed entry": ("DELETE FROM entry WHERE number = 3", "entries 3 are not there"),
    "entries exchanged": (
        "UPDATE entry SET number = CASE number WHEN 3 THEN -4 WHEN 4 THEN -3 ELSE number END",
        "was changed",
    ),
    "a forged forgetting": ("DELETE FROM seal WHERE entry = 3", "its salt is gone, and no entry says why"),
    "an inserted seal": (
        "INSERT INTO seal (entry, salt, digest, payload) SELECT 99, salt, digest, '{}' FROM seal LIMIT 1",
        "the seal was inserted",
    ),
    "a week of somebody at risk": ("UPDATE week_count SET posts = posts + 1", "were changed"),
    "a removed week": ("DELETE FROM week_count WHERE week = (SELECT min(week) FROM week_count)", "are missing"),
    "an invented week": ("INSERT INTO week_count VALUES (1, 1, 0, 5)", "were inserted"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_where_it_is(path: Path, lie: str) -> None:
    statement, said = LIES[lie]
    change(path, statement)
    assert said in found(path)


def test_the_control_without_the_comparison_a_changed_post_is_not_seen(path: Path) -> None:
    change(path, LIES["a post's text"][0])
    assert found(path, compare=False) == ""


def rewrite(path: Path, number: int, edit: Callable[[chain.Entry], chain.Entry | None]) -> None:
    """Change an entry and compute all hashes from there on anew, as a careful forger does."""
    with closing(sqlite3.connect(path)) as connection:
        entries = [chain.Entry(*row) for row in connection.execute("SELECT * FROM entry ORDER BY number")]
        connection.execute("DELETE FROM entry")
        previous, last = chain.NOTHING, 0
        for entry in entries:
            new = edit(entry) if entry.number == number else entry
            if new is None:
                continue
            last += 1
            new = new._replace(number=last, previous=previous)
            previous = chain.entry_hash(*new[:6])
            connection.execute("INSERT INTO entry VALUES (?,?,?,?,?,?,?)", new._replace(hash=previous))
        connection.commit()


def test_a_chain_that_is_computed_anew_is_found_by_a_head_that_was_printed(path: Path) -> None:
    known = known_from(line_of(head_of(path), START))
    rewrite(path, 4, lambda entry: entry._replace(at=1))
    assert found(path) == "", "the control: from inside it cannot be seen"
    assert "is not in the chain" in found(path, known=known)


def test_an_entry_cut_out_of_a_chain_that_is_computed_anew_leaves_its_seal_behind(path: Path) -> None:
    rewrite(path, 4, lambda _entry: None)
    assert "salt or its digest was changed" in found(path)


def test_a_cut_off_end_is_found_by_a_head_only(path: Path) -> None:
    known = known_from(line_of(head_of(path), START))
    assert found(path, known=known) == ""
    last = f"(SELECT number FROM entry WHERE at >= {START + 2 * DAY})"
    change(
        path,
        f"DELETE FROM answer WHERE id IN (SELECT answer_id FROM seal WHERE entry IN {last})",
        f"DELETE FROM seal WHERE entry IN {last}",
        f"DELETE FROM entry WHERE number IN {last}",
        f"DELETE FROM post WHERE collected_at = {START + 2 * DAY}",
        f"DELETE FROM metric WHERE taken_at = {START + 2 * DAY}",
    )
    assert found(path) == "", "the control: from inside it cannot be seen"
    assert "its end was cut off" in found(path, known=known)


def cells(path: Path) -> Iterator[tuple[str, str, int, int | str | bytes | None]]:
    """Every value of the run log, the seals and the answers."""
    with closing(sqlite3.connect(path)) as connection:
        for table in ("entry", "seal", "answer"):
            for row in connection.execute(f"SELECT rowid, * FROM {table}"):
                names = [name for (name,) in connection.execute(f"SELECT name FROM pragma_table_info('{table}')")]
                for name, value in zip(names, row[1:], strict=True):
                    yield table, name, row[0], value


def bent(value: int | str | bytes, place: int) -> int | str | bytes:
    """The value with one byte changed."""
    if isinstance(value, int):
        return value ^ (1 << place)
    data = bytearray(value.encode() if isinstance(value, str) else value)
    data[place] ^= 1
    return data.decode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(data)


def test_any_byte_of_any_entry_seal_and_answer_that_is_changed_is_found(path: Path) -> None:
    """Each byte of each value up to 64 bytes, hashes and salts among them, and 32 of each longer one."""
    chosen = random.Random(5)
    tried = 0
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, name, rowid, value in list(cells(path)):
            if value is None:
                continue
            size = 3 if isinstance(value, int) else len(value.encode() if isinstance(value, str) else value)
            places = range(size) if size <= 64 else sorted(chosen.sample(range(size), 32))
            for place in places:
                try:
                    connection.execute(
                        f'UPDATE {table} SET "{name}" = ? WHERE rowid = ?', (bent(value, place), rowid)
                    )
                except (sqlite3.IntegrityError, UnicodeEncodeError):
                    continue
                where = rowid if name not in ("id", "number", "entry") else bent(value, place)
                assert found(path) != "", (table, name, rowid, place)
                connection.execute(f'UPDATE {table} SET "{name}" = ? WHERE rowid = ?', (value, where))
                tried += 1
    assert tried > 1_000
    assert found(path) == "", "the control: all was put back"


COVERED = (
    "SELECT * FROM entry ORDER BY 1",
    "SELECT * FROM seal ORDER BY 1",
    "SELECT * FROM answer ORDER BY 1",
    "SELECT account_id, post_id, version_id, posted_at, kind, text, lang, ref_post_id, ref_author_id, edited_at, "
    "withheld_in, collected_at FROM post ORDER BY 1, 2",
    "SELECT * FROM metric ORDER BY 1, 2, 3",
    "SELECT * FROM week_count ORDER BY 1, 2, 3",
)


def test_any_byte_of_the_file_that_is_changed_is_found_or_changes_nothing_that_is_vouched_for(path: Path) -> None:
    whole, chosen = path.read_bytes(), random.Random(11)
    before = [rows(path, question) for question in COVERED]
    caught = harmless = 0
    written = [place for place, byte in enumerate(whole) if byte]
    for place in chosen.sample(written, 120):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << chosen.randrange(8))]) + whole[place + 1 :])
        try:
            said = found(path)
        except StoreError:
            said = "SQLite refuses the file"
        if said:
            caught += 1
        else:
            harmless += 1
            assert [rows(path, question) for question in COVERED] == before, place
    assert caught > 20, (caught, harmless)


def test_a_value_that_has_come_to_be_of_another_type_is_found_and_not_stumbled_over(path: Path) -> None:
    def declare(statement: str) -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA writable_schema=ON")
            connection.execute(f"UPDATE sqlite_master SET sql = {statement} WHERE name = 'entry'")

    declare("replace(sql, 'STRICT', '')")
    change(path, "UPDATE entry SET commitment = 'text' WHERE commitment IS NOT NULL")
    declare("sql || ' STRICT'")
    said = found(path)
    assert "non-BLOB value in entry.commitment" in said
    assert "was not followed: the file is damaged" in said


# -- what lawfully goes


def test_a_forgotten_account_leaves_a_chain_that_verifies_and_says_so(stage: Stage, tmp_path: Path) -> None:
    stage.x_account(101, "kept_generated", posts=3)
    stage.x_account(102, "gone_generated", posts=3)
    stage.watch(listed("kept_generated", 101), listed("gone_generated", 102))
    stage.visit()
    before = verify(stage.path).followed.entries
    forget(stage, tmp_path, "x:gone_generated")
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert verdict.followed.entries > before
    gone = [one for one in verdict.followed.releases if one.kind == "forgotten"]
    assert sum(one.entries for one in gone) >= 1
    assert verdict.compared == 3
    change(stage.path, "UPDATE post SET text = 'never said'")
    assert "says what no answer says" in found(stage.path), "the control: the others are still vouched for"


def forget(stage: Stage, home: Path, what: str) -> None:
    config = Config(Home(home), Settings(), Watchlist(()), (), (), (), ())
    plan = forgetting.plan(stage.store, config, named(what))
    assert forgetting.forget(stage.store, config, plan, stage.now).is_clean


def test_a_forgotten_post_leaves_the_others_vouched_for(stage: Stage, tmp_path: Path) -> None:
    ids = stage.x_account(101, "generated", posts=6)
    stage.watch(listed("generated", 101))
    stage.visit()
    forget(stage, tmp_path, f"x:generated/{ids[2]}")
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert verdict.compared == 5
    change(stage.path, "UPDATE post SET text = 'never said' WHERE post_id = (SELECT max(post_id) FROM post)")
    assert "says what no answer says" in found(stage.path)


def test_after_a_post_was_forgotten_what_others_repeat_and_refer_to_is_still_vouched_for(
    stage: Stage, tmp_path: Path
) -> None:
    gone, *_, kept = stage.x_account(101, "reposted_generated", posts=4)
    stage.x_account(102, "generated", posts=2)
    for number, post_id in enumerate((gone, kept)):
        text = f"RT @reposted_generated: [ساختگی] {number}"
        at = START - MINUTE * (9 - number)
        stage.x.world.publish(102, at, text, PostKind.REPOST, ref_post_id=post_id, ref_author_id=101)
    stage.watch(listed("reposted_generated", 101), listed("generated", 102))
    stage.visit()
    forget(stage, tmp_path, f"x:reposted_generated/{gone}")
    assert verify(stage.path).findings == []
    for lie, said in (
        (f"UPDATE post SET ref_post_id = NULL, ref_author_id = NULL WHERE ref_post_id = {kept}", "refers to another"),
        ("UPDATE post SET text = NULL WHERE kind = 2", "says what no answer says"),
        ("UPDATE post SET kind = 0 WHERE ref_post_id IS NOT NULL", "is of another kind"),
    ):
        forged = sealed(stage, tmp_path / "forged.db")
        change(forged, lie)
        assert said in found(forged)


def test_after_pages_went_whole_for_a_forgotten_channel_all_others_are_still_vouched_for(
    stage: Stage, tmp_path: Path
) -> None:
    gone, channel, other = (stage.channel(name, posts=30) for name in ("gone_one", "generated_one", "generated_two"))
    forward = Item(0, START - MINUTE, "[ساختگی] forwarded", origin=(gone, 3))
    stage.telegram.world.publish(channel, forward)
    with TelegramWebServer(stage.telegram.world, page_size=10) as pages:
        settings = replace(stage.settings.telegram, web_url=pages.url, web_pace=0)
        stage._collectors[Platform.TELEGRAM] = TelegramWebCollector(settings, lambda: stage.now)
        stage.watch(*(listed(name, platform=Platform.TELEGRAM) for name in ("gone_one", "generated_one")))
        stage.visit(Platform.TELEGRAM)
        names = ("gone_one", "generated_one", "generated_two")
        stage.watch(*(listed(name, platform=Platform.TELEGRAM) for name in names))
        stage.visit(Platform.TELEGRAM, later=HOUR)
    # In a clock that is behind all that was collected: the log does not go by it.
    stage.now -= 900 * DAY
    forget(stage, tmp_path, "telegram:gone_one")
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert verdict.uncompared > 0, "the page with the forward went whole"
    for lie, said in (
        ("UPDATE post SET text = 'never said' WHERE account_id = 3", "says what no answer says"),
        (
            "INSERT INTO post (account_id, post_id, version_id, posted_at, kind, text, collected_at) "
            "SELECT account_id, post_id + 900, version_id + 900, posted_at, 0, 'invented', collected_at FROM post "
            "WHERE account_id = 3",
            "come from no answer",
        ),
    ):
        forged = sealed(stage, tmp_path / "forged.db")
        change(forged, lie)
        assert said in found(forged)
    assert other


def test_posts_that_are_deleted_and_edited_later_are_no_contradiction(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings(ages=(DAY,), sweep=365 * DAY))
    ids = stage.x_account(101, "generated", posts=6)
    stage.watch(listed("generated", 101))
    stage.visit()
    stage.x.world.delete(ids[1])
    stage.x.world.edit(ids[-1], "[ساختگی] said anew", stage.now + MINUTE)
    for _ in range(4):
        stage.visit(later=12 * HOUR)
    kinds = verify(stage.path).followed.kinds
    assert kinds["redacted"] >= 1
    assert found(stage.path) == ""
    assert rows(stage.path, "SELECT count(*) FROM post WHERE deleted_at IS NOT NULL") == [(1,)]
    change(stage.path, f"UPDATE post SET text = 'never said' WHERE post_id = {ids[3]}")
    assert "says what no answer says" in found(stage.path), "the control"


def test_what_is_seen_when_posts_are_read_again_is_sealed_and_can_be_forgotten(stage: Stage, tmp_path: Path) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings(ages=(DAY,), sweep=365 * DAY))
    ids = stage.x_account(101, "generated", posts=6)
    stage.watch(listed("generated", 101))
    stage.visit()
    stage.x.world.delete(ids[1])
    for _ in range(4):
        stage.visit(later=12 * HOUR)
    kinds = verify(stage.path).followed.kinds
    assert kinds["counters"] >= 1
    assert kinds["deleted"] >= 1
    salts = [salt for (salt,) in rows(stage.path, "SELECT salt FROM seal")]
    forget(stage, tmp_path, f"x:generated/{ids[4]}")
    assert found(stage.path) == ""
    left = {salt for (salt,) in rows(stage.path, "SELECT salt FROM seal")}
    destroyed = [salt for salt in salts if salt not in left]
    assert len(destroyed) >= 2, "of the answer, and of the counters"
    assert not any(salt in stage.bytes_at_rest() for salt in destroyed)
    assert all(salt in stage.bytes_at_rest() for salt in left), "the control: the others are found there"
    change(stage.path, f"UPDATE metric SET likes = 10000 WHERE taken_at > {START} AND post_id = {ids[3]}")
    assert "other counters when they were read again" in found(stage.path)
    change(stage.path, f"UPDATE post SET deleted_at = {stage.now}, text = NULL WHERE post_id = {ids[2]}")
    assert "which nobody has seen" in found(stage.path)


def test_what_retention_removes_is_listed_and_what_came_later_is_vouched_for(stage: Stage, tmp_path: Path) -> None:
    stage.x_account(101, "generated", posts=6)
    stage.watch(listed("generated", 101))
    stage.visit()
    stage.x.world.publish(101, START + DAY, "[ساختگی] later")
    stage.visit(later=40 * DAY)
    config = Config(
        Home(tmp_path), Settings(retention=RetentionSettings(texts=30 * DAY)), Watchlist(()), (), (), (), ()
    )
    assert retention.expire(stage.store, config, {}, stage.now)["texts"] == 6
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert [one.kind for one in verdict.followed.releases if one.entries] == ["expired"]
    assert (verdict.compared, verdict.uncompared) == (1, 6)
    change(stage.path, "UPDATE post SET text = 'never said' WHERE text IS NOT NULL")
    assert "says what no answer says" in found(stage.path), "the control"


def test_weeks_that_expire_leave_the_others_sealed(stage: Stage, tmp_path: Path) -> None:
    stage.x_account(103, "generated", posts=100, every=DAY)
    stage.watch(listed("generated", 103, protection=Protection.AT_RISK))
    stage.visit()
    assert len(rows(stage.path, "SELECT * FROM week_count")) > 10
    kept = RetentionSettings(at_risk_weeks=6 * WEEK)
    config = Config(Home(tmp_path), Settings(retention=kept), Watchlist(()), (), (), (), ())
    assert retention.expire(stage.store, config, {}, stage.now)["week counts"] > 3
    assert found(stage.path) == ""
    change(stage.path, "UPDATE week_count SET posts = posts + 1")
    assert "were changed" in found(stage.path)


def test_who_becomes_at_risk_leaves_no_salt_and_a_chain_that_verifies(stage: Stage) -> None:
    stage.x_account(101, "generated", posts=60, every=DAY)
    stage.x_account(102, "other_generated", posts=3)
    stage.watch(listed("generated", 101), listed("other_generated", 102))
    stage.visit()
    stage.watch(listed("generated", 101, protection=Protection.AT_RISK), listed("other_generated", 102))
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert {one.kind for one in verdict.followed.releases if one.entries} == {"reduced"}
    assert rows(stage.path, "SELECT kind FROM seal JOIN entry ON number = entry WHERE account_id = 1") == [("weeks",)]
    change(stage.path, "UPDATE week_count SET posts = posts + 1")
    assert "were changed" in found(stage.path)


# -- other ways in


@pytest.mark.parametrize("over_pages", [False, True], ids=["over the API", "over the pages"])
def test_a_channel_with_albums_that_goes_on_is_as_it_was_until_somebody_changes_it(
    stage: Stage, over_pages: bool
) -> None:
    channel_id = stage.telegram.world.add("generated_channel", title="[ساختگی]", subscribers=5)
    with TelegramWebServer(stage.telegram.world, page_size=17) as pages:
        if over_pages:
            settings = replace(stage.settings.telegram, web_url=pages.url, web_pace=0)
            stage._collectors[Platform.TELEGRAM] = TelegramWebCollector(settings, lambda: stage.now)
        publish(stage, channel_id, START - 60 * HOUR, 60)
        stage.watch(listed("generated_channel", platform=Platform.TELEGRAM))
        stage.visit(Platform.TELEGRAM)
        publish(stage, channel_id, START + HOUR, 25)
        stage.visit(Platform.TELEGRAM, later=2 * DAY)
    verdict = verify(stage.path)
    assert verdict.findings == []
    assert (verdict.compared, verdict.uncompared) == (85, 0)
    change(stage.path, "UPDATE post SET text = 'never said' WHERE text IS NOT NULL AND post_id > 20")
    assert "says what no answer says" in found(stage.path)
    change(stage.path, "UPDATE account SET platform_id = 5")
    assert "is not about account 1" in found(stage.path)


def publish(stage: Stage, channel_id: int, since: int, posts: int) -> None:
    """Posts an hour apart, every fifth an album."""
    for number in range(posts):
        album = since + number if number % 5 == 0 else None
        for picture in range(3 if album else 1):
            text = f"[ساختگی] {number}" if picture == 0 else ""
            stage.telegram.world.publish(channel_id, Item(0, since + number * HOUR, text, album=album))


def test_what_files_bring_is_counted_and_more_than_that_is_found(path: Path) -> None:
    path.unlink()
    with opened(path, listed("generated", 101)) as store:
        store.begin_import(FileKey("5f" * 32, "pages.jsonl", "x", 5, "t"), START)
        posts = [post(number, START - number) for number in (3, 2, 1)]
        assert store.write_imported("5f" * 32, 1, {1: {START: posts}}, START) == 3
        store.end_import(["5f" * 32], START, {})
    verdict = verify(path)
    assert verdict.findings == []
    assert (verdict.compared, verdict.uncompared) == (0, 3)
    columns = "account_id, post_id, version_id, posted_at, kind, collected_at"
    change(path, f"INSERT INTO post ({columns}) VALUES (1, 9, 9, {START}, 0, 5)")
    assert "4 posts come from no answer and no file" in found(path)


def test_counts_of_the_platform_are_sealed(path: Path) -> None:
    path.unlink()
    with opened(path, listed("generated", 101)) as store, store.transaction() as connection:
        counts.write(connection, 1, [Count(START, START + DAY, 3)], START + DAY)
        counts.write(
            connection, 1, [Count(START, START + DAY, 4), Count(START + DAY, START + 2 * DAY, 5)], START + DAY
        )
    assert found(path) == ""
    change(path, "UPDATE count SET posts = 6 WHERE posts = 4")
    assert "were changed" in found(path)


def test_a_database_from_before_is_vouched_for_from_its_upgrade_on(full: Path, path: Path) -> None:
    """Its answers are sealed as they are; what they say of posts is compared, what came without them is not."""
    change(path, "DROP TABLE entry", "DROP TABLE seal", "UPDATE alembic_version SET version_num = '0004'")
    with pytest.raises(SchemaError):
        verify(path)
    engine = writing_engine(path)
    schema.upgrade(engine)
    engine.dispose()
    verdict = verify(path)
    assert verdict.findings == []
    assert verdict.followed.begun == {"answers": 7, "posts": 14}
    assert verdict.compared == verify(full).compared
    change(path, "UPDATE answer SET sha256 = 'x' WHERE id = 2", "UPDATE week_count SET posts = posts + 1")
    assert "is not what was sealed" in found(path)
    assert "were changed" in found(path)


# -- what docs/evidence.md says


def test_a_stranger_follows_the_chain_with_the_standard_library_as_the_document_shows(path: Path) -> None:
    document = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text("utf-8")
    program = document.split("```python\n")[1].split("```")[0]
    run = [sys.executable, "-W", "ignore::ResourceWarning", "-c", program, str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == line_of(head_of(path), START).split()[1:]
    change(path, "UPDATE entry SET at = at + 1 WHERE number = 3")
    done = subprocess.run(run, capture_output=True, text=True, check=False, timeout=60)
    assert "entry 3" in done.stderr
