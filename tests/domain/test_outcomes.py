"""The closed set of outcomes: what kind of thing each is."""

from __future__ import annotations

from tracker.domain.outcomes import ACCOUNT_STATES, PLATFORM_STOPS, SUCCESSES, OutcomeKind


def test_an_outcome_is_a_success_a_state_of_the_account_or_a_stop_of_the_platform_but_never_two_of_them() -> None:
    assert not SUCCESSES & ACCOUNT_STATES
    assert not SUCCESSES & PLATFORM_STOPS
    assert not ACCOUNT_STATES & PLATFORM_STOPS


def test_what_is_left_over_is_tried_again_as_it_is() -> None:
    left = set(OutcomeKind) - SUCCESSES - ACCOUNT_STATES - PLATFORM_STOPS
    assert left == {OutcomeKind.PARTIAL, OutcomeKind.TRANSPORT, OutcomeKind.BAD_ANSWER, OutcomeKind.REFUSED}


def test_the_words_of_the_outcomes_stay_since_they_stand_in_databases() -> None:
    assert sorted(OutcomeKind) == [
        "account_gone",
        "auth_failed",
        "bad_answer",
        "budget_spent",
        "credits_spent",
        "monthly_cap",
        "not_modified",
        "not_public",
        "ok",
        "partial",
        "preview_unavailable",
        "protected",
        "rate_limited",
        "reassigned",
        "refused",
        "renamed",
        "spend_cap",
        "suspended",
        "transport_error",
    ]
