"""Reads watchlist.csv: who is watched, where, and how carefully their data is kept."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracker.config.accounts import UNVERIFIED, Identity, handle, platform_id, unspoilt_id
from tracker.config.cells import PLATFORM_ALIASES, Dating, dating, key, needed_text, or_empty, text, word_of
from tracker.config.countries import country
from tracker.config.csvfile import Layout, Row, read_rows, write_rows
from tracker.config.overlaps import overlapping
from tracker.config.problems import BadValueError, Findings, Problem, shown
from tracker.config.settings import Settings
from tracker.domain.instants import Instant, day_of, start_of_day
from tracker.domain.intervals import BEGINNING, FOREVER, Interval
from tracker.domain.subjects import ListedAccount, Listing, Watchlist, mode_of, protection_of
from tracker.domain.words import Mode, Platform, Precision, Protection, Residence, Role

WATCHLIST = "config/watchlist.csv"
LAYOUT = Layout(
    ("subject", "name", "name_native", "role", "country", "residence", "protection", "protection_reason",
     "platform", "handle", "platform_id", "mode", "from", "until", "source"),
    starts={"handle": "@+", "platform_id": "-"},
    optional=frozenset({"mode"}),
)  # fmt: skip

# A row joins the comparison with other rows if it has no error in what is compared.
_WHO_WHEN = {"subject", "role", "country", "residence", "protection", "from", "until"}
_WHERE_WHEN = {"subject", "platform", "handle", "platform_id", "from", "until"}

_role = word_of(
    Role,
    "role",
    {
        "politician": Role.OFFICIAL,
        "minister": Role.OFFICIAL,
        "government": Role.STATE_BODY,
        "ministry": Role.STATE_BODY,
        "media": Role.OUTLET,
        "newspaper": Role.OUTLET,
        "reporter": Role.JOURNALIST,
    },
)
_residence = word_of(Residence, "residence", {"outside": Residence.ABROAD, "exile": Residence.ABROAD})
_protection = word_of(Protection, "protection")
_platform = word_of(Platform, "platform", PLATFORM_ALIASES)
_mode = word_of(Mode, "mode", {"count": Mode.COUNTS, "post": Mode.POSTS, "none": Mode.OFF, "no": Mode.OFF})


def read_watchlist(data: bytes, settings: Settings, file: str = WATCHLIST) -> tuple[Watchlist, list[Problem]]:
    """The listed accounts and all problems of the file. With errors among these, the accounts are not to be used."""
    findings = Findings(file)
    entries = [(_listing(row, settings), row) for row in read_rows(data, LAYOUT, findings)]
    _check_subjects([listing for listing, row in entries if not row.faults & _WHO_WHEN], findings)
    placed = [listing for listing, row in entries if not row.faults & _WHERE_WHEN]
    known = list(_with_shared_ids(placed, findings))
    _check_accounts(known, findings)
    return Watchlist(_accounts(known), hashlib.sha256(data).hexdigest()), findings.problems


def write_watchlist(listings: Iterable[Listing], settings: Settings) -> bytes:
    """A file that `read_watchlist` reads as the same listings, apart from their lines."""
    return write_rows(LAYOUT, (_cells(listing, settings) for listing in listings))


def _listing(row: Row, settings: Settings) -> Listing:
    role = row.take("role", _role, Role.OFFICIAL)
    residence = row.take("residence", or_empty(_residence, Residence.UNKNOWN), Residence.UNKNOWN)
    where = row.take("country", country, "")
    platform = row.take("platform", _platform, Platform.X)
    if "platform" in row.faults:
        # What a good handle or id is depends on the platform; what a spreadsheet does to an id does not.
        row.take("platform_id", unspoilt_id, "")
        name, identity = "", Identity(None, verified=False)
    else:
        name = row.take("handle", lambda cell: handle(platform, cell), "")
        identity = row.take("platform_id", lambda cell: platform_id(platform, cell), Identity(None, verified=True))
    if not identity.verified and not row.faults & {"platform", "handle"}:
        right = "write the account's numeric id, or clear the cell to have it looked up by the handle"
        row.note("platform_id", f"{shown(name)} on {platform} is unverified: listed, not collected", right)
    since, until = _span(row, settings.zone(where))
    protection = _protection_in(row, role, residence)
    return Listing(
        subject=row.take("subject", key, ""),
        name=row.take("name", needed_text, ""),
        name_native=row.take("name_native", text, ""),
        role=role,
        country=where,
        residence=residence,
        protection=protection,
        protection_reason=row.take("protection_reason", text, ""),
        platform=platform,
        handle=name,
        platform_id=identity.platform_id,
        verified=identity.verified,
        since=since,
        until=until,
        source=row.take("source", text, ""),
        line=row.line,
        mode=_mode_in(row, platform, protection),
    )


def _mode_in(row: Row, platform: Platform, protection: Protection) -> Mode:
    """What the row states, or what is usual for such an account."""
    usual = mode_of(platform, protection, None)
    stated = row.take("mode", or_empty(_mode, usual), usual)
    if stated is Mode.COUNTS and platform is not Platform.X and not row.faults & {"mode", "platform"}:
        row.error("mode", f"{platform} does not count an account's posts; X does", "write posts or off")
    return stated


def _protection_in(row: Row, role: Role, residence: Residence) -> Protection:
    """What the row states, or what follows from role and residence. To name somebody exposed takes a reason."""
    usual = protection_of(role, residence, None)
    stated = row.take("protection", or_empty(_protection, usual), Protection.AT_RISK)
    judged = not row.faults & {"role", "residence", "protection", "protection_reason"}
    if judged and stated is Protection.NAMED and usual is Protection.AT_RISK and not row.text("protection_reason"):
        wrong = f"is empty, and this {role} with residence {residence} would be named"
        row.error("protection_reason", wrong, "write why it is safe to name them, or leave protection empty")
    return stated


def _span(row: Row, zone: str) -> tuple[Instant, Instant]:
    """From the first instant of `from` to the end of `until`, which is the last day that counts."""
    first = row.take("from", _day_or_month, None)
    last = row.take("until", _day_or_month, None)
    if first and last and last.beyond <= first.first:
        wrong = f"until {row.text('until')} is before from {row.text('from')}"
        row.error("until", wrong, "write the last day on which the row holds, or leave it empty")
    since = start_of_day(first.first, zone) if first else BEGINNING
    until = start_of_day(last.beyond, zone) if last else FOREVER
    return since, until


def _day_or_month(cell: str) -> Dating | None:
    if not cell:
        return None
    found = dating(cell)
    if found.precision is Precision.YEAR:
        raise BadValueError(f"bad date {shown(cell)}", f"write a day or a month: {cell}-01-01 or {cell}-01")
    return found


def _check_subjects(listings: Iterable[Listing], findings: Findings) -> None:
    """Rows of one subject agree on the name always, and on what the subject is wherever they hold together."""
    by_subject: defaultdict[str, list[Listing]] = defaultdict(list)
    for listing in listings:
        by_subject[listing.subject].append(listing)
    for subject, rows in by_subject.items():
        for column in ("name", "name_native"):
            _check_same_name(subject, column, rows, findings)
        for one, other in overlapping(rows, _held):
            earlier, later = _in_file_order(one, other)
            for column in ("role", "country", "residence", "protection"):
                theirs, ours = getattr(earlier, column), getattr(later, column)
                if theirs != ours:
                    wrong = f"{subject} is {ours or 'nothing'} here and {theirs or 'nothing'} in line {earlier.line}"
                    findings.error(
                        later.line, column, wrong, "make them agree, or say from and until when each holds"
                    )


def _check_same_name(subject: str, column: str, rows: Iterable[Listing], findings: Findings) -> None:
    first: Listing | None = None
    for row in rows:
        name = getattr(row, column)
        if not name:
            continue
        if first is None:
            first = row
        elif name != getattr(first, column):
            wrong = f"{subject} is named {shown(name)} here and {shown(getattr(first, column))} in line {first.line}"
            findings.error(row.line, column, wrong, "write one name for one subject, or give another subject key")


def _with_shared_ids(listings: list[Listing], findings: Findings) -> Iterator[Listing]:
    """A row without an id is about the account whose id stands beside the same handle in another row."""
    ids: defaultdict[tuple[Platform, str], set[int]] = defaultdict(set)
    for listing in listings:
        if listing.platform_id is not None:
            ids[_name_key(listing)].add(listing.platform_id)
    for listing in listings:
        same = ids.get(_name_key(listing), set())
        if listing.platform_id is not None or not same:
            yield listing
        elif len(same) == 1:
            yield replace(listing, platform_id=next(iter(same)))
        else:
            wrong = f"the handle {shown(listing.handle)} stands with several ids in other rows"
            findings.error(listing.line, "platform_id", wrong, "write the id that is meant here")


def _check_accounts(listings: Iterable[Listing], findings: Findings) -> None:
    """An account has one subject, and no two rows at the same time; nor have two accounts one handle then."""
    by_account: defaultdict[object, list[Listing]] = defaultdict(list)
    by_handle: defaultdict[object, list[Listing]] = defaultdict(list)
    for listing in listings:
        by_account[listing.account_key].append(listing)
        by_handle[_name_key(listing)].append(listing)
    complained: set[int] = set()

    def complain(one: Listing, other: Listing, why: str, right: str) -> None:
        earlier, later = _in_file_order(one, other)
        if later.line not in complained:
            complained.add(later.line)
            column = "handle" if _name_key(one) == _name_key(other) else "platform_id"
            wrong = f"duplicate account {shown(later.handle)} on {later.platform}: line {earlier.line} {why}"
            findings.error(later.line, column, wrong, right)

    for rows in by_account.values():
        for row in rows:
            if row.subject != rows[0].subject:
                why = f"lists it for {rows[0].subject}"
                complain(rows[0], row, why, "an account belongs to one subject; delete one row")
    for rows in (*by_account.values(), *by_handle.values()):
        for one, other in overlapping(rows, _held):
            right = "delete one, or say from and until when each holds"
            complain(one, other, "lists it for the same time", right)


def _held(listing: Listing) -> Interval:
    return Interval(listing.since, listing.until)


def _name_key(listing: Listing) -> tuple[Platform, str]:
    return listing.platform, listing.handle.casefold()


def _in_file_order(one: Listing, other: Listing) -> tuple[Listing, Listing]:
    return (one, other) if one.line <= other.line else (other, one)


def _accounts(listings: Iterable[Listing]) -> tuple[ListedAccount, ...]:
    """The listings by account, each account's in order of time, the accounts in order of the file."""
    by_account: defaultdict[object, list[Listing]] = defaultdict(list)
    for listing in listings:
        by_account[listing.account_key].append(listing)
    return tuple(
        ListedAccount(tuple(sorted(rows, key=lambda listing: listing.since))) for rows in by_account.values()
    )


def _cells(listing: Listing, settings: Settings) -> dict[str, str]:
    zone = settings.zone(listing.country)
    known = "" if listing.platform_id is None else str(listing.platform_id)
    return {
        "subject": listing.subject,
        "name": listing.name,
        "name_native": listing.name_native,
        "role": listing.role,
        "country": listing.country,
        "residence": listing.residence,
        "protection": listing.protection,
        "protection_reason": listing.protection_reason,
        "platform": listing.platform,
        "handle": listing.handle,
        "platform_id": known if listing.verified else UNVERIFIED,
        "mode": listing.mode,
        "from": "" if listing.since == BEGINNING else day_of(listing.since, zone).isoformat(),
        "until": "" if listing.until == FOREVER else day_of(listing.until - 1, zone).isoformat(),
        "source": listing.source,
    }
