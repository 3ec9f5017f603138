from __future__ import annotations

from dataclasses import replace

import pytest

from tests.collectors.walking import failed, looked_up
from tests.collectors.x_stage import NOW, Stage, answering
from tests.sandbox.x_rehearsal import BANNED, EMBASSY, LEFT, LOCKED, MINISTRY, START
from tracker.collectors.x import XCollector
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Profile, Profiles, Spend, Target
from tracker.sandbox.x_http import Request
from tracker.sandbox.x_replies import Reply, json_reply
from tracker.sandbox.x_server import XServer
from tracker.sandbox.x_world import XAccount

HIDDEN = {"ExampleBanned": BANNED, "ExampleLeft": LEFT, "ExampleLocked": LOCKED}


def profiles(collector: XCollector, *targets: Target) -> Profiles:
    answer = collector.profiles(targets)
    assert isinstance(answer, Profiles), answer
    return answer


def kind(result: Profile | Failure) -> OutcomeKind | None:
    return result.kind if isinstance(result, Failure) else None


def test_a_name_leads_to_the_number_and_the_number_to_the_same_profile(dialect: str) -> None:
    with Stage(7, dialect=dialect) as stage:
        collector = stage.collector()
        asked = Target("sample_MINISTRY")
        assert not collector.knows(asked)
        profile = looked_up(collector, asked.handle)
        assert profile == Profile(
            platform_id=MINISTRY,
            handle="Sample_Ministry",
            taken_at=NOW,
            name="وزارت نمونه (invented)",
            followers=1000,
            following=10,
            posts=7,
            created_at=START,
        )
        known = Target("Sample_Ministry", MINISTRY)
        assert collector.knows(known)
        answer = profiles(collector, known)
        assert answer.results == {known: profile}
        assert answer.spend == Spend(requests=1, users=1)
        assert answer.answers[0].request.startswith("GET /2/users?")


def test_a_hundred_accounts_are_one_request_and_only_those_found_are_charged(dialect: str) -> None:
    with Stage(dialect=dialect) as stage:
        crowd = [Target(f"Example{number}", 1000 + number) for number in range(95)]
        for target in crowd:
            assert target.platform_id is not None
            stage.world.add_account(XAccount(target.platform_id, target.handle, "invented", START))
        hidden = [Target(handle, platform_id) for handle, platform_id in HIDDEN.items()]
        others = [Target("Sample_Ministry", MINISTRY), Target("ExampleNobody", 999_999)]
        targets = [*crowd, *hidden, *others]
        collector = stage.collector()
        assert len(targets) == collector.batch
        for answer in (profiles(collector, *targets), collector.resolve(targets)):
            assert isinstance(answer, Profiles)
            assert set(answer.results) == set(targets)
            assert {target.handle: kind(answer.results[target]) for target in [*hidden, *others]} == {
                "ExampleBanned": OutcomeKind.SUSPENDED,
                "ExampleLeft": OutcomeKind.GONE,
                "ExampleLocked": OutcomeKind.PROTECTED,
                "Sample_Ministry": None,
                "ExampleNobody": OutcomeKind.GONE,
            }
            assert [getattr(answer.results[target], "platform_id", None) for target in crowd] == [
                target.platform_id for target in crowd
            ]
            assert answer.spend == Spend(requests=1, users=96)
        assert stage.server.bill.users == 96


@pytest.mark.parametrize("shown", [False, True])
def test_a_protected_account_is_protected_whether_or_not_x_shows_its_profile(shown: bool) -> None:
    with Stage() as stage:
        with XServer(stage.world, clock=lambda: NOW, shows_protected_profiles=shown) as server:
            collector = stage.collector(server.url)
            assert kind(looked_up(collector, "ExampleLocked")) is OutcomeKind.PROTECTED
            target = Target("ExampleLocked", LOCKED)
            assert kind(profiles(collector, target).results[target]) is OutcomeKind.PROTECTED


def test_a_name_with_the_word_suspended_in_it_is_not_taken_for_a_suspension() -> None:
    with Stage() as stage:
        assert kind(looked_up(stage.collector(), "suspended_name")) is OutcomeKind.GONE


def test_a_name_made_of_digits_is_not_taken_for_somebody_else_s_number() -> None:
    with Stage() as stage:
        stage.world.add_account(XAccount(555, str(EMBASSY), "invented", START))
        digits, embassy = Target(str(EMBASSY)), Target("ExampleEmbassy")
        answer = stage.collector().resolve([digits, embassy])
        assert isinstance(answer, Profiles)
        found = [getattr(answer.results[target], "platform_id", None) for target in (digits, embassy)]
        assert found == [555, EMBASSY]


def test_a_renamed_account_shows_its_new_name_under_its_number() -> None:
    with Stage() as stage:
        stage.world.rename(MINISTRY, "Renamed")
        target = Target("Sample_Ministry", MINISTRY)
        result = profiles(stage.collector(), target).results[target]
        assert isinstance(result, Profile)
        assert result.handle == "Renamed"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, OutcomeKind.BAD_ANSWER),
        ({"data": [{"id": "101", "username": None}]}, OutcomeKind.BAD_ANSWER),
        ({"errors": [{"value": 101}]}, OutcomeKind.BAD_ANSWER),
        ({"errors": [7, {"value": "101", "title": "Odd", "detail": "of a\nnew kind"}]}, OutcomeKind.REFUSED),
        ({"data": [{"id": str(2**63), "username": "Sample_Ministry"}]}, OutcomeKind.BAD_ANSWER),
        (
            {"data": [{"id": "101", "username": "Sample_Ministry", "created_at": "2022-09-21T14:00:00"}]},
            OutcomeKind.BAD_ANSWER,
        ),
        ({"data": [7, {"id": "101", "username": "Sample_Ministry"}]}, None),
    ],
)
def test_every_account_asked_for_has_an_answer_whatever_x_says(
    body: dict[str, object], expected: OutcomeKind | None
) -> None:
    def answer(_: Request) -> Reply:
        return json_reply(200, body)

    with Stage() as stage, answering(answer) as url:
        target = Target("Sample_Ministry", MINISTRY)
        assert kind(profiles(stage.collector(url), target).results[target]) is expected


def test_an_answer_that_is_no_list_of_users_is_a_bad_answer() -> None:
    def answer(_: Request) -> Reply:
        return json_reply(200, {"data": "none"})

    with Stage() as stage, answering(answer) as url:
        failure = failed(stage.collector(url).resolve([Target("x")]))
        assert replace(failure, detail="") == Failure(OutcomeKind.BAD_ANSWER, "", lost=True)
