"""The sandbox's X: a world served over HTTP on loopback, as api.x.com would.

Besides the API, `/sandbox/faults` takes orders from another process: GET lists the faults there are and those that
wait, POST `{"fault": "slow", "times": 1, "path": "/2/users/*/tweets", "after": 0, "seconds": 3}` asks for one (all
but the first are optional), DELETE takes all back.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from tracker.domain.errors import SandboxError
from tracker.domain.instants import Clock, Instant
from tracker.sandbox.x_api import (
    DEPTH,
    DEPTH_WITHOUT_REPLIES,
    Answer,
    Endpoint,
    XApi,
    endpoint_of,
    invalid_token,
)
from tracker.sandbox.x_compliance import FILES_PATH, ComplianceDesk
from tracker.sandbox.x_dialect import DIALECTS, JsonObject
from tracker.sandbox.x_faults import UNDELIVERED, ArmedFault, FaultQueue, XFault, ordered, refusal, spoil
from tracker.sandbox.x_http import HttpService, Request
from tracker.sandbox.x_limits import Bill, CapReached, Caps, RateLimits, Till
from tracker.sandbox.x_parameters import BadParameterError
from tracker.sandbox.x_replies import (
    NO_REPLY,
    Delivery,
    Reply,
    credits_spent,
    json_reply,
    monthly_cap_exceeded,
    plain_problem,
    spend_cap_reached,
)
from tracker.sandbox.x_world import XWorld

BEARER_TOKEN = "sandbox-bearer-token"
"""What the sandbox accepts unless told otherwise."""

FAULTS_PATH = "/sandbox/faults"

LONGEST_LOG = 100_000
SLOWNESS = 30.0
"""Seconds by which an answer is late unless told otherwise."""


@dataclass(frozen=True, slots=True)
class Served:
    """A request, and what became of it."""

    method: str
    path: str
    parameters: Mapping[str, str]
    status: int
    """Of the reply; 0 where the connection ended before the request was looked at."""
    post_ids: tuple[int, ...] = ()
    """The posts in the reply, in order, without expanded ones; also of a reply that a fault kept from arriving."""
    user_ids: tuple[int, ...] = ()
    fault: XFault | None = None
    spoiled: int | None = None
    """The post that a fault made malformed."""


def _real_time() -> Instant:
    return int(time.time())


class XServer(HttpService):
    """Serves a world until it is stopped; a context manager. Started again, it keeps its port, log and faults.

    `port` 0 takes a free one. `limits` are requests in 15 minutes by endpoint, as `{"/2/users/:id/tweets": 3}`, in
    place of X's own. `clock` says when limits are reset and which day is charged. With `shows_protected_profiles`
    looking up a protected account gives its profile instead of an error; X has been seen to do both.
    Raises SandboxError for a dialect that does not exist, and for a port that is taken.
    """

    def __init__(
        self,
        world: XWorld,
        *,
        port: int = 0,
        dialect: str = "post",
        bearer_token: str = BEARER_TOKEN,
        depth: int = DEPTH,
        depth_without_replies: int = DEPTH_WITHOUT_REPLIES,
        limits: Mapping[str, int] | None = None,
        clock: Clock = _real_time,
        shows_protected_profiles: bool = False,
        caps: Caps = Caps(),
    ) -> None:
        if dialect not in DIALECTS:
            raise SandboxError(f"unknown dialect of the X API {dialect!r}: it is one of {', '.join(DIALECTS)}")
        self.world = world
        super().__init__(port, "sandbox-x")
        self._api = XApi(world, DIALECTS[dialect], depth, depth_without_replies, shows_protected_profiles, clock)
        self._authorization = f"Bearer {bearer_token}"
        self._clock = clock
        self._limits = RateLimits(limits or {}, clock)
        self._till = Till(clock, caps)
        self._desk = ComplianceDesk(world, clock)
        self._faults = FaultQueue()
        self._log: deque[Served] = deque(maxlen=LONGEST_LOG)

    # What went over the wire

    @property
    def log(self) -> list[Served]:
        """The requests to the API so far, oldest first."""
        return list(self._log)

    @property
    def delivered(self) -> list[int]:
        """The ids of all posts in replies that were sent in time and whole, in order, repeated as they were."""
        return [post_id for served in self.log if served.fault not in UNDELIVERED for post_id in served.post_ids]

    @property
    def bill(self) -> Bill:
        """What X has charged so far."""
        return self._till.bill()

    @property
    def daily_bills(self) -> dict[int, Bill]:
        """What X has charged on each UTC day, counted from 1970-01-01."""
        return self._till.days()

    @property
    def monthly_bill(self) -> Bill:
        """What X has charged in the present calendar month (UTC)."""
        return self._till.month()

    @property
    def caps(self) -> Caps:
        """Where X stops answering; may be exchanged at any time."""
        return self._till.caps

    @caps.setter
    def caps(self, caps: Caps) -> None:
        self._till.caps = caps

    # What goes wrong

    def fail(
        self, fault: XFault, times: int = 1, path: str | None = None, *, after: int = 0, seconds: float | None = None
    ) -> None:
        """Let a fault meet the next `times` requests, once `after` of them have passed.

        `path` narrows which requests are meant, with `*` for anything: `/2/users/*/tweets`. `seconds` is until the
        limit's reset for RATE_LIMITED, and the delay for SLOW.
        """
        self._faults.arm(ArmedFault(XFault(fault), times, path, after, seconds))

    def heal(self) -> None:
        """Take back the faults that have not come true yet."""
        self._faults.clear()

    @property
    def pending_faults(self) -> list[XFault]:
        return self._faults.pending()

    def expire_tokens(self) -> None:
        """Make all pagination tokens given out so far invalid."""
        self._api.tokens.expire()

    # Answering

    def _reply(self, request: Request) -> Reply:
        parts = urlsplit(request.target)
        parameters = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.path == FAULTS_PATH:
            return self._control(request)
        if parts.path.startswith(FILES_PATH):
            return self._desk.exchange_file(request.method, parts.path, request.body)
        armed = self._faults.take(parts.path, parameters)
        served = Served(request.method, parts.path, parameters, 0, fault=armed.fault if armed else None)
        reply, served = self._consider(request, served, armed)
        self._log.append(replace(served, status=reply.status))
        if armed is None:
            return reply
        match armed.fault:
            case XFault.SLOW:
                return replace(reply, delay=SLOWNESS if armed.seconds is None else armed.seconds)
            case XFault.TRUNCATED:
                return replace(reply, delivery=Delivery.TRUNCATED)
            case XFault.DROPPED_AFTER:
                return replace(reply, delivery=Delivery.NOTHING)
            case _:
                return reply

    def _consider(self, request: Request, served: Served, armed: ArmedFault | None) -> tuple[Reply, Served]:
        """Refuse the request as X would, or answer it."""
        if served.fault is XFault.DROPPED:
            return NO_REPLY, served
        found = endpoint_of(served.path)
        if found is None:
            return json_reply(404, plain_problem(404, "Not Found")), served
        endpoint, subject = found
        if request.method != "GET" and (request.method, endpoint) != ("POST", Endpoint.COMPLIANCE_JOBS):
            return json_reply(405, plain_problem(405, "Method Not Allowed")), served
        allowed, headers = self._limits.use(endpoint)
        if request.authorization != self._authorization:
            return json_reply(401, plain_problem(401, "Unauthorized"), headers), served
        if not allowed:
            return json_reply(429, plain_problem(429, "Too Many Requests"), headers), served
        refused = refusal(armed, self._api.dialect, self._clock(), headers) if armed else None
        if refused := refused or self._past_caps(headers):
            return refused, served
        try:
            if served.fault is XFault.EXPIRED_TOKEN:
                raise invalid_token(served.parameters["pagination_token"])
            answer = self._compliance(request, endpoint, subject) or self._api.answer(
                endpoint, subject, served.parameters
            )
        except BadParameterError as error:
            return json_reply(400, error.problem(self._api.dialect), headers), served
        return self._send(answer, endpoint, headers, served)

    def _compliance(self, request: Request, endpoint: Endpoint, job_id: str) -> Answer | None:
        """What the compliance desk answers; None if it is not asked. Its files lie where the server was asked."""
        here = f"http://{request.host}" if request.host else self.url
        if endpoint is Endpoint.COMPLIANCE_JOB:
            return self._desk.job(job_id, here)
        if endpoint is Endpoint.COMPLIANCE_JOBS:
            made = request.method == "POST"
            return self._desk.create(request.body, here) if made else self._desk.jobs(here)
        return None

    def _past_caps(self, headers: Mapping[str, str]) -> Reply | None:
        """What X says once a cap is reached."""
        dialect = self._api.dialect
        match self._till.reached():
            case CapReached.CREDITS:
                return json_reply(402, credits_spent(dialect), headers)
            case CapReached.SPEND_CAP:
                return json_reply(403, spend_cap_reached(dialect, self._clock()), headers)
            case CapReached.POSTS:
                return json_reply(429, monthly_cap_exceeded(dialect), headers)
        return None

    def _send(
        self, answer: Answer, endpoint: Endpoint, headers: Mapping[str, str], served: Served
    ) -> tuple[Reply, Served]:
        self._till.charge(answer, endpoint)
        spoiled = spoil(answer, served.fault) if served.fault else None
        served = replace(served, post_ids=answer.post_ids, user_ids=answer.user_ids, spoiled=spoiled)
        return json_reply(200, answer.body, headers), served

    def _control(self, request: Request) -> Reply:
        """Take an order for faults."""
        match request.method:
            case "POST":
                try:
                    self._faults.arm(ordered(request.body))
                except SandboxError as error:
                    return json_reply(400, plain_problem(400, "Bad Request", str(error)))
            case "DELETE":
                self.heal()
        state: JsonObject = {"faults": list(XFault), "pending": self.pending_faults}
        return json_reply(200, state)
