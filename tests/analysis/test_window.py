"""What is said of the time asked for."""

from __future__ import annotations

from tests.analysis.making import NOW, at, listing, observed, posts, weeks
from tracker.analysis.question import Selection
from tracker.analysis.series import PostSeries
from tracker.analysis.window import window_notes
from tracker.domain.words import Protection, Role

BEGINS, ENDS = at("2024-03-01"), at("2024-04-01")


def account(number: int, *coverage: tuple[int, int], created_at: int | None = None) -> PostSeries:
    return posts(observed(listing(f"s{number}", number=number), coverage=coverage, created_at=created_at))


def test_nothing_is_said_of_a_time_that_lies_in_the_coverage() -> None:
    seen = account(1, (BEGINS, ENDS))
    assert window_notes([seen], Selection(NOW)) == ()
    assert window_notes([seen, account(2)], Selection(NOW, since=BEGINS, until=ENDS)) == ()


def test_a_time_that_begins_before_all_coverage_is_told_when_that_begins() -> None:
    late = account(2, (at("2024-03-10"), ENDS))
    (note,) = window_notes([late, account(1, (BEGINS, ENDS))], Selection(NOW, since=at("2024-01-01")))
    assert "begins 2024-01-01T00:00:00Z" in note
    assert note.endswith("coverage of the chosen accounts begins 2024-03-01T00:00:00Z.")


def test_it_says_when_the_coverage_begins_with_the_oldest_account() -> None:
    whole = account(1, (BEGINS, ENDS), created_at=BEGINS)
    (note,) = window_notes([whole], Selection(NOW, since=at("2024-01-01")))
    assert note.endswith("begins 2024-03-01T00:00:00Z, when the oldest of them was made.")


def test_a_time_without_any_coverage_is_told_what_is_missing_and_what_to_do() -> None:
    asked = Selection(NOW, since=at("2023-01-01"), until=at("2023-02-01"))
    chosen = [account(1, (BEGINS, ENDS)), account(2), account(3, (at("2024-02-01"), BEGINS))]
    (note,) = window_notes(chosen, asked)
    assert "from 2023-01-01T00:00:00Z until 2023-02-01T00:00:00Z" in note
    assert "Of 3 accounts: 1 account never looked at; 2 accounts covered only outside it" in note
    assert "from 2024-02-01T00:00:00Z until 2024-04-01T00:00:00Z" in note
    assert "--from" in note


def test_accounts_that_nobody_has_looked_at_are_told_how_to_be() -> None:
    (note,) = window_notes([account(1), account(2)], Selection(NOW))
    assert "from the beginning until 2024-06-01T00:00:00Z" in note
    assert "2 accounts never looked at. `tracker collect`" in note


def test_coverage_while_the_filters_did_not_hold_is_outside() -> None:
    from dataclasses import replace

    was = replace(listing(role=Role.OFFICIAL), until=ENDS)
    now = replace(listing(role=Role.OUTLET), since=ENDS)
    seen = posts(observed(was, now, coverage=[(BEGINS, ENDS)]))
    assert window_notes([seen], Selection(NOW, role=Role.OFFICIAL)) == ()
    (note,) = window_notes([seen], Selection(NOW, role=Role.OUTLET))
    assert note.startswith("Nothing is covered")


def test_no_date_of_people_at_risk_is_said() -> None:
    row = listing(role=Role.JOURNALIST, protection=Protection.AT_RISK)
    hidden = weeks(observed(row, coverage=[(BEGINS, ENDS)]))
    (note,) = window_notes([hidden], Selection(NOW, since=at("2023-01-01")))
    assert "at risk" in note
    assert "2024" not in note
    (beside,) = window_notes([hidden, account(2)], Selection(NOW, since=at("2023-01-01")))
    assert "Of 1 account:" in beside
