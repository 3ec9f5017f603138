"""The central promise, over random histories: what is said to be covered is stored, whole, and paid for once.

A visit may be stopped, fail, or be killed at any request; between two visits posts appear and are edited.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.runtime.model import ACCOUNT_ID, EDITABLE, Item, KilledError, ModelCollector, Timeline
from tests.store.making import listed, rows, sync
from tracker.config.settings import Settings
from tracker.domain.instants import DAY, HOUR, MINUTE, Instant, from_iso, start_of_week
from tracker.domain.intervals import FOREVER, Intervals, span
from tracker.domain.words import Platform, PostKind, Protection
from tracker.runtime.observer import Silent
from tracker.runtime.worker import Worker
from tracker.store.store import Store

CREATED = from_iso("2022-08-31T10:00:00Z")
ZONE = "Asia/Tehran"  # whose summer ends within the first weeks
STEPS = st.lists(
    st.one_of(st.integers(1, 6), st.sampled_from(["fail", "kill", "lose", "stop"])), min_size=0, max_size=6
)
GAPS = st.sampled_from([0, 0, 0, 1, 1, 30, HOUR, 7 * HOUR, DAY])
SEARCH = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True
)


@cache
def template() -> Path:
    """An empty database, made once."""
    path = Path(tempfile.mkdtemp()) / "empty.db"
    Store(path).close()
    return path


class Visiting(RuleBasedStateMachine):
    """One account, its platform, and a tracker that is disturbed."""

    protection = Protection.NAMED

    @initialize(depth=st.sampled_from([10**9, 10**9, 12, 30]))
    def begin(self, depth: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "tracker.db"
        shutil.copy(template(), self.path)
        self.depth = depth
        self.timeline = Timeline(CREATED, CREATED + DAY, depth)
        self.collector = ModelCollector(self.timeline)
        self.start_process()

    def start_process(self) -> None:
        self.store = Store(self.path)
        sync(self.store, listed("example", ACCOUNT_ID, protection=self.protection))
        self.store.release()

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.visit([])
            self.visit([])
            self.everything_shown_is_there()
            self.store.close()
            shutil.rmtree(self.folder)

    @rule(gaps=st.lists(GAPS, min_size=1, max_size=12), kind=st.sampled_from(list(PostKind)))
    def publish(self, gaps: list[int], kind: PostKind) -> None:
        for gap in gaps:
            self.timeline.now += gap
            self.timeline.publish(self.timeline.now, kind)

    @rule(wait=st.sampled_from([1, MINUTE, HOUR, DAY, 5 * DAY]))
    def wait(self, wait: int) -> None:
        self.timeline.now += wait

    # Near the depth limit an edit moves the limit, for which the real collector keeps a margin.
    @precondition(lambda self: self.depth > 1000 and self.editable())
    @rule(choice=st.integers(0, 100), wait=st.sampled_from([0, 1, 10 * MINUTE]))
    def edit(self, choice: int, wait: int) -> None:
        editable = self.editable()
        item = editable[choice % len(editable)]
        self.timeline.now += min(wait, max(0, item.posted_at + EDITABLE - 1 - self.timeline.now))
        self.timeline.edit(item)

    def editable(self) -> list[Item]:
        return [item for item in self.timeline.items if item.posted_at > self.timeline.now - EDITABLE]

    @rule(script=STEPS)
    def visit(self, script: list[int | str]) -> None:
        stop_after = script.index("stop") if "stop" in script else None
        self.collector.script = [step for step in script if step != "stop"]
        before = self.collector.requests
        worker = Worker(
            Platform.X,
            self.collector,
            self.store,
            Settings(),
            {"subject-of-example": ZONE},
            lambda: self.timeline.now,
            Silent(),
            lambda: stop_after is not None and self.collector.requests - before > stop_after,
        )
        self.store.make_due(Platform.X, None, self.timeline.now)
        try:
            worker.work()
        except KilledError:
            self.store.close()
            self.start_process()
        self.collector.script = []

    def covered(self) -> Intervals:
        return Intervals.of(rows(self.path, "SELECT since, until FROM coverage"))

    def holes(self) -> Intervals:
        found = rows(self.path, "SELECT since, until FROM hole")
        return Intervals.of((CREATED if since is None else since, until) for since, until in found)

    def last_look(self) -> Instant | None:
        ((last_look_at,),) = rows(self.path, "SELECT last_look_at FROM account")
        return None if last_look_at is None else int(last_look_at)

    @invariant()
    def nothing_between_the_beginning_and_the_last_look_is_forgotten(self) -> None:
        """Every instant is covered or in a hole: the high-water mark never skips."""
        last_look = self.last_look()
        if last_look is not None:
            accounted = self.covered() | self.holes()
            assert accounted.covers(CREATED, last_look), (accounted, last_look)

    @invariant()
    def nothing_is_covered_that_was_not_looked_at(self) -> None:
        until = self.covered().until
        assert until is None or until <= (self.last_look() or 0)

    def everything_shown_is_there(self) -> None:
        raise NotImplementedError


class VisitingNamed(Visiting):
    @invariant()
    def every_post_of_covered_time_is_stored(self) -> None:
        covered = self.covered()
        stored = {
            post_id: (at, kind) for post_id, at, kind in rows(self.path, "SELECT post_id, posted_at, kind FROM post")
        }
        truth = {item.post_id: (item.posted_at, item.kind) for item in self.timeline.items}
        missing = {post_id for post_id, (at, _) in truth.items() if at in covered and post_id not in stored}
        assert not missing, (missing, covered)
        assert stored.items() <= truth.items()

    @invariant()
    def nothing_is_paid_for_twice_but_what_a_dying_process_had_in_hand(self) -> None:
        twice = self.collector.billed - self.collector.lost
        assert all(count == 1 for count in twice.values()), twice

    def everything_shown_is_there(self) -> None:
        stored = {post_id for (post_id,) in rows(self.path, "SELECT post_id FROM post")}
        shown = {item.post_id for item in self.timeline.items[-self.depth :] if item.posted_at < self.timeline.now}
        hidden = Intervals.of(
            (CREATED if since is None else since, until)
            for since, until in rows(self.path, "SELECT since, until FROM hole WHERE unreachable")
        )
        assert rows(self.path, "SELECT * FROM hole WHERE NOT unreachable") == []
        assert shown <= stored
        if self.depth > len(self.timeline.items):
            assert not hidden
            assert self.covered() == span(CREATED, self.last_look() or 0)


class VisitingAtRisk(Visiting):
    protection = Protection.AT_RISK

    def truth(self) -> dict[tuple[Instant, int], int]:
        counts: dict[tuple[Instant, int], int] = {}
        for item in self.timeline.items:
            week = start_of_week(item.posted_at, ZONE)
            counts[week, item.kind] = counts.get((week, item.kind), 0) + 1
        return counts

    def counted(self) -> dict[tuple[Instant, int], int]:
        found = rows(self.path, "SELECT week, kind, posts FROM week_count")
        return {(week, kind): posts for week, kind, posts in found}

    @invariant()
    def the_counts_of_covered_weeks_are_true_and_there_are_no_others(self) -> None:
        covered = self.covered()
        assert self.counted() == {key: count for key, count in self.truth().items() if key[0] in covered}

    @invariant()
    def only_whole_weeks_are_covered(self) -> None:
        for edge in (edge for part in self.covered() for edge in part):
            assert start_of_week(edge, ZONE) == edge
        assert self.covered() & span(start_of_week(self.timeline.now, ZONE), FOREVER) == Intervals()

    @invariant()
    def nothing_finer_than_a_week_is_kept(self) -> None:
        for table in ("post", "metric", "answer", "set_aside"):
            assert rows(self.path, f"SELECT * FROM {table}") == []
        assert rows(self.path, "SELECT mark, last_detail FROM account") == [(None, None)]
        assert rows(self.path, "SELECT * FROM hole WHERE cursor IS NOT NULL OR mark IS NOT NULL") == []
        edges = rows(self.path, "SELECT since FROM hole WHERE since IS NOT NULL UNION SELECT until FROM hole")
        assert all(start_of_week(edge, ZONE) == edge for (edge,) in edges)

    def everything_shown_is_there(self) -> None:
        assert rows(self.path, "SELECT * FROM hole WHERE NOT unreachable") == []
        if self.depth > len(self.timeline.items):
            present = self.last_look()
            truth = self.truth()
            assert self.counted() == {key: n for key, n in truth.items() if present is not None and key[0] < present}


TestVisitingNamed = VisitingNamed.TestCase
TestVisitingNamed.settings = SEARCH
TestVisitingAtRisk = VisitingAtRisk.TestCase
TestVisitingAtRisk.settings = SEARCH
