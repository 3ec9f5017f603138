"""The network of pointers: what counts as an edge, how it is weighed, and how far it can be trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest

from tests.analysis.making import ORIGINAL, SETTINGS, at, listing, observed, posts
from tracker.analysis.network import network
from tracker.analysis.network_report import NetworkReport, Tie
from tracker.analysis.question import Selection
from tracker.analysis.references import AMBIGUOUS, References
from tracker.analysis.report import CoverageState
from tracker.domain.intervals import FOREVER
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import By, Platform, Protection, Role

BEGIN, END = at("2024-01-01"), at("2024-05-01")
WHOLE = [(BEGIN, END)]
SELECTION = Selection(as_of=END)

Pointer = tuple[int, int, int, int, Tie]
"""Source and target as places of accounts, post, time, tie."""


def account(number: int, subject: str = "", **fields: object) -> ListedAccount:
    return ListedAccount((listing(subject or f"s{number}", number=number, **fields),))  # type: ignore[arg-type]


def dated(number: int, *rows: tuple[Role, str, str]) -> ListedAccount:
    """An account with a row for each role, from and until."""
    return ListedAccount(
        tuple(
            replace(
                listing(f"s{number}", role, number=number),
                since=at(since),
                until=at(until) if until else FOREVER,
                line=line,
            )
            for line, (role, since, until) in enumerate(rows, 2)
        )
    )


def answer(
    accounts: Sequence[ListedAccount],
    pointers: Iterable[Pointer],
    by: By = By.SUBJECT,
    selection: Selection = SELECTION,
    covered: dict[int, list[tuple[int, int]]] | None = None,
    at_risk: frozenset[str] = frozenset(),
) -> NetworkReport:
    columns = np.array([tuple(map(int, pointer)) for pointer in pointers], np.int64).reshape(-1, 5).T
    references = References(tuple(accounts), at_risk, *columns)
    series = [
        posts(observed(*one.listings, coverage=(covered or {}).get(place, WHOLE), created_at=BEGIN))
        for place, one in enumerate(accounts)
        if any(map(selection.asks_for, one.listings))
    ]
    return network(references, series, SETTINGS, selection, by)


def edges(report: NetworkReport) -> dict[tuple[str, str], int]:
    return {(edge.source.key, edge.target.key): edge.posts for edge in report.edges}


def test_the_accounts_of_a_subject_are_one_node_and_its_pointers_to_itself_are_left_out_and_counted() -> None:
    accounts = [account(1, "a"), account(2, "a", platform=Platform.TELEGRAM), account(3, "b"), account(4, "b")]
    pointers = [
        (0, 2, 10, BEGIN, Tie.REPLY),
        (0, 3, 11, BEGIN, Tie.QUOTE),
        (1, 2, 10, BEGIN, Tie.FORWARD),
        (2, 3, 12, BEGIN, Tie.REPLY),
        (2, 2, 12, BEGIN, Tie.MENTION),
    ]
    report = answer(accounts, pointers)
    assert edges(report) == {("a", "b"): 3}
    assert report.edges[0].ties.replies == report.edges[0].ties.quotes == report.edges[0].ties.forwards == 1
    assert "1 post pointing to the subject's own accounts is left out." in report.notes
    by_account = answer(accounts, pointers, By.ACCOUNT)
    assert edges(by_account) == {("x:1", "x:3"): 1, ("x:1", "x:4"): 1, ("telegram:2", "x:3"): 1}
    assert {node.key: (node.platform, node.handle) for node in by_account.nodes}["telegram:2"] == (
        Platform.TELEGRAM,
        "generated_2",
    )


def test_a_post_counts_once_for_each_node_as_the_strongest_of_its_ways() -> None:
    accounts = [account(1), account(2, "b"), account(3, "b"), account(4)]
    pointers = [
        (0, 1, 10, BEGIN, Tie.MENTION),
        (0, 1, 10, BEGIN, Tie.REPLY),
        (0, 2, 10, BEGIN, Tie.MENTION),
        (0, 3, 10, BEGIN, Tie.MENTION),
        (0, 1, 11, BEGIN, Tie.MENTION),
    ]
    (to_b, to_d) = answer(accounts, pointers).edges
    assert (to_b.target.key, to_b.ties.replies, to_b.ties.mentions, to_b.posts) == ("b", 1, 1, 2)
    assert (to_d.target.key, to_d.posts) == ("s4", 1)
    assert edges(answer(accounts, pointers, By.ACCOUNT)) == {
        ("x:1", "x:2"): 2,
        ("x:1", "x:3"): 1,
        ("x:1", "x:4"): 1,
    }


def test_the_same_number_of_post_on_two_accounts_is_two_posts() -> None:
    pointers = [(0, 2, 10, BEGIN, Tie.REPLY), (1, 2, 10, BEGIN, Tie.REPLY)]
    assert edges(answer([account(1, "a"), account(2, "a"), account(3, "b")], pointers)) == {("a", "b"): 2}


def test_filters_choose_who_points_and_not_who_is_pointed_to() -> None:
    accounts = [account(1), account(2, role=Role.OUTLET), account(3, country="RU")]
    pointers = [(place, other, 1, BEGIN, Tie.REPLY) for place in range(3) for other in range(3) if place != other]
    for selection, sources in (
        (replace(SELECTION, role=Role.OUTLET), {"s2"}),
        (replace(SELECTION, country="IR"), {"s1", "s2"}),
        (replace(SELECTION, platform=Platform.X), {"s1", "s2", "s3"}),
    ):
        report = answer(accounts, pointers, selection=selection)
        assert {edge.source.key for edge in report.edges} == sources
        assert {node.key for node in report.nodes} == {"s1", "s2", "s3"}
        for node in report.nodes:
            assert (node.out_posts, node.out_degree) == ((2, 2) if node.key in sources else (None, None))


def test_only_posts_in_the_time_asked_for_count() -> None:
    since, until = at("2024-02-01"), at("2024-03-01")
    pointers = [
        (0, 1, number, moment, Tie.REPLY) for number, moment in enumerate((since - 1, since, until - 1, until))
    ]
    report = answer([account(1), account(2)], pointers, selection=Selection(END, since, until))
    assert edges(report) == {("s1", "s2"): 2}


def test_each_end_must_be_listed_when_the_post_was_made() -> None:
    accounts = [dated(1, (Role.OFFICIAL, "2024-02-01", "2024-04-01")), dated(2, (Role.OUTLET, "2024-03-01", ""))]
    days = ["2024-01-15", "2024-02-15", "2024-03-15", "2024-04-15"]
    there = [(0, 1, number, at(day), Tie.REPLY) for number, day in enumerate(days)]
    back = [(1, 0, number, at(day), Tie.REPLY) for number, day in enumerate(days)]
    assert edges(answer(accounts, there)) == {("s1", "s2"): 1}
    assert edges(answer(accounts, back)) == {("s2", "s1"): 1}


def test_flows_go_by_the_roles_at_the_time_of_the_post() -> None:
    accounts = [
        dated(1, (Role.OFFICIAL, "2024-01-01", "2024-03-01"), (Role.OUTLET, "2024-03-01", "")),
        dated(2, (Role.STATE_BODY, "2024-01-01", "2024-02-01"), (Role.OFFICIAL, "2024-02-01", "")),
        account(3, role=Role.OUTLET),
    ]
    pointers = [
        (0, 1, 1, at("2024-01-15"), Tie.REPLY),
        (0, 1, 2, at("2024-02-15"), Tie.QUOTE),
        (0, 1, 3, at("2024-03-15"), Tie.QUOTE),
        (2, 1, 4, at("2024-03-15"), Tie.MENTION),
    ]
    report = answer(accounts, pointers)
    assert [(flow.source, flow.target, flow.posts, flow.pairs) for flow in report.flows] == [
        (Role.OUTLET, Role.OFFICIAL, 2, 2),
        (Role.OFFICIAL, Role.OFFICIAL, 1, 1),
        (Role.OFFICIAL, Role.STATE_BODY, 1, 1),
    ]
    assert {node.key: node.role for node in report.nodes}["s1"] is Role.OUTLET
    early = answer(accounts, pointers, selection=replace(SELECTION, until=at("2024-02-20")))
    assert {node.key: node.role for node in early.nodes}["s1"] is Role.OFFICIAL
    official = answer(accounts, pointers, selection=replace(SELECTION, role=Role.OFFICIAL))
    assert edges(official) == {("s1", "s2"): 2}


def test_a_count_is_at_least_where_its_source_was_not_fully_covered() -> None:
    accounts = [account(1), account(2, role=Role.OUTLET), account(3)]
    pointers = [(place, (place + 1) % 3, 1, BEGIN, Tie.REPLY) for place in range(3)]
    gap = [(BEGIN, at("2024-02-01")), (at("2024-03-01"), END)]
    report = answer(accounts, pointers, covered={1: gap, 2: []})
    assert {edge.source.key: edge.state for edge in report.edges} == {
        "s1": CoverageState.FULL,
        "s2": CoverageState.PARTIAL,
        "s3": CoverageState.PARTIAL,
    }
    assert {flow.source: flow.state for flow in report.flows} == {
        Role.OFFICIAL: CoverageState.PARTIAL,
        Role.OUTLET: CoverageState.PARTIAL,
    }
    assert not report.complete
    assert any(note.startswith("Not everybody") for note in report.notes)
    officials_seen = answer(accounts, pointers, covered={1: gap})
    assert {flow.source: flow.state for flow in officials_seen.flows} == {
        Role.OFFICIAL: CoverageState.FULL,
        Role.OUTLET: CoverageState.PARTIAL,
    }
    whole = answer(accounts, pointers)
    assert whole.complete
    assert {edge.state for edge in whole.edges} == {CoverageState.FULL}
    assert {flow.state for flow in whole.flows} == {CoverageState.FULL}


def test_who_is_not_looked_at_points_to_no_data_and_not_to_0() -> None:
    report = answer([account(1), account(2)], [(0, 1, 1, BEGIN, Tie.REPLY)], covered={1: []})
    target = {node.key: node for node in report.nodes}["s2"]
    assert (target.in_posts, target.out_posts, target.out_degree, target.state) == (
        1,
        None,
        None,
        CoverageState.NONE,
    )
    source = {node.key: node for node in report.nodes}["s1"]
    assert (source.in_posts, source.out_posts, source.out_degree, source.state) == (0, 1, 1, CoverageState.FULL)


def test_who_is_alone_is_counted_and_not_named() -> None:
    report = answer([account(number) for number in range(1, 6)], [(0, 1, 1, BEGIN, Tie.REPLY)], covered={4: []})
    assert {node.key for node in report.nodes} == {"s1", "s2"}
    assert "3 named subjects asked for are at no end of an edge, 1 of them because there is no data." in report.notes


def test_people_at_risk_are_neither_named_nor_counted() -> None:
    careful = account(9, "secret", role=Role.JOURNALIST, protection=Protection.AT_RISK)
    named_too = account(8, "secret", platform=Platform.TELEGRAM)
    references = References(
        (account(1), account(2)), frozenset({"secret"}), *np.array([[0, 1, 1, BEGIN, Tie.REPLY]], np.int64).T
    )
    everyone = [account(1), account(2), careful, named_too]
    series = [posts(observed(*one.listings, coverage=WHOLE, created_at=BEGIN), (BEGIN, ORIGINAL)) for one in everyone]
    report = network(references, series, SETTINGS, SELECTION)
    assert {node.key for node in report.nodes} == {"s1", "s2"}
    assert report.notes == ("Edges from and to people at risk are left out, and so are they.",)
    assert "secret" not in repr(report)


def test_an_ambiguous_handle_is_counted_where_its_post_was_asked_for() -> None:
    pointers = [
        (0, AMBIGUOUS, 1, BEGIN, Tie.MENTION),
        (0, AMBIGUOUS, 2, END, Tie.MENTION),
        (1, AMBIGUOUS, 3, BEGIN, Tie.MENTION),
    ]
    report = answer([account(1), account(2, country="RU")], pointers, selection=replace(SELECTION, country="IR"))
    assert "1 post with a handle that two listed accounts have borne is not counted as mentioning either." in (
        report.notes
    )


def test_no_edge_at_all_says_so() -> None:
    report = answer([account(1), account(2)], [])
    assert (report.nodes, report.edges, report.flows) == ((), (), ())
    assert report.notes == ("No post that is stored of the 2 subjects asked for points to another on the watchlist.",)
    nothing = answer([account(1)], [], covered={0: []})
    assert nothing.notes[0].startswith("Nothing is covered")


def test_a_network_of_nobody_named_is_no_error() -> None:
    report = answer([], [])
    assert report.nodes == ()


def test_many_random_pointers_are_counted_as_plain_python_counts_them() -> None:
    chance = Random(7)
    roles = [Role.OFFICIAL, Role.OUTLET, Role.STATE_BODY]
    accounts = [account(number, f"s{number % 17}", role=roles[number % 17 % 3]) for number in range(1, 31)]
    pointers = [
        (chance.randrange(30), chance.randrange(30), chance.randrange(60), BEGIN + 60, chance.choice(list(Tie)))
        for _ in range(3000)
    ]
    for by in (By.SUBJECT, By.ACCOUNT):

        def key(place: int, by: By = by) -> str:
            return accounts[place].subject if by is By.SUBJECT else f"x:{place + 1}"

        best: dict[tuple[int, int, str], Tie] = {}
        ends: dict[tuple[int, int, str], tuple[int, int]] = {}
        for source, target, post, _, tie in pointers:
            if accounts[source].subject != accounts[target].subject:
                best[source, post, key(target)] = min(tie, best.get((source, post, key(target)), tie))
                ends[source, post, key(target)] = (source, target)
        truth = Counter((key(source), target, tie) for (source, _, target), tie in best.items())
        report = answer(accounts, pointers, by)
        told = Counter(
            {
                (edge.source.key, edge.target.key, tie): getattr(edge.ties, tie.plural)
                for edge in report.edges
                for tie in Tie
                if getattr(edge.ties, tie.plural)
            }
        )
        assert told == truth
        for node in report.nodes:
            assert node.in_posts == sum(n for (_, target, _), n in truth.items() if target == node.key)
            assert node.out_posts == sum(n for (source, _, _), n in truth.items() if source == node.key)
            assert node.in_degree == len({source for source, target, _ in truth if target == node.key})
            assert node.out_degree == len({target for source, target, _ in truth if source == node.key})
        assert sum(node.pagerank for node in report.nodes) == pytest.approx(1)
        flows = Counter(
            (accounts[source].latest.role, accounts[target].latest.role) for source, target in ends.values()
        )
        assert {(flow.source, flow.target): flow.posts for flow in report.flows} == flows
        assert list(report.edges) == sorted(
            report.edges, key=lambda edge: (-edge.posts, edge.source.key, edge.target.key)
        )


def test_the_order_in_which_pointers_come_does_not_matter() -> None:
    accounts = [account(number) for number in range(1, 9)]
    chance = Random(3)
    pointers: list[Pointer] = []
    for number in range(60):
        source, target = chance.sample(range(8), 2)
        pointers.append((source, target, number, BEGIN, Tie(chance.randrange(5))))
    once = answer(accounts, pointers)
    chance.shuffle(pointers)
    assert answer(accounts, pointers) == once
