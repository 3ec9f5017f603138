"""The sandbox's compliance jobs: a list of post ids goes up, and what has become of them comes down.

A job is worked on once its ids are there, and done when it has been asked about: the first answer says
`in_progress`, the next `complete`. The addresses for the two files are signed in place of a token, as X's are.
"""

from __future__ import annotations

import json
import secrets
import threading
from dataclasses import dataclass

from tracker.domain.instants import DAY, Clock, Instant
from tracker.sandbox.x_api import Answer
from tracker.sandbox.x_dialect import JsonObject
from tracker.sandbox.x_objects import moment
from tracker.sandbox.x_parameters import BadParameterError
from tracker.sandbox.x_replies import Reply, json_reply, plain_problem
from tracker.sandbox.x_world import XState, XWorld

FILES_PATH = "/sandbox/compliance/"
TEXT_TYPE = "text/plain"
FIRST_JOB = 1_372_966_999_991_541_761

HIDDEN = {XState.SUSPENDED: "suspended", XState.GONE: "deactivated", XState.PROTECTED: "protected"}


@dataclass(slots=True)
class _Job:
    job_id: int
    name: str | None
    created_at: Instant
    key: str
    """Signs the addresses of its files."""
    ids: tuple[int, ...] | None = None
    asked: int = 0
    """How often it was asked about since its ids came."""

    @property
    def status(self) -> str:
        if self.ids is None:
            return "created"
        return "complete" if self.asked > 1 else "in_progress"


class ComplianceDesk:
    """All jobs of one server. May be used from any thread."""

    def __init__(self, world: XWorld, clock: Clock) -> None:
        self._world, self._clock = world, clock
        self._lock = threading.Lock()
        self._jobs: dict[int, _Job] = {}

    def create(self, body: bytes, base: str) -> Answer:
        """A new job, as the body of the request asks for it; `base` is the server's address."""
        try:
            order = json.loads(body)
        except ValueError:
            order = None
        if not isinstance(order, dict) or order.get("type") != "tweets":
            raise BadParameterError("type", str(order), "The `type` field in the request body is not `tweets`")
        with self._lock:
            job_id = FIRST_JOB + len(self._jobs)
            job = self._jobs[job_id] = _Job(job_id, order.get("name"), self._clock(), secrets.token_hex(8))
            return Answer({"data": self._as_json(job, base)})

    def jobs(self, base: str) -> Answer:
        """All jobs, the newest first."""
        with self._lock:
            data = [self._as_json(job, base) for job in reversed(self._jobs.values())]
        return Answer({"data": data, "meta": {"result_count": len(data)}} if data else {"meta": {"result_count": 0}})

    def job(self, job_id: str, base: str) -> Answer:
        """How a job stands. Asking lets it get on."""
        with self._lock:
            job = self._jobs.get(int(job_id)) if job_id.isdecimal() else None
            if job is None:
                raise BadParameterError("id", job_id, f"There is no compliance job [{job_id}]")
            job.asked += job.ids is not None
            return Answer({"data": self._as_json(job, base)})

    def exchange_file(self, method: str, path: str, body: bytes) -> Reply:
        """Take the ids, or give the results; the address itself is the permission."""
        with self._lock:
            job = next((job for job in self._jobs.values() if path == FILES_PATH + job.key), None)
            if job is None:
                return json_reply(403, plain_problem(403, "Forbidden"))
            if method == "PUT":
                lines = body.decode("ascii", "replace").split()
                job.ids = tuple(int(line) for line in lines if line.isdecimal())
                return Reply(200, content_type=TEXT_TYPE)
            if method != "GET" or job.status != "complete":
                return json_reply(404, plain_problem(404, "Not Found"))
            found = [result for post_id in job.ids or () if (result := self._result(post_id)) is not None]
        text = "".join(json.dumps(result) + "\n" for result in found)
        return Reply(200, text.encode(), content_type=TEXT_TYPE)

    def _result(self, post_id: int) -> JsonObject | None:
        """What is wrong with a post; None if nothing is."""
        post = self._world.post_of(post_id)
        author = None if post is None else self._world.account(post.author_id)
        reason = "deleted" if author is None else HIDDEN.get(author.state)
        if reason is None:
            return None
        action = "protect" if reason == "protected" else "delete"
        return {"id": str(post_id), "action": action, "reason": reason, "redacted_at": moment(self._clock())}

    def _as_json(self, job: _Job, base: str) -> JsonObject:
        address, expires = f"{base}{FILES_PATH}{job.key}", moment(job.created_at + 7 * DAY)
        answer: JsonObject = {
            "id": str(job.job_id),
            "type": "tweets",
            "status": job.status,
            "created_at": moment(job.created_at),
            "resumable": False,
            "upload_url": address,
            "upload_expires_at": moment(job.created_at + DAY),
            "download_url": address,
            "download_expires_at": expires,
        }
        return answer if job.name is None else {**answer, "name": job.name}
