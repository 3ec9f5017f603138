"""When each listing's platform was restricted for it, worked out once for all listings that are alike."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tracker.domain.instants import Instant
from tracker.domain.restrictions import Exposure, Restriction, exposure
from tracker.domain.subjects import Listing
from tracker.domain.words import BANNING_KINDS, RestrictionKind


class Verdict(StrEnum):
    """Whether one post was made on a platform that was restricted for its subject."""

    YES = "yes"
    NO = "no"
    UNCERTAIN = "uncertain"


class Exposures:
    """Asks the restrictions once for each mixture of country, platform, role and residence."""

    def __init__(
        self, restrictions: Iterable[Restriction], kinds: frozenset[RestrictionKind] = BANNING_KINDS
    ) -> None:
        self._restrictions = tuple(restrictions)
        self._kinds = kinds
        self._known: dict[tuple[str, ...], Exposure] = {}

    def of(self, listing: Listing) -> Exposure:
        """When the listing's platform was restricted for its subject."""
        alike = (listing.country, listing.platform, listing.role, listing.residence)
        if alike not in self._known:
            self._known[alike] = exposure(listing, self._restrictions, self._kinds)
        return self._known[alike]

    def verdict(self, listing: Listing, instant: Instant) -> Verdict:
        """The judgement on one post of the listing, as an export names it."""
        exposed = self.of(listing)
        if instant in exposed.restricted:
            return Verdict.YES
        return Verdict.UNCERTAIN if instant in exposed.uncertain else Verdict.NO
