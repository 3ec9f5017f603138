"""How a visit, or one request of it, ended. A failure is a value: "could not look" never becomes "0 posts"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tracker.domain.instants import Instant


class OutcomeKind(StrEnum):
    """The closed set of ends."""

    OK = "ok"
    PARTIAL = "partial"
    """Stopped early, or a platform's depth limit was met: what was read is kept, the rest is a hole."""
    RENAMED = "renamed"
    """Went well, under a handle that differs from the one known before."""
    NOT_MODIFIED = "not_modified"
    RATE_LIMITED = "rate_limited"
    GONE = "account_gone"
    SUSPENDED = "suspended"
    PROTECTED = "protected"
    """The account shows its posts to approved followers only."""
    NOT_PUBLIC = "not_public"
    """A private channel, a group or a user: never collected."""
    REASSIGNED = "reassigned"
    """The handle belongs to another numeric id now: an alarm, nothing is attached."""
    PREVIEW_UNAVAILABLE = "preview_unavailable"
    AUTH_FAILED = "auth_failed"
    CREDITS_SPENT = "credits_spent"
    SPEND_CAP = "spend_cap"
    MONTHLY_CAP = "monthly_cap"
    BUDGET_SPENT = "budget_spent"
    """Our own budget, as set in the settings."""
    TRANSPORT = "transport_error"
    BAD_ANSWER = "bad_answer"
    """The platform answered with something that cannot be read."""
    REFUSED = "refused"
    """The platform refused the request for a reason that none of the other words names."""


SUCCESSES = frozenset({OutcomeKind.OK, OutcomeKind.RENAMED, OutcomeKind.NOT_MODIFIED})

ACCOUNT_STATES = frozenset(
    {
        OutcomeKind.GONE,
        OutcomeKind.SUSPENDED,
        OutcomeKind.PROTECTED,
        OutcomeKind.NOT_PUBLIC,
        OutcomeKind.REASSIGNED,
        OutcomeKind.PREVIEW_UNAVAILABLE,
    }
)
"""Something about this account: the others of the platform go on."""

PLATFORM_STOPS = frozenset(
    {
        OutcomeKind.RATE_LIMITED,
        OutcomeKind.AUTH_FAILED,
        OutcomeKind.CREDITS_SPENT,
        OutcomeKind.SPEND_CAP,
        OutcomeKind.MONTHLY_CAP,
        OutcomeKind.BUDGET_SPENT,
    }
)
"""Something about our credential: no further request to this platform or endpoint until the time given."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A request that brought nothing. `detail` is one line without secrets; `until` is when to try again."""

    kind: OutcomeKind
    detail: str
    until: Instant | None = None
    endpoint: str | None = None
    """The endpoint or method that is limited; None where the whole platform is."""
    requests: int = 1
    """How many requests were sent all the same."""
    lost: bool = False
    """It was sent, and what came of it is not known: the platform may have answered, and charged for it."""
    charged: bool = False
    """It was answered, and the request is charged for as such, though no figure may rest on the answer."""
