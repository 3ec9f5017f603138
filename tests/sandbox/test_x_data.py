from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from tracker.domain.instants import day_of
from tracker.domain.words import PostKind
from tracker.sandbox.x_data import (
    ACCOUNT_ID_BASE,
    PLACEHOLDER,
    SAMPLE_BEGINS,
    diplomats,
    generated_account_id,
    sample_csv,
    sample_handles,
    sample_posts,
)
from tracker.sandbox.x_world import XWorld, snowflake_ms


@pytest.fixture(scope="module")
def world() -> XWorld:
    return diplomats()


def test_the_sample_has_all_its_rows_and_no_post_twice() -> None:
    assert sample_csv().count(b"\r\n") == 1 + 21_603
    assert len({post.post_id for post in sample_posts()}) == 21_603


def test_the_sample_is_of_662_accounts_of_four_powers() -> None:
    assert len(sample_handles()) == 662
    assert set(sample_handles().values()) == {"CN", "RU", "US", "EU"}
    posts = Counter(post.country for post in sample_posts())
    assert posts == {"CN": 6_019, "US": 5_852, "EU": 5_381, "RU": 4_351}


def test_the_sample_reaches_from_2020_to_march_2021() -> None:
    times = [post.posted_at for post in sample_posts()]
    assert (day_of(min(times), "UTC"), day_of(max(times), "UTC")) == (date(2020, 1, 1), date(2021, 3, 12))


def test_each_time_agrees_with_the_one_in_the_posts_id() -> None:
    assert all(snowflake_ms(post.post_id) // 1000 == post.posted_at for post in sample_posts())


def test_the_world_holds_the_whole_sample(world: XWorld) -> None:
    posts = [post for account in world.accounts() for post in world.timeline(account.account_id)]
    assert len(world.accounts()) == 662
    assert Counter(post.kind for post in posts) == {
        PostKind.ORIGINAL: 15_486,
        PostKind.REPLY: 1_185,
        PostKind.REPOST: 2_322,
        PostKind.QUOTE: 2_610,
    }
    assert {(post.post_id, post.created_at, post.lang, post.metrics.likes) for post in posts} == {
        (post.post_id, post.posted_at, post.lang, post.engagement) for post in sample_posts()
    }


def test_what_is_generated_can_be_told_from_what_is_real(world: XWorld) -> None:
    accounts = world.accounts()
    assert all(ACCOUNT_ID_BASE <= account.account_id < 2**63 for account in accounts)
    assert all(account.created_at == SAMPLE_BEGINS and "generated" in account.description for account in accounts)
    posts = [post for account in accounts for post in world.timeline(account.account_id)]
    assert {post.text for post in posts} == {PLACEHOLDER}
    assert all((post.ref_post_id is None) == (post.kind is PostKind.ORIGINAL) for post in posts)
    assert all(world.post_of(post.ref_post_id) is None for post in posts if post.ref_post_id)


def test_generated_ids_are_the_same_in_every_run() -> None:
    assert generated_account_id("statedept") == 9041382136311472711
