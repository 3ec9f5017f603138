"""What the database holds, as the rows of an export, in the order of `tracker.reports.export_columns`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta

from tracker.analysis.daily import daily
from tracker.analysis.exposures import Exposures
from tracker.analysis.question import Selection
from tracker.analysis.series import PostSeries, Series
from tracker.config.settings import Settings
from tracker.domain.instants import Instant, start_of_day
from tracker.domain.records import Post
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Platform
from tracker.store.reader import AccountFacts, StoredPost, StoredProfile

Row = tuple[object, ...]


def who(listing: Listing, handle: str, platform_id: int | None) -> Row:
    """The first cells of every row about an account."""
    return (listing.subject, listing.name, listing.role, listing.country, listing.platform, handle, platform_id)


def address_before(platform: Platform, handle: str) -> str:
    """What stands before its id in the address of a post."""
    return f"https://x.com/{handle}/status/" if platform is Platform.X else f"https://t.me/{handle}/"


def listing_at(account: ListedAccount, instant: Instant, selection: Selection) -> Listing | None:
    """The listing that held then, if the selection asks for it and for this moment."""
    for listing in account.listings:
        since, until = selection.bounds(listing)
        if since <= instant < until and selection.asks_for(listing):
            return listing
    return None


def post_rows(stored: Iterable[StoredPost], exposures: Exposures, selection: Selection) -> Iterator[Row]:
    """One row a post that falls into a listing of its account."""
    for item in stored:
        post = item.post
        listing = listing_at(item.account, post.posted_at, selection)
        if listing is not None:
            yield (
                *who(listing, item.handle, item.platform_id),
                *_post_cells(post, item, listing),
                exposures.verdict(listing, post.posted_at),
            )


def _post_cells(post: Post, item: StoredPost, listing: Listing) -> Row:
    counters = post.metrics
    return (
        post.post_id,
        post.kind.word,
        post.posted_at,
        item.collected_at,
        item.post.edited_at,
        item.deleted_at,
        post.lang,
        post.text,
        f"{address_before(listing.platform, item.handle)}{post.version_id}",
        post.ref_post_id,
        post.ref_author_id,
        counters.likes if listing.platform is Platform.X else counters.reactions,
        counters.reposts,
        counters.replies,
        counters.quotes,
        counters.views,
        counters.precision,
    )


def profile_rows(stored: Iterable[StoredProfile], selection: Selection) -> Iterator[Row]:
    """One row a profile snapshot that falls into a listing of its account."""
    for item in stored:
        listing = listing_at(item.account, item.taken_at, selection)
        if listing is not None:
            yield (
                *who(listing, item.handle, item.platform_id),
                item.taken_at,
                item.name,
                item.followers,
                item.following,
                item.posts,
                item.precision,
            )


def account_rows(facts: Iterable[AccountFacts], series: Sequence[Series], selection: Selection) -> Iterator[Row]:
    """One row a named account, as the last of its listings says that the selection asks for."""
    by_key = _by_account(series)
    for fact in facts:
        listing = [listing for listing in fact.account.listings if selection.asks_for(listing)][-1]
        one = by_key[fact.account.latest.account_key]
        times, covered = one.posted_at, one.observed.coverage
        yield (
            *who(listing, fact.handle, fact.platform_id),
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
    facts: Iterable[AccountFacts],
    series: Sequence[Series],
    exposures: Exposures,
    settings: Settings,
    selection: Selection,
) -> Iterator[Row]:
    """One row a named account and local day that lies wholly in the time asked for; the last may end at `as_of`."""
    by_key = _by_account(series)
    for fact in facts:
        zone = settings.zone(fact.account.latest.country)
        for day in daily(by_key[fact.account.latest.account_key], exposures, zone, selection.as_of):
            if selection.since is not None and start_of_day(day.day, zone) < selection.since:
                continue
            beyond = start_of_day(day.day + timedelta(days=1), zone)
            if selection.until is not None and min(beyond, selection.as_of) > selection.until:
                continue
            if selection.asks_for(day.listing):
                yield (
                    *who(day.listing, fact.handle, fact.platform_id),
                    day.day,
                    day.posts,
                    *(day.by_kind or (None,) * 4),
                    day.restricted,
                    day.uncertain,
                    day.coverage,
                    day.counted,
                )


def _by_account(series: Iterable[Series]) -> dict[tuple[Platform, str], PostSeries]:
    return {one.observed.account.latest.account_key: one for one in series if isinstance(one, PostSeries)}
