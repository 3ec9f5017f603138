"""`tracker verify`: the run log followed, and the raw answers read once more and compared with what is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tracker.collectors.reparsing import Parsed, UnreadableError, parsed
from tracker.domain.instants import Instant, iso
from tracker.domain.records import Post
from tracker.domain.words import PostKind
from tracker.runtime.heads import Known, check_known
from tracker.store import chain, holdings, verification
from tracker.store.chain import Kind
from tracker.store.holdings import Holding, KeptAnswer, PostRow
from tracker.store.verification import Finding, Followed, Report

MOST_FINDINGS = 1_000
"""Kept; the others are counted."""


@dataclass(slots=True)
class Verdict:
    """What was found, and what was looked at."""

    followed: Followed = field(default_factory=Followed)
    findings: list[Finding] = field(default_factory=list)
    further: int = 0
    """Findings beyond those."""
    answers: int = 0
    """Raw answers read once more."""
    compared: int = 0
    """Posts that are in a raw answer, and say what it says."""
    uncompared: int = 0
    """Posts that no kept answer holds: from files, or of answers that lawfully went."""

    @property
    def is_sound(self) -> bool:
        return not self.findings

    def report(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.further += 1


def verify(
    path: Path,
    known: Known | None = None,
    *,
    compare: bool = True,
    progress: Callable[[int], None] = lambda _answers: None,
) -> Verdict:
    """Look at everything, in one view of the database. Raises StoreError if it is not to be read at all.

    `known` is a head from earlier that must be in the chain. Without `compare` posts are not looked at.
    """
    verdict = Verdict()
    with verification.reading(path) as driver:
        if not verification.is_whole(driver, verdict.report):
            return verdict
        verdict.followed = followed = verification.follow(driver, verdict.report)
        if known is not None:
            check_known(followed, known, verdict.report)
        verification.check_seals(driver, followed, verdict.report)
        verification.check_counts(driver, verdict.report)
        if compare:
            for holding in holdings.holdings(driver):
                account = _Comparison(holding, followed, verdict.report)
                for answer in holdings.answers_of(driver, holding.account_id):
                    account.read(answer)
                    verdict.answers += 1
                    progress(verdict.answers)
                account.close()
                verdict.compared += account.compared
                verdict.uncompared += len(holding.posts) - account.compared
    return verdict


class _State(NamedTuple):
    """What an edit of a post changes."""

    version_id: int
    text: str | None
    lang: str | None
    edited_at: Instant | None
    withheld_in: str | None


def _state(post: Post | PostRow) -> _State:
    return _State(post.version_id, post.text, post.lang, post.edited_at, post.withheld_in)


class _Comparison:
    """One account: its answers, one after the other, against its rows.

    What the account said later, its counters of other moments, and that a post was deleted since, come from answers
    that are not kept; those are no contradiction. What a row says must come from somewhere all the same.
    """

    def __init__(self, holding: Holding, followed: Followed, report: Report) -> None:
        self._holding, self._followed, self._report = holding, followed, report
        self._redated = bool(followed.kinds[Kind.REDATED])
        self._states: defaultdict[int, set[_State]] = defaultdict(set)
        self._said: defaultdict[int, set[str]] = defaultdict(set)
        """Texts that were stored, and so are there still or among the earlier ones."""
        self._counted: defaultdict[tuple[int, Instant], set[tuple[int | None, ...]]] = defaultdict(set)
        self._seen: set[int] = set()
        """Posts that some answer holds."""
        self._mute: set[int] = set()
        """Posts of which some answer says no more what they said."""
        self._origins: set[int] = set()
        """Posts of which the oldest answer that brought them was met."""
        self.compared = 0

    def read(self, answer: KeptAnswer) -> None:
        """Take in one answer."""
        place = f"answer {answer.id:,}"
        if answer.body is None or self._holding.platform is None:
            return  # its seal has told
        try:
            page = parsed(self._holding.platform, self._holding.platform_id, answer.request, answer.body)
        except UnreadableError as error:
            self._report(Finding(place, f"cannot be read any more: {error}"))
            return
        if not page.is_about:
            self._report(Finding(place, f"is not about account {self._holding.account_id}, whose it is said to be"))
        for post in page.posts:
            row = self._holding.posts.get(post.post_id)
            if row is None:
                self._report(Finding(place, f"its post {post.post_id} is missing from the table"))
            else:
                self._take(answer, post)
                if post.text is not None:
                    self._said[post.post_id].add(post.text)
                if post.post_id not in self._origins:
                    self._origins.add(post.post_id)
                    self._check_origin(answer, page, post, row)
                if not answer.is_redacted or post.text is not None:
                    self._counted[post.post_id, answer.asked_at].add(tuple(post.metrics))
        for post in page.others:
            self._take(answer, post)

    def _take(self, answer: KeptAnswer, post: Post) -> None:
        """The post may say what this answer says."""
        self._seen.add(post.post_id)
        if answer.is_redacted and post.text is None:
            self._mute.add(post.post_id)
            return  # what it said was taken out
        self._states[post.post_id].add(_state(post))

    def _check_origin(self, answer: KeptAnswer, page: Parsed, post: Post, row: PostRow) -> None:
        """The oldest answer that holds a post is where it came from, unless an older one has lawfully gone."""
        place = f"post {post.post_id}"
        if row.collected_at > answer.asked_at:
            self._report(Finding(place, f"is said to be seen later than answer {answer.id:,}, which holds it"))
        elif row.collected_at < answer.asked_at and not (
            self._may_be_lost(row) or self._redated or self._holding.without_answer
        ):
            self._report(Finding(place, f"is said to be seen before answer {answer.id:,}, in none that there was"))
        if row.posted_at != post.posted_at:
            self._report(Finding(place, f"has another time than in answer {answer.id:,}"))
        if row.collected_at != answer.asked_at or (answer.is_redacted and post.text is None):
            return
        refers, said = (row.ref_post_id, row.ref_author_id), (post.ref_post_id, post.ref_author_id)
        # What makes a post a quote or a reply goes with whom it points to.
        is_cut = answer.is_redacted and post.kind is PostKind.ORIGINAL and refers == (None, None)
        if row.kind != post.kind and not is_cut:
            self._report(Finding(place, f"is of another kind than in answer {answer.id:,}"))
        if page.knows_references and refers != said:
            self._report(Finding(place, f"refers to another post than in answer {answer.id:,}"))

    def _may_be_lost(self, row: PostRow) -> bool:
        """Whether an answer that held the post may have gone lawfully."""
        lost = self._holding.lost
        return (
            row.collected_at < self._followed.lost_before or row.collected_at in lost or bool(lost and self._redated)
        )

    def close(self) -> None:
        """All answers are read."""
        unexplained = []
        for post_id, row in self._holding.posts.items():
            if post_id not in self._seen:
                if not self._may_be_lost(row):
                    unexplained.append(post_id)
                continue
            self.compared += 1
            self._check_words(row)
        self._check_deletions()
        if len(unexplained) > self._holding.without_answer:
            what = f"{len(unexplained):,} posts come from no answer and no file, as post {min(unexplained)}"
            self._report(Finding(f"account {self._holding.account_id}", what))
        if not self._redated:
            self._check_counters()

    def _check_deletions(self) -> None:
        for post_id, row in self._holding.posts.items():
            if row.deleted_at is None or post_id in self._holding.deleted or self._redated:
                continue
            if row.deleted_at >= self._followed.lost_before:
                self._report(Finding(f"post {post_id}", "is said to be deleted, which nobody has seen"))

    def _check_counters(self) -> None:
        metrics = self._holding.metrics
        for (post_id, at), said in self._counted.items():
            if metrics.get((post_id, at)) not in said:
                self._report(Finding(f"post {post_id}", f"has other counters than the answer of {iso(at)}"))
        for at, posts, digest in self._holding.counters:
            rows = ((post_id, *metrics.get((post_id, at), ())) for post_id in posts)
            if chain.digest_of_counters(rows) != digest:
                place = f"account {self._holding.account_id}"
                self._report(Finding(place, f"its posts had other counters when they were read again, {iso(at)}"))

    def _check_words(self, row: PostRow) -> None:
        place, states = f"post {row.post_id}", self._states[row.post_id]
        is_mute = row.text is None and (
            row.deleted_at is not None or row.collected_at < self._followed.silent_before or row.post_id in self._mute
        )
        elsewhere = self._holding.imported or (row.post_id, holdings.digest_of(row)) in self._holding.edits
        if not (_state(row) in states or elsewhere or is_mute or self._may_be_lost(row)):
            self._report(Finding(place, "says what no answer says"))
        if is_mute or row.kind == PostKind.REPOST:
            return  # X cuts the text of a repost in some answers
        versions = self._holding.versions.get(row.post_id, set())
        lost = self._said[row.post_id] - versions - {row.text}
        if lost and not self._holding.imported:
            self._report(Finding(place, "does not say, and did not say before an edit, what an answer says"))
