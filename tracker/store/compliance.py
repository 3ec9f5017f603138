"""The lists of ids that X was asked to check, and what it said of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from tracker.domain.instants import Instant
from tracker.domain.records import Job, JobStatus
from tracker.domain.words import Platform
from tracker.store import refreshing
from tracker.store.dialect import driver_of, upsert
from tracker.store.tables import ComplianceJob

PUT = upsert(ComplianceJob.metadata.tables["compliance_job"])
OPEN = "SELECT job_id, created_at, expires_at FROM compliance_job WHERE ended_at IS NULL ORDER BY created_at"
END = "UPDATE compliance_job SET status = ?, ended_at = ? WHERE job_id = ?"
NOTE = "UPDATE compliance_job SET status = ?, ids = ? WHERE job_id = ?"
LAST = "SELECT max(created_at) FROM compliance_job"
FIRST_VISIT = "SELECT min(started_at) FROM visit"


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that is not done yet."""

    job_id: str
    created_at: Instant
    expires_at: Instant | None


def open_jobs(connection: Connection) -> list[OpenJob]:
    """The jobs that are not done, the oldest first."""
    return [OpenJob(*row) for row in driver_of(connection).execute(OPEN)]


def last_at(connection: Connection) -> Instant | None:
    """When the posts were checked last; before the first time, when collecting began."""
    driver = driver_of(connection)
    (last,) = driver.execute(LAST).fetchone()
    (first,) = driver.execute(FIRST_VISIT).fetchone()
    instant: Instant | None = first if last is None else last
    return instant


def begin(connection: Connection, job: Job, at: Instant) -> None:
    """A job was created; its ids are still to be uploaded."""
    driver_of(connection).execute(PUT, (job.job_id, at, job.expires_at, str(job.status), 0, None))


def uploaded(connection: Connection, job_id: str, ids: int) -> None:
    """The job's ids are there."""
    driver_of(connection).execute(NOTE, (str(JobStatus.UNDER_WAY), ids, job_id))


def end(connection: Connection, job_id: str, status: JobStatus, at: Instant, deleted: Collection[int]) -> bool:
    """A job is done, or given up; of these ids X says that they are deleted. Returns whether texts were removed."""
    gone: Sequence[tuple[int, int]] = [
        (account_id, post_id)
        for account_id, version_id, post_id in refreshing.living(connection, Platform.X)
        if version_id in deleted
    ]
    driver_of(connection).execute(END, (str(status), at, job_id))
    return refreshing.bury(connection, gone, at, forget_texts=True)
