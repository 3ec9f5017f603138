"""What changes in the database when the protection of a subject changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, delete, select, update

from tracker.domain.instants import Instant, next_week, start_of_week
from tracker.domain.intervals import Intervals
from tracker.domain.words import Platform, Protection
from tracker.store import accounts, alerts, counts, evidence, ledger, pages, spending
from tracker.store.chain import Kind
from tracker.store.dialect import driver_of
from tracker.store.names import StoredAccount, pointed_at, post_ids_of, traces_of
from tracker.store.tables import Account, Coverage, Hole, WeekCount
from tracker.store.unlinking import VISITS_OF_OTHERS, Unlinked, cut_answers, posts_told_of, unlink_posts

account_table = Account.metadata.tables["account"]
coverage = Coverage.metadata.tables["coverage"]
holes = Hole.metadata.tables["hole"]
week_counts = WeekCount.metadata.tables["week_count"]

EXPANDED = "SELECT EXISTS (SELECT 1 FROM answer WHERE request LIKE '%expansions%')"


def whole_weeks(intervals: Intervals, zone: str) -> Intervals:
    """The local weeks that lie wholly inside."""
    # One second before a week's first instant lies in the week before, so a boundary is its own next week.
    return Intervals.of((next_week(since - 1, zone), start_of_week(until, zone)) for since, until in intervals)


def hide(connection: Connection, before: Collection[StoredAccount], now: Collection[StoredAccount]) -> bool:
    """Let nothing of others point to those who are at risk now and were not before, or not under these names.

    To be called before what is theirs goes: the ids of their posts tell what points to them. Returns whether anything
    was removed.
    """
    known, removed = {one.id: one.names for one in before if one.at_risk}, False
    people = [one for one in now if one.at_risk and one not in before]
    for platform in Platform:
        some = [one for one in people if one.platform is platform]
        if some:
            named_anew = any(not one.names <= known.get(one.id, frozenset()) for one in some)
            removed = _hide(connection, some, named_anew) or removed
    return removed


def _hide(connection: Connection, some: Sequence[StoredAccount], named_anew: bool) -> bool:
    """The same for accounts of one platform. All raw answers are read, which takes a while, only if need be.

    Where no handle is new, but a numeric id, it stands in no answer without a post that points to it, unless posts
    that were referred to came along.
    """
    unlinked, own = Unlinked(), [one.id for one in some]
    everywhere = named_anew or bool(driver_of(connection).execute(EXPANDED).fetchone()[0])
    post_ids = {number for account_id in own for number in post_ids_of(connection, account_id)}
    whose = traces_of(some, ())
    if everywhere and some[0].platform is Platform.X:
        post_ids |= posts_told_of(connection, whose, VISITS_OF_OTHERS, own)
    unlink_posts(connection, pointed_at(some, post_ids), unlinked)
    post_ids |= unlinked.pointed_to
    if everywhere or unlinked.unlinked_posts:
        pages.drop_profiles(connection, whose.words)
        cut_answers(connection, traces_of(some, post_ids), unlinked, Kind.REDUCED, None, VISITS_OF_OTHERS, own)
    spending.unbill(connection, some[0].platform, spending.POST, post_ids)
    return bool(unlinked.unlinked_posts or unlinked.cut_answers)


def reduce_to_weeks(connection: Connection, account_id: int, zone: str) -> None:
    """A subject has become at risk: keep the counts of whole covered weeks, and remove everything finer."""
    kept = whole_weeks(ledger.read_coverage(connection, account_id), zone)
    imported = kept & ledger.read_ways(connection, account_id)[ledger.IMPORTED]
    by_week: dict[Instant, list[int]] = {}
    rows = connection.execute(
        select(pages.posts.c.posted_at, pages.posts.c.kind).where(pages.posts.c.account_id == account_id)
    )
    for posted_at, kind in rows:
        if posted_at in kept:
            by_week.setdefault(start_of_week(posted_at, zone), [0, 0, 0, 0])[kind] += 1
    pages.drop_posts(connection, account_id)
    counts.reduce_to_weeks(connection, account_id, zone)
    evidence.seal_what_stands(driver_of(connection), account_id, Kind.COUNTS)
    start_over(connection, account_id)
    pages.write_weeks(connection, account_id, by_week)
    # A week of which a part is known from a file only stands on that file.
    from_files = Intervals.of((start_of_week(since, zone), next_week(until - 1, zone)) for since, until in imported)
    ledger.add_coverage(connection, account_id, kept - from_files, live_from=None)
    ledger.add_imported(connection, account_id, kept)
    accounts.forget_details(connection, account_id)
    spending.unlink(connection, accounts.read(connection, account_id).platform, account_id)


def start_over(connection: Connection, account_id: int) -> None:
    """Forget what is covered, so that the account is read again under its present protection."""
    for table in (coverage, holes, week_counts):
        connection.execute(delete(table).where(table.c.account_id == account_id))
    evidence.release_account(connection, Kind.RECOUNTED, None, account_id, {Kind.WEEKS})
    alerts.forget(connection, account_id)  # an alarm's beginning follows from the times of posts
    connection.execute(
        update(account_table)
        .where(account_table.c.id == account_id)
        .values(mark=None, last_look_at=None, next_visit_at=0)
    )


def drop_other_weeks(connection: Connection, zones: Mapping[str, str]) -> None:
    """Read at-risk accounts anew if the settings put them in another zone: their weeks begin at other instants.

    `zones` gives the zone of each subject.
    """
    at_risk = select(account_table.c.id, account_table.c.subject, account_table.c.last_look_at).where(
        account_table.c.protection == str(Protection.AT_RISK), account_table.c.last_look_at.is_not(None)
    )
    for account_id, subject, last_look_at in connection.execute(at_risk).all():
        if subject in zones and start_of_week(last_look_at, zones[subject]) != last_look_at:
            start_over(connection, account_id)
    from_files = (
        select(account_table.c.id, account_table.c.subject, coverage.c.since)
        .join(coverage, coverage.c.account_id == account_table.c.id)
        .where(account_table.c.protection == str(Protection.AT_RISK), coverage.c.how == ledger.IMPORTED)
    )
    for account_id, subject, since in connection.execute(from_files).all():
        if subject in zones and start_of_week(since, zones[subject]) != since:
            start_over(connection, account_id)
    counts.drop_other_weeks(connection, zones)
