"""The parameters of a request to the X API, checked as X checks them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from tracker.domain.instants import Instant, from_iso, iso
from tracker.sandbox.x_dialect import NEW_NAMES, Dialect, JsonObject

ID = re.compile(r"[0-9]{1,19}")
USERNAME = re.compile(r"[A-Za-z0-9_]{1,15}")
LONGEST_LIST = 100
EARLIEST: Instant = from_iso("2010-11-06T00:00:00Z")

UNSERVED_FIELDS = ("media.fields", "poll.fields", "place.fields")
"""Accepted on posts; the sandbox has no media, polls or places to show."""


class BadParameterError(Exception):
    """A parameter that X would refuse, with X's words for it."""

    def __init__(self, name: str, value: str, message: str) -> None:
        super().__init__(message)
        self.name, self.value = name, value

    def problem(self, dialect: Dialect) -> JsonObject:
        """The body of the answer 400."""
        return dialect.problem(
            "invalid-request",
            "Invalid Request",
            "One or more parameters to your request was invalid.",
            errors=[{"parameters": {self.name: [self.value]}, "message": str(self)}],
        )


class Parameters:
    """The parameters of one request. Each method raises BadParameterError for what X would refuse."""

    def __init__(self, given: Mapping[str, str], dialect: Dialect) -> None:
        self._given = given
        self._dialect = dialect

    def allow(self, *names: str) -> None:
        """Refuse all parameters but these and those that choose fields."""
        known = (*names, "expansions", *self._dialect.fields_parameters, "user.fields")
        for name, value in self._given.items():
            if name not in known:
                message = f"The query parameter [{name}] is not one of [{','.join(known)}]"
                raise BadParameterError(name, value, message)

    def text(self, name: str) -> str | None:
        return self._given.get(name)

    def matching(self, name: str, pattern: re.Pattern[str]) -> str | None:
        """The value, if it is given and has that form."""
        value = self._given.get(name)
        if value is not None:
            self._match(name, value, pattern)
        return value

    def number(self, name: str) -> int | None:
        """An id."""
        value = self.matching(name, ID)
        return None if value is None else int(value)

    def within(self, name: str, least: int, most: int, default: int) -> int:
        """A number between the two, both included."""
        value = self._given.get(name)
        if value is None:
            return default
        if not value.isdecimal() or not least <= int(value) <= most:
            raise BadParameterError(
                name, value, f"The `{name}` query parameter value [{value}] is not between {least} and {most}"
            )
        return int(value)

    def instant(self, name: str, earliest: Instant = EARLIEST) -> Instant | None:
        """A time not before `earliest`."""
        value = self._given.get(name)
        if value is None:
            return None
        try:
            instant = from_iso(value)
        except ValueError as error:
            message = f"The `{name}` query parameter value [{value}] is not a valid RFC 3339 date-time"
            raise BadParameterError(name, value, message) from error
        if instant < earliest:
            message = f"The `{name}` query parameter value [{value}] must be on or after {iso(earliest)}"
            raise BadParameterError(name, value, message)
        return instant

    def listed(self, name: str, pattern: re.Pattern[str]) -> list[str]:
        """The 1 to 100 values of a list that must be given, each once, in order."""
        value = self._given.get(name, "")
        values = value.split(",") if value else []
        if not 1 <= len(values) <= LONGEST_LIST:
            raise BadParameterError(
                name,
                value,
                f"The number of values in the `{name}` query parameter list [{len(values)}] "
                f"is not between 1 and {LONGEST_LIST}",
            )
        for item in values:
            self._match(name, item, pattern)
        return list(dict.fromkeys(values))

    def chosen(self, name: str, allowed: Collection[str]) -> frozenset[str]:
        """The values of a list of words, all of them among those allowed, by their new names."""
        value = self._given.get(name)
        if value is None:
            return frozenset()
        words = value.split(",")
        for word in words:
            if word not in allowed:
                message = f"The `{name}` query parameter value [{word}] is not one of [{','.join(sorted(allowed))}]"
                raise BadParameterError(name, word, message)
        return frozenset(NEW_NAMES.get(word, word) for word in words)

    def post_fields(self) -> frozenset[str]:
        """The fields of posts that are asked for, under either parameter's name."""
        parameters = self._dialect.fields_parameters
        return frozenset().union(*(self.chosen(name, self._dialect.post_fields) for name in parameters))

    def user_fields(self) -> frozenset[str]:
        return self.chosen("user.fields", self._dialect.user_fields)

    def post_expansions(self) -> frozenset[str]:
        return self.chosen("expansions", self._dialect.post_expansions)

    def user_expansions(self) -> frozenset[str]:
        return self.chosen("expansions", self._dialect.user_expansions)

    def ordered(self, lower: str, upper: str, first: int | None, last: int | None) -> None:
        """Refuse bounds that leave nothing between them."""
        if first is not None and last is not None and first >= last:
            value = self._given[lower]
            message = f"The `{lower}` query parameter value [{value}] must be less than that of `{upper}`"
            raise BadParameterError(lower, value, message)

    @staticmethod
    def _match(name: str, value: str, pattern: re.Pattern[str]) -> None:
        if not pattern.fullmatch(value):
            message = f"The `{name}` query parameter value [{value}] does not match ^{pattern.pattern}$"
            raise BadParameterError(name, value, message)
