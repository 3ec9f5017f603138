"""Forgetting, and the proof of it: remove, write the file anew, look into every file of the data folder.

Killed anywhere, the same command finishes it: before the removal is committed nothing has happened, and after it the
database knows that a forgetting was begun, though not of whom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tracker.config.home import Config
from tracker.config.naming import Name
from tracker.domain.instants import Instant, from_iso
from tracker.domain.subjects import Listing
from tracker.domain.words import Platform
from tracker.runtime import audit, presence, soundness
from tracker.runtime.audit import Deed
from tracker.runtime.backup import FAILED, MADE, halves_of
from tracker.runtime.open_readers import open_readers
from tracker.runtime.replacing import part_of
from tracker.runtime.searching import Progress, files_in, kinds, search
from tracker.store import forgetting, names, needles, targets, tombstones
from tracker.store.dialect import SIDE_FILES
from tracker.store.forgetting import Scope, Target
from tracker.store.needles import Needle, Trace
from tracker.store.proof import Holder, Proof
from tracker.store.store import Store

ASKED = "answer.request"
WORDS = frozenset(
    {
        *("post.text", "version.text", "profile.name", "visit.detail", "account.last_detail", "imported_file.name"),
        *("account.subject", "account.listed_handle", "account.handle", "handle.handle", ASKED),
        "schema",
    }
)
"""Columns in which words of others stand, or names of others of which the forgotten one is a part."""


class Step(StrEnum):
    """What has just been done."""

    LOGGED = "logged"
    REMOVED = "removed"
    ERASED = "erased"
    SEARCHED = "searched"


Told = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be forgotten."""

    asked: str
    target: Target
    rows: Counter[str]
    """How many rows of each table will go."""
    listed: tuple[Listing, ...]
    """The rows of the watchlist for which it will be collected again."""
    begun: bool
    """An earlier forgetting was broken off before it was proved."""
    words: tuple[Needle, ...]
    """What the user and the watchlist call it, to be looked for."""

    @property
    def is_known(self) -> bool:
        """Whether anything has this name; else there is only something to look for."""
        return bool(self.target.accounts or self.listed or self.begun) or self.target.scope is Scope.POST

    @property
    def is_later(self) -> bool:
        """Something was removed by an earlier run: what that said, nobody can look for any more."""
        return self.begun or (self.target.scope is Scope.POST and not self.target.accounts)


def plan(store: Store, config: Config, name: Name) -> Plan:
    """What would go. Raises UsageError for a name that is unknown or ambiguous."""
    with store.transaction() as connection:
        target = targets.find(connection, name, config.watchlist)
        rows = forgetting.extent(connection, target)
        begun = tombstones.is_begun(connection)
    listed = tuple(_listed(config, target, name))
    return Plan(name.text, target, rows, listed, begun, tuple(_words(target, listed, name)))


def forget(
    store: Store,
    config: Config,
    plan: Plan,
    now: Instant,
    *,
    told: Told = lambda _step: None,
    progress: Progress = lambda _count: None,
) -> Proof:
    """Remove what is planned, and prove it.

    What a later run cannot look for, any file but the tracker's own could hold: then each of them is named.

    Raises StoreError if the disk refuses; then the same is to be done again.
    """
    data, target = config.home.data, plan.target
    times = _times(store, target)
    held = list(_holders(data, target, times))
    scope, posts = str(target.scope), plan.rows["post"]
    audit.record(data, Deed.FORGET, now, step="begun", scope=scope, accounts=len(target.accounts), posts=posts)
    told(Step.LOGGED)
    with store.transaction() as connection:
        removed = forgetting.forget(connection, target, plan.asked, now)
    told(Step.REMOVED)
    erasure = store.erase()
    readers = tuple(map(str, open_readers(store.path))) if erasure.busy else ()
    told(Step.ERASED)
    known = needles.unique([*removed.needles, *plan.words])
    wanted = [needle for needle in known if not needle.common]
    files, closed = files_in({data, store.path.parent})
    found = search(files, wanted, progress)
    left, of_others = _sorted(store, found.found)
    named = {*_own_files(config, store.path), *left, *found.unreadable, *found.packed}
    proof = Proof(
        removed,
        erasure,
        readers,
        searched=kinds(wanted),
        too_common=kinds(needle for needle in known if needle.common),
        files=found.files,
        size=found.size,
        unreadable=(*closed, *found.unreadable),
        packed=found.packed,
        could_hold=tuple(path for path in files if path not in named) if plan.is_later or not wanted else (),
        left=left,
        of_others=of_others,
        holders=tuple(dict.fromkeys([*held, *_holders(data, target, times)])),  # or made meanwhile
        damaged=audit.read(data).damaged,
        was_known=plan.is_known,
        is_later=plan.is_later,
    )
    told(Step.SEARCHED)
    if proof.is_clean:
        with store.transaction() as connection:
            tombstones.end(connection)
    audit.record(data, Deed.FORGET, now, step="proved" if proof.is_clean else "not proved", scope=scope)
    return proof


def _own_files(config: Config, database: Path) -> frozenset[Path]:
    """What the tracker itself writes into the data folder, or beside it, where no word of a post belongs."""
    home, figures = config.home, config.settings.health.metrics_file
    demo = home.data / "sandbox"
    sessions = [home.telegram_session, demo / home.telegram_session.name]
    own = [database, home.lock, home.pulse, part_of(home.pulse), home.data / audit.AUDIT, demo / "telegram.pem"]
    own += [home.path / figures] if figures else []
    own += [home.data / soundness.MARK, *presence.marks(home)]
    own += [home.settings, home.watchlist, home.restrictions, home.events, *sessions]
    own += [Path(f"{path}{end}") for path in (database, *sessions) for end in SIDE_FILES]
    return frozenset(path.resolve() for path in own)


def _sorted(
    store: Store, found: dict[Path, tuple[Needle, ...]]
) -> tuple[dict[Path, Counter[str]], dict[str, tuple[str, ...]]]:
    """What is left, and what is only found because others say it too."""
    left: dict[Path, Counter[str]] = {}
    of_others: dict[str, set[str]] = {}
    database = store.path.resolve()
    for path, hits in found.items():
        remaining = []
        for needle in hits:
            places: list[str] = []
            if path == database:
                with store.transaction() as connection:
                    places = forgetting.held_in(connection, needle)
                    told = needle.trace in (Trace.HANDLE, Trace.ACCOUNT_ID) and ASKED in places
                    if told and forgetting.is_asked_for(connection, needle.data):
                        places.append("a request of ours")
            if places and WORDS.issuperset(places):
                of_others.setdefault(str(needle.trace), set()).update(places)
            else:
                remaining.append(needle)
        if remaining:
            left[path] = kinds(remaining)
    return left, {kind: tuple(sorted(places)) for kind, places in of_others.items()}


def _listed(config: Config, target: Target, name: Name) -> Iterable[Listing]:
    """The rows of the watchlist that list what goes; none for a post, which is kept out by itself."""
    if target.scope is Scope.POST:
        return
    handles = {(account.platform, borne.casefold()) for account in target.accounts for borne in account.names}
    numbers = {(account.platform, account.platform_id) for account in target.accounts if account.platform_id}
    subjects = {account.subject for account in target.accounts} if target.scope is Scope.SUBJECT else set()
    wanted = (name.handle or "").casefold()
    for account in config.watchlist.accounts:
        for listing in account.listings:
            same = (listing.platform, listing.handle.casefold()) in handles
            same = same or (listing.platform, listing.platform_id) in numbers
            if target.scope is Scope.SUBJECT:
                called = {listing.subject.casefold(), listing.name.casefold(), listing.name_native.casefold()}
                same = same or listing.subject in subjects or wanted in called
                same = same or (not target.accounts and listing.handle.casefold() == wanted)
            elif not target.accounts:
                numbered = name.number is not None and listing.platform_id == name.number
                same = listing.platform is name.platform and (listing.handle.casefold() == wanted or numbered)
            if same:
                yield listing


def _words(target: Target, listed: Iterable[Listing], name: Name) -> Iterable[Needle]:
    """What the user and the watchlist call what goes."""
    if target.scope is Scope.POST:
        for number in {*target.posts, *(number for number in (name.post, name.number) if number is not None)}:
            yield from needles.of_number(number, Trace.POST_ID)
        return
    for account in target.accounts:
        yield from names.needles_of(account)
    if name.platform is not None:
        yield from needles.of_word(name.handle, Trace.HANDLE)
        yield from needles.of_number(name.number, Trace.ACCOUNT_ID)
    for listing in listed:
        yield from needles.of_word(listing.handle, Trace.HANDLE)
        yield from needles.of_number(listing.platform_id, Trace.ACCOUNT_ID)
        if target.scope is Scope.SUBJECT:
            yield from needles.of_word(listing.subject, Trace.SUBJECT)
            yield from needles.of_word(listing.name, Trace.NAME)
            yield from needles.of_word(listing.name_native, Trace.NAME)
    if target.scope is Scope.SUBJECT:
        for subject in {account.subject for account in target.accounts} | {name.handle or ""}:
            yield from needles.of_word(subject, Trace.SUBJECT)


def _holders(data: Path, target: Target, times: tuple[Instant, Instant] | None) -> Iterable[Holder]:
    """The exports and backups that may hold what goes: too many rather than one too few.

    `times` are the first and the last second of what goes; None: unknown.
    """
    platforms = {str(account.platform) for account in target.accounts} or set(map(str, Platform))
    entries = audit.entries(data, Deed.EXPORT, Deed.BACKUP)
    backups = [entry for entry in entries if entry.what == Deed.BACKUP]
    steps = {entry.facts.get("path"): entry.facts.get("step") for entry in backups}
    made = {entry.facts.get("path") for entry in backups if entry.facts.get("step") == MADE}
    for entry in entries:
        facts = entry.facts
        if entry.what == Deed.BACKUP:
            if facts.get("step") in (MADE, FAILED):
                continue  # it was listed when it was begun
            path = facts.get("path")
            if steps[path] == FAILED and path not in made and not _may_be_there(Path(str(path))):
                continue
        if entry.what == Deed.EXPORT:
            if facts.get("platform") not in (None, *platforms):
                continue
            since, until = _instant(facts.get("since")), _instant(facts.get("until"))
            apart = times is not None and (
                (since is not None and since > times[1]) or (until is not None and until <= times[0])
            )
            if apart:
                continue
        path = None if facts.get("path") is None else str(facts["path"])
        exists = path is not None and _may_be_there(Path(path))
        what = f"{entry.what} {facts.get('kind') or ''}".strip()
        yield Holder(entry.at, what, path, exists)
        for half in halves_of(Path(path)) if path is not None else ():
            yield Holder(entry.at, f"half {what}", str(half), True)


def _may_be_there(path: Path) -> bool:
    """Whether there is such a file, or nobody can tell."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _times(store: Store, target: Target) -> tuple[Instant, Instant] | None:
    """The first and the last second of posts that go and of those that point to them, which may repeat them."""
    with store.transaction() as connection:
        own = forgetting.times_of(connection, target)
        theirs = own and forgetting.times_of_pointing(connection, target)
    if own is None or theirs is None:
        return own
    return min(own[0], theirs[0]), max(own[1], theirs[1])


def _instant(said: object) -> Instant | None:
    """The time that an entry names; None if it names none, or is not understood."""
    try:
        return None if said is None else from_iso(str(said))
    except ValueError:
        return None
