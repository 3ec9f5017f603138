"""The closed vocabularies: each word that stands in a file, the database or a report, once."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Platform(StrEnum):
    """A platform that the tracker collects from."""

    X = "x"
    TELEGRAM = "telegram"


class Role(StrEnum):
    OFFICIAL = "official"
    STATE_BODY = "state_body"
    OUTLET = "outlet"
    JOURNALIST = "journalist"
    ACTIVIST = "activist"


STATE_ROLES = frozenset({Role.OFFICIAL, Role.STATE_BODY})
"""Judged by the country they serve, wherever they sit."""

EXPOSED_ROLES = frozenset({Role.JOURNALIST, Role.ACTIVIST})
"""Private persons whom a state may want to find: at risk unless the watchlist says otherwise, with a reason."""


class Residence(StrEnum):
    INSIDE = "inside"
    ABROAD = "abroad"
    UNKNOWN = "unknown"


class Protection(StrEnum):
    """What may be kept of a subject: everything public (`named`), or counts by week only (`at_risk`)."""

    NAMED = "named"
    AT_RISK = "at_risk"


class Mode(StrEnum):
    """What is collected of an account."""

    POSTS = "posts"
    """Its posts, or, of people at risk, how many of each kind there were in each week."""
    COUNTS = "counts"
    """How many posts the platform itself counts: no post is ever read. X only, and without reposts."""
    OFF = "off"
    """Nothing more: what was collected stays."""


class TelegramSource(StrEnum):
    """Over what Telegram is read."""

    API = "api"
    """MTProto, with a login."""
    WEB = "web"
    """The preview pages that it shows to everybody: counters are rounded, forwards and comments not counted."""


class TelegramChoice(StrEnum):
    """Which of the two the settings ask for."""

    AUTO = "auto"
    """The API where there is a login, else the pages; each stands in where the other cannot."""
    API = "api"
    """Only the API."""
    WEB = "web"
    """The pages; a login, if there is one, only for channels that show none."""


class PostKind(IntEnum):
    """What a post is. The numbers stand in the database and never change."""

    ORIGINAL = 0
    REPLY = 1
    REPOST = 2
    QUOTE = 3

    @property
    def word(self) -> str:
        return self.name.lower()


class RestrictionKind(StrEnum):
    BLOCK = "block"
    THROTTLE = "throttle"
    SHUTDOWN = "shutdown"
    ORDER = "order"


BANNING_KINDS = frozenset({RestrictionKind.BLOCK, RestrictionKind.SHUTDOWN, RestrictionKind.ORDER})
"""The kinds that count as restricted; throttling is shown apart."""


class Scope(StrEnum):
    PUBLIC = "public"
    STATE_BODIES = "state_bodies"


class Precision(StrEnum):
    """How exactly the edge of a restriction is known."""

    EXACT = "exact"
    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    APPROXIMATE = "approximate"
    OPEN = "open"


ANY_PLATFORM = "*"
"""In a restriction: all platforms, a shutdown of everything."""


class By(StrEnum):
    """What one row of a usage report stands for."""

    SUBJECT = "subject"
    ACCOUNT = "account"
    ROLE = "role"
    COUNTRY = "country"
    PLATFORM = "platform"


class CounterAge(StrEnum):
    """At which age of the posts their counters are compared: the first snapshot at or after it."""

    DAY = "24h"
    WEEK = "7d"

    @property
    def seconds(self) -> int:
        return 86_400 if self is CounterAge.DAY else 604_800


class Every(StrEnum):
    """How long a period of a report over time is."""

    DAY = "day"
    WEEK = "week"
    """From Monday to Sunday, as ISO 8601 says, in either calendar."""
    MONTH = "month"
    YEAR = "year"


class LogFormat(StrEnum):
    """How the daemon's log is written."""

    AUTO = "auto"
    """Plain on a terminal, JSON anywhere else."""
    JSON = "json"
    PLAIN = "plain"
