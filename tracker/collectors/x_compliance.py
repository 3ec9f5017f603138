"""X's compliance jobs: a list of post ids is uploaded, and a list of what is wrong with them downloaded.

The two files do not go through the API but to addresses that X names for each job; they are sent no token.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import requests

from tracker.collectors.proxy_faults import told_with
from tracker.collectors.x_failures import broken, refusal_of, unreadable
from tracker.collectors.x_link import Link
from tracker.collectors.x_schema import Moment, one_line
from tracker.domain.instants import Clock
from tracker.domain.outcomes import Failure, OutcomeKind
from tracker.domain.records import Job, JobStatus, Ruling


class _Job(msgspec.Struct):
    id: str
    status: str
    upload_url: str | None = None
    download_url: str | None = None
    download_expires_at: Moment | None = None


class _Answer(msgspec.Struct):
    data: _Job | None = None


class _Ruling(msgspec.Struct):
    id: int
    action: str = ""
    reason: str = ""


_answers = msgspec.json.Decoder(_Answer)
_rulings = msgspec.json.Decoder(_Ruling, strict=False)

STATUSES = {
    "created": JobStatus.CREATED,
    "in_progress": JobStatus.UNDER_WAY,
    "complete": JobStatus.COMPLETE,
}


class XCompliance:
    """See `tracker.collectors.protocol.Compliance`."""

    endpoint = "compliance/jobs"

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link, self._clock = link, clock

    def create(self) -> Job | Failure:
        return self._ask("create_compliance_job", "tweets")

    def job(self, job_id: str) -> Job | Failure:
        return self._ask("get_compliance_job", job_id)

    def upload(self, job: Job, ids: Iterable[int]) -> Failure | None:
        text = "\n".join(map(str, ids)).encode()
        response = self._transfer("PUT", job.upload_url, text)
        return response if isinstance(response, Failure) else None

    def rulings(self, job: Job) -> tuple[Ruling, ...] | Failure:
        response = self._transfer("GET", job.download_url)
        if isinstance(response, Failure):
            return response
        try:
            found = _rulings.decode_lines(response.content)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return unreadable(response, msgspec.DecodeError(one_line(str(error))))
        return tuple(Ruling(one.id, one.action, one.reason) for one in found)

    def _ask(self, method: str, argument: str) -> Job | Failure:
        try:
            response: requests.Response = getattr(self._link, method)(argument)
        except requests.RequestException as error:
            return told_with(broken(error), self._link.proxy, error)
        refusal = refusal_of(response, self.endpoint, self._clock())
        if refusal is not None:
            return refusal
        try:
            job = _answers.decode(response.content).data
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            return unreadable(response, msgspec.DecodeError(one_line(str(error))))
        if job is None:
            return Failure(OutcomeKind.BAD_ANSWER, "X answered without a compliance job")
        expires = job.download_expires_at
        return Job(
            job.id,
            STATUSES.get(job.status, JobStatus.FAILED),
            job.upload_url or "",
            job.download_url or "",
            None if expires is None else int(expires.timestamp()),
        )

    def _transfer(self, method: str, address: str, content: bytes | None = None) -> requests.Response | Failure:
        if not self._link.may_transfer(address):
            return Failure(OutcomeKind.BAD_ANSWER, "X named no safe address for a compliance job's file", requests=0)
        try:
            response = self._link.transfer(method, address, content)
        except requests.RequestException as error:
            return told_with(broken(error), self._link.proxy, error)
        return refusal_of(response, self.endpoint, self._clock()) or response
