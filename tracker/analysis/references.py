"""To whom posts point, as arrays, and which handles in a text name whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform

Places = NDArray[np.int64]

AMBIGUOUS = -1
"""In place of a target: a handle that more than one listed account has borne."""

HANDLES_IN = {
    # What may stand before and after is what X itself takes for a mention; no address of mail or of another site.
    Platform.X: re.compile(r"(?<![A-Za-z0-9_!#$%&*@＠/])[@＠]([A-Za-z0-9_]{1,20})(?![A-Za-z0-9_@＠]|://)"),
    Platform.TELEGRAM: re.compile(
        r"(?:(?<![A-Za-z0-9_@/])@|(?<![A-Za-z0-9_.-])t\.me/(?:s/)?)(\w{4,32})(?!\w)",
        re.IGNORECASE | re.ASCII,
    ),
}
"""On each platform, a handle in a text."""


@dataclass(frozen=True, slots=True)
class References:
    """Pointers from posts of named accounts to named accounts: aligned arrays, one entry a pointer, in no order."""

    accounts: tuple[ListedAccount, ...]
    """Who can be at an end: confirmed accounts of subjects none of whose accounts is at risk."""
    at_risk: frozenset[str]
    """The subjects that are in `accounts` with none of theirs, because one is at risk."""
    source: Places
    """Places in `accounts`, as `target`, which can be AMBIGUOUS."""
    target: Places
    post_id: Places
    posted_at: NDArray[np.int64]
    tie: NDArray[np.int64]
    """Values of network_report.Tie."""


class Handles:
    """Who bears or has borne a handle on a platform; capitals do not matter."""

    def __init__(self) -> None:
        self._bearers: defaultdict[tuple[Platform, str], set[int | None]] = defaultdict(set)

    def add(self, platform: Platform, handles: Iterable[str], place: int | None) -> None:
        """The account at this place bears them; None: somebody who must not be named does."""
        for handle in handles:
            self._bearers[platform, handle.casefold()].add(place)

    def named_in(self, text: str, platform: Platform) -> Iterator[int]:
        """The accounts whose handles stand in the text, or AMBIGUOUS, each once."""
        found = {handle.casefold() for handle in HANDLES_IN[platform].findall(text)}
        meant = [self._bearers[platform, handle] for handle in found if (platform, handle) in self._bearers]
        places = {place for bearers in meant if len(bearers) == 1 for place in bearers if place is not None}
        yield from sorted(places)
        if any(len(bearers) > 1 and None not in bearers for bearers in meant):
            yield AMBIGUOUS
