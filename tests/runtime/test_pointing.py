"""Named accounts repost, quote, answer and forward people at risk: of these nothing is kept. Invented names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.protection.scanning import Canary, found_below
from tests.runtime.making import START, Stage, listed, staged
from tests.store.making import post
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.settings import RefreshSettings
from tracker.domain.instants import DAY, HOUR
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection
from tracker.runtime.verifying import verify
from tracker.sandbox.telegram_web import TelegramWebServer
from tracker.sandbox.telegram_world import Item
from tracker.store.imports import FileKey

MINISTER, REPORTER = 101, 7_000_000_009
SOURCE = 9_000_000_002
"""The channel that is forwarded."""
SAID = "canaryword قناری and more"
WHEN = START - 3 * HOUR - 17


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


def pointed_at(stage: Stage) -> Canary:
    """A minister who points to a reporter in each way that there is, and a channel that forwards another."""
    canary = Canary()
    stage.x_account(MINISTER, "gen_minister", posts=2)
    stage.x_account(REPORTER, "canary_reporter")
    said = stage.x.world.publish(REPORTER, WHEN, SAID)
    canary.post(said.post_id, WHEN, SAID)
    for kind, text in (
        (PostKind.REPOST, f"RT @canary_reporter: {SAID}"),
        (PostKind.QUOTE, "[ساختگی] look"),
        (PostKind.REPLY, "@canary_reporter [ساختگی] no"),
    ):
        at = START - HOUR - int(kind) * 60
        stage.x.world.publish(MINISTER, at, text, kind, ref_post_id=said.post_id, ref_author_id=REPORTER)
    world = stage.telegram.world
    channel, source = stage.channel("gen_channel", posts=2), stage.channel("canary_channel")
    assert source == SOURCE
    world.publish(source, Item(0, WHEN, SAID))
    world.publish(channel, Item(0, START - HOUR - 61, SAID, origin=(source, 1)))
    world.publish(channel, Item(0, START - HOUR - 30, "[ساختگی] of my own"))
    return canary


def everyone(protection: Protection, *, only_named: bool = False) -> list[ListedAccount]:
    named = [listed("gen_minister", MINISTER), listed("gen_channel", platform=Platform.TELEGRAM)]
    others = [
        listed("canary_reporter", REPORTER, protection=protection),
        listed("canary_channel", platform=Platform.TELEGRAM, protection=protection),
    ]
    return named if only_named else named + others


def visited(stage: Stage) -> None:
    stage.visit()
    stage.visit(Platform.TELEGRAM)


POINTERS = "SELECT kind, ref_post_id, ref_author_id, text FROM post WHERE kind > 0 ORDER BY kind, post_id"
OWN_WORDS = [
    (PostKind.REPLY, None, None, "@canary_reporter [ساختگی] no"),
    (PostKind.REPOST, None, None, None),
    (PostKind.REPOST, None, None, None),
    (PostKind.QUOTE, None, None, "[ساختگی] look"),
]


def assert_hidden(stage: Stage, canary: Canary) -> None:
    assert stage.rows(POINTERS) == OWN_WORDS
    assert found_below(stage.data, canary) == {}
    assert stage.rows("SELECT * FROM billed WHERE resource_id = ?", *canary.ids) == []
    verdict = verify(stage.path)
    assert verdict.findings == []
    own = "UPDATE post SET ref_post_id = 5, ref_author_id = 6 WHERE kind = 3"
    with stage.store.transaction() as connection:
        connection.exec_driver_sql(own)
    assert any("refers to another" in str(finding) for finding in verify(stage.path).findings)


@pytest.mark.parametrize("expanded", [False, True])
def test_who_points_to_somebody_at_risk_is_stored_with_his_own_words_only(stage: Stage, expanded: bool) -> None:
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, expand_referenced=expanded))
    canary = pointed_at(stage)
    stage.watch(*everyone(Protection.AT_RISK))
    visited(stage)
    assert_hidden(stage, canary)


@pytest.mark.parametrize("expanded", [False, True])
def test_who_becomes_at_risk_is_pointed_to_no_more(stage: Stage, expanded: bool) -> None:
    stage.settings = replace(stage.settings, x=replace(stage.settings.x, expand_referenced=expanded))
    canary = pointed_at(stage)
    stage.watch(*everyone(Protection.NAMED))
    visited(stage)
    assert found_below(stage.data, canary) != {}, "the control"
    stage.watch(*everyone(Protection.AT_RISK))
    assert_hidden(stage, canary)


def test_who_is_listed_as_at_risk_long_after_others_have_pointed_to_him_is_pointed_to_no_more(stage: Stage) -> None:
    canary = pointed_at(stage)
    stage.watch(*everyone(Protection.NAMED, only_named=True))
    visited(stage)
    assert found_below(stage.data, canary) != {}, "the control"
    stage.watch(*everyone(Protection.AT_RISK))
    visited(stage)  # which tells the channel's number
    assert_hidden(stage, canary)


@pytest.mark.parametrize("known", [False, True], ids=["unknown", "known"])
def test_a_page_shows_of_a_forward_the_name_only_and_that_is_enough(stage: Stage, known: bool) -> None:
    canary = pointed_at(stage)
    with TelegramWebServer(stage.telegram.world) as pages:
        settings = replace(stage.settings.telegram, web_url=pages.url, web_pace=0)
        stage._collectors[Platform.TELEGRAM] = TelegramWebCollector(settings, lambda: stage.now)
        stage.watch(*everyone(Protection.AT_RISK))
        if known:
            stage.store.bind(4, SOURCE)
        stage.visit(Platform.TELEGRAM)
    assert stage.rows(POINTERS) == [(PostKind.REPOST, None, None, None)]
    assert found_below(stage.data, canary) == {}
    assert verify(stage.path).findings == []


def test_reading_posts_again_does_not_bring_it_back(stage: Stage) -> None:
    stage.settings = replace(stage.settings, refresh=RefreshSettings(ages=(DAY,), sweep=365 * DAY))
    canary = pointed_at(stage)
    stage.watch(*everyone(Protection.AT_RISK))
    visited(stage)
    stage.visit(later=2 * DAY)
    stage.visit(Platform.TELEGRAM, later=DAY)
    assert stage.rows("SELECT count(DISTINCT taken_at) FROM metric") != [(1,)], "they were read again"
    assert_hidden(stage, canary)


def test_a_file_brings_the_named_ones_own_words_only(stage: Stage) -> None:
    canary = pointed_at(stage)
    stage.watch(*everyone(Protection.AT_RISK))
    (account,) = stage.rows("SELECT id FROM account WHERE platform_id = ?", MINISTER)
    (number,) = canary.ids
    reposts = [
        post(71, WHEN + 61, f"RT @Canary_Reporter: {SAID}", kind=PostKind.REPOST),
        post(72, WHEN + 62, SAID, kind=PostKind.REPOST)._replace(ref_author_id=REPORTER, ref_post_id=number),
    ]
    stage.store.begin_import(FileKey("0" * 64, "file.jsonl", "x", 1, ""), START)
    stage.store.write_imported("0" * 64, 1, {int(str(account[0])): {None: reposts}}, START)
    assert stage.rows("SELECT ref_post_id, ref_author_id, text FROM post") == [(None, None, None)] * 2
    assert found_below(stage.data, canary) == {}
