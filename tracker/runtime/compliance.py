"""Asking X, every so often, which of all stored posts it has deleted: those too old to be read again by their ids.

One list of ids goes up, one list of what is wrong with them comes down; X charges for neither. Killed anywhere, the
next step goes on with the same job.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from tracker.collectors.protocol import Compliance
from tracker.domain.instants import Clock
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Job, JobStatus, Spend
from tracker.runtime.budget import Budget
from tracker.store.compliance import OpenJob
from tracker.store.store import Store

Answer = TypeVar("Answer")

DELETED = frozenset({"deleted"})
"""The only reason that is about the post. For the others its whole account is hidden, which its profile tells too."""


CAPS = frozenset({OutcomeKind.BUDGET_SPENT, OutcomeKind.SPEND_CAP, OutcomeKind.MONTHLY_CAP})
"""What stands in the way of reading only: the check costs nothing, and what X has deleted has to go within a day."""


class Progress(Enum):
    """How far a step got."""

    NOT_DUE = auto()
    UNDER_WAY = auto()
    DONE = auto()


@dataclass(frozen=True, slots=True)
class Sweep:
    """The checks of all stored posts of X."""

    compliance: Compliance
    store: Store
    budget: Budget
    clock: Clock

    def step(self, *, at_once: bool = False) -> Progress | Failure:
        """Go on with the job under way, or begin one if the last is long enough ago; `at_once`: in any case."""
        jobs = self.store.open_jobs()
        if jobs:
            return self._go_on(jobs[0])
        last, interval = self.store.last_sweep_at(), self.budget.settings.refresh.sweep
        if not at_once and (last is None or last > self.clock() - interval):
            return Progress.NOT_DUE
        if not self.store.living_ids():
            return Progress.NOT_DUE
        job = self._ask(self.compliance.create)
        if isinstance(job, Failure):
            return job
        self.store.begin_job(job, self.clock())
        return self._upload(job)

    def _go_on(self, known: OpenJob) -> Progress | Failure:
        if known.expires_at is not None and known.expires_at <= self.clock():
            self.store.end_job(known.job_id, JobStatus.EXPIRED, self.clock(), frozenset())
            return Progress.DONE
        job = self._ask(lambda: self.compliance.job(known.job_id))
        if isinstance(job, Failure):
            if job.kind is OutcomeKind.REFUSED:  # X does not know it any more: the next one begins anew
                self.store.end_job(known.job_id, JobStatus.FAILED, self.clock(), frozenset())
            return job
        match job.status:
            case JobStatus.CREATED:
                return self._upload(job)
            case JobStatus.UNDER_WAY:
                return Progress.UNDER_WAY
            case JobStatus.COMPLETE:
                return self._finish(job)
            case _:
                self.store.end_job(job.job_id, JobStatus.FAILED, self.clock(), frozenset())
                return Failure(OutcomeKind.BAD_ANSWER, "X could not work on the list of ids", requests=0)

    def _upload(self, job: Job) -> Progress | Failure:
        ids = self.store.living_ids()
        sent = self._ask(lambda: self.compliance.upload(job, ids) or len(ids))
        if isinstance(sent, Failure):
            return sent
        self.store.note_uploaded(job.job_id, sent)
        return Progress.UNDER_WAY

    def _finish(self, job: Job) -> Progress | Failure:
        rulings = self._ask(lambda: self.compliance.rulings(job))
        if isinstance(rulings, Failure):
            return rulings
        deleted = frozenset(ruling.post_id for ruling in rulings if ruling.reason in DELETED)
        self.store.end_job(job.job_id, JobStatus.COMPLETE, self.clock(), deleted)
        return Progress.DONE

    def _ask(self, send: Callable[[], Answer | Failure]) -> Answer | Failure:
        """One request, which is in the ledger though it costs nothing."""
        endpoint = self.compliance.endpoint
        exhausted = self.store.exhausted(self.budget.platform, endpoint, self.clock())
        if exhausted is not None and exhausted.kind not in CAPS:
            return exhausted
        asked = self.budget.ask(endpoint, Spend(), lambda _granted: send())
        if isinstance(asked, Failure):
            return asked
        answer, reservation = asked
        settlement = self.budget.settlement(reservation, Spend(requests=1))
        self.store.settle(settlement)
        self.budget.settled(settlement)
        return answer
