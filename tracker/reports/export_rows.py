"""What the database holds, as the rows of an export, in the order of `tracker.reports.export`'s columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tracker.analysis.daily import daily
from tracker.analysis.exposures import Exposures
from tracker.analysis.series import PostSeries, Series
from tracker.config.settings import Settings
from tracker.domain.instants import Instant
from tracker.domain.records import Post
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Platform
from tracker.store.reader import AccountFacts, StoredPost

Row = tuple[object, ...]


def _who(listing: Listing, handle: str, platform_id: int | None) -> Row:
    return (listing.subject, listing.name, listing.role, listing.country, listing.platform, handle, platform_id)


def _listing_at(account: ListedAccount, instant: Instant) -> Listing | None:
    return next((listing for listing in account.listings if listing.since <= instant < listing.until), None)


def _address(platform: Platform, handle: str, post: Post) -> str:
    host = "x.com" if platform is Platform.X else "t.me"
    middle = "status/" if platform is Platform.X else ""
    return f"https://{host}/{handle}/{middle}{post.version_id}"


def post_rows(stored: Iterable[StoredPost], exposures: Exposures) -> Iterator[Row]:
    """One row a post that falls into a listing of its account."""
    for item in stored:
        post = item.post
        listing = _listing_at(item.account, post.posted_at)
        if listing is None:
            continue
        counters = post.metrics
        yield (
            *_who(listing, item.handle, item.platform_id),
            post.post_id,
            post.kind.word,
            post.posted_at,
            item.collected_at,
            post.lang,
            post.text,
            _address(listing.platform, item.handle, post),
            post.ref_post_id,
            post.ref_author_id,
            counters.likes if listing.platform is Platform.X else counters.reactions,
            counters.reposts,
            counters.replies,
            counters.quotes,
            counters.views,
            exposures.verdict(listing, post.posted_at),
        )


def account_rows(facts: Iterable[AccountFacts], series: Sequence[Series]) -> Iterator[Row]:
    """One row a named account."""
    by_key = {one.observed.account.latest.account_key: one for one in series if isinstance(one, PostSeries)}
    for fact in facts:
        listing = fact.account.latest
        one = by_key[listing.account_key]
        times, covered = one.posted_at, one.observed.coverage
        yield (
            *_who(listing, fact.handle, fact.platform_id),
            listing.name_native,
            listing.residence,
            listing.protection,
            fact.state,
            fact.created_at,
            one.observed.last_look,
            fact.followers,
            fact.following,
            times.size if covered or times.size else None,
            int(times[0]) if times.size else None,
            int(times[-1]) if times.size else None,
            covered.since,
            covered.until,
            listing.source,
        )


def daily_rows(
    facts: Iterable[AccountFacts], series: Sequence[Series], exposures: Exposures, settings: Settings, as_of: Instant
) -> Iterator[Row]:
    """One row a named account and local day."""
    by_key = {one.observed.account.latest.account_key: one for one in series if isinstance(one, PostSeries)}
    for fact in facts:
        zone = settings.zone(fact.account.latest.country)
        for day in daily(by_key[fact.account.latest.account_key], exposures, zone, as_of):
            yield (
                *_who(day.listing, fact.handle, fact.platform_id),
                day.day.isoformat(),
                day.posts,
                *(day.by_kind or (None,) * 4),
                day.restricted,
                day.uncertain,
                day.coverage,
            )
