"""A subject is found by what it is called; nobody at risk is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.analysis.making import listing
from tracker.config.finding import subject_named
from tracker.domain.errors import UsageError
from tracker.domain.subjects import ListedAccount, Watchlist
from tracker.domain.words import Platform, Protection

MINISTRY = replace(
    listing("invented-ministry"), name="Invented Ministry", name_native="وزارت ساختگی", handle="Ministry_1"
)
CHANNEL = replace(MINISTRY, platform=Platform.TELEGRAM, platform_id=7, handle="ministry_channel")
TWIN = replace(listing("invented-twin", number=9), name="Invented Ministry", handle="twin")
HIDDEN = replace(
    listing("invented-journalist", number=3, protection=Protection.AT_RISK),
    name="Invented Journalist",
    handle="quiet_pen",
)


def watchlist(*rows: object) -> Watchlist:
    return Watchlist(tuple(ListedAccount((row,)) for row in rows))  # type: ignore[arg-type]


WATCHLIST = watchlist(MINISTRY, CHANNEL, HIDDEN)


@pytest.mark.parametrize(
    "called", ["invented-ministry", "INVENTED ministry", " وزارت  ساختگی ", "@ministry_1", "Ministry_Channel"]
)
def test_a_subject_is_found_with_all_its_accounts_by_id_names_and_handles(called: str) -> None:
    assert [account.latest for account in subject_named(WATCHLIST, called)] == [MINISTRY, CHANNEL]


def test_an_unknown_subject_is_told_what_looks_like_it() -> None:
    with pytest.raises(UsageError, match=r"'Invented Minister'; did you mean invented-ministry\?$"):
        subject_named(WATCHLIST, "Invented Minister")


def test_a_native_name_with_a_slip_suggests_the_subject() -> None:
    with pytest.raises(UsageError, match="did you mean invented-ministry"):
        subject_named(WATCHLIST, "وزارت ساختگ")


def test_a_subject_at_risk_is_refused_in_one_line_that_says_no_more_than_was_typed() -> None:
    with pytest.raises(UsageError) as refused:
        subject_named(WATCHLIST, "quiet_pen")
    said = str(refused.value)
    assert "at risk" in said
    assert "\n" not in said
    assert "ournalist" not in said


@pytest.mark.parametrize("near", ["invented-journalis", "quiet_pe", "pen", ""])
def test_nobody_at_risk_is_ever_suggested(near: str) -> None:
    with pytest.raises(UsageError) as refused:
        subject_named(WATCHLIST, near)
    said = str(refused.value)
    assert "invented-journalist" not in said
    assert "quiet_pen" not in said


def test_another_account_of_somebody_at_risk_is_refused_too() -> None:
    named = replace(
        HIDDEN, protection=Protection.NAMED, platform=Platform.TELEGRAM, platform_id=8, handle="pen_channel"
    )
    with pytest.raises(UsageError, match="at risk"):
        subject_named(watchlist(HIDDEN, named), "pen_channel")


def test_a_name_that_two_subjects_bear_is_answered_with_their_ids() -> None:
    with pytest.raises(UsageError, match="may be invented-ministry, invented-twin; give one of these ids"):
        subject_named(watchlist(MINISTRY, TWIN), "invented ministry")
