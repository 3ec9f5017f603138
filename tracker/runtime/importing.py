"""Importing files: each post to its account on the watchlist, batch by batch, to go on after any interruption.

What may be kept of people at risk is counts of whole weeks, and only where the files are known to hold everything:
their posts stay in memory until all files are read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from tracker.archives.detect import opened_archive
from tracker.archives.entries import ArchiveFormat, Chunk, Hints, Proof, Puzzle, Wanted
from tracker.archives.source import Part, digest, opened, parts_of
from tracker.archives.x_archive import Owner, owner_in
from tracker.collectors.telegram_walk import TELEGRAM_BEGAN
from tracker.collectors.x_answers import SNOWFLAKES_BEGAN, X_BEGAN, snowflake_time
from tracker.collectors.x_schema import one_line
from tracker.config.home import Config
from tracker.domain.errors import UsageError
from tracker.domain.instants import DAY, Clock, Instant, start_of_week
from tracker.domain.intervals import NEVER, Intervals, span
from tracker.domain.records import Post
from tracker.domain.words import Mode, Platform, Protection
from tracker.runtime.batches import Batch, Begun, hurried
from tracker.runtime.local import sync, zones_of
from tracker.store.accounts import AccountState
from tracker.store.imports import FileKey
from tracker.store.store import Store

BATCH = 10_000
"""Posts in one transaction; twice as many are in memory, since the next are read while these are written."""
PUZZLES_TOLD = 20
"""Of a file; the others are counted."""
LONGEST_ACCOUNT_JS = 2**20
CLOCKS_DIFFER = DAY
"""Seconds: what a file says of a time is believed if it is wrong by less."""

Progress = Callable[[str, int], None]
"""Told the file's name and how many bytes of it were read since the last time."""


@dataclass(slots=True)
class Imported:
    """What became of one file."""

    name: str
    format: ArchiveFormat
    resumed_after: int = 0
    """The line or item after which an earlier import had been broken off; what is before is not counted here."""
    posts: int = 0
    """Posts read and understood."""
    new: int = 0
    known: int = 0
    not_listed: int = 0
    """Dropped: not of an account on the watchlist, or of one that is off or not confirmed."""
    at_risk: int = 0
    """Of people at risk: at most counted in whole weeks, see `at_risk_counted` of the whole import."""
    others: int = 0
    """Items that are no posts."""
    not_understood: int = 0
    puzzles: list[Puzzle] = field(default_factory=list)
    """The first of what was not understood."""

    def puzzled(self, puzzles: Sequence[Puzzle]) -> None:
        self.not_understood += len(puzzles)
        self.puzzles += puzzles[: PUZZLES_TOLD - len(self.puzzles)]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an import."""

    files: tuple[Imported, ...]
    accounts: int
    """Accounts of the watchlist that the files are about."""
    covered: int
    """Of these, those of which time is covered now by what the files hold."""
    time: Intervals
    """That time, of all of them together."""
    whole: Intervals
    """That time, of each of them."""
    at_risk_counted: int
    """Posts of people at risk that are in whole weeks counted anew."""
    taken_to_be: tuple[tuple[str, int, str], ...] = ()
    """Named accounts of which only the handle was known: it, the numeric id that a file gives it, and the file."""
    of_others: tuple[tuple[str, int, int, str], ...] = ()
    """Handles of named accounts that files give to others: the handle, the id that a file gives it, the account's,
    and the file. Posts of such others are dropped."""

    @property
    def not_understood(self) -> int:
        return sum(file.not_understood for file in self.files)


@dataclass(frozen=True, slots=True)
class Ask:
    """What the user says of an import."""

    hints: Hints = field(default_factory=Hints)
    format: ArchiveFormat | None = None
    covers: Intervals = NEVER
    """Time of which the files together hold every post of each account that is in them."""


class Importer:
    """One import of one or several files."""

    def __init__(
        self,
        store: Store,
        config: Config,
        clock: Clock,
        ask: Ask,
        progress: Progress = lambda _name, _count: None,
    ) -> None:
        self._store, self._config, self._clock, self._ask, self._progress = store, config, clock, ask, progress
        self._zones = zones_of(config)
        self._found: dict[tuple[Platform, int | None, str | None], AccountState | None] = {}
        self._by_number: dict[tuple[Platform, int], AccountState] = {}
        self._by_handle: dict[tuple[Platform, str], AccountState] = {}
        self._wanted = Wanted(set(), set())
        """The listed accounts of X that are not at risk."""
        self._at_risk: defaultdict[int, dict[int, tuple[Instant, int]]] = defaultdict(dict)
        """Posts of people at risk: their account's row, the post's id, and its time and kind. In memory only."""
        self._proofs: defaultdict[int, Intervals] = defaultdict(lambda: NEVER)
        self._seen: dict[int, AccountState] = {}
        self._told_until: defaultdict[int, Instant] = defaultdict(int)
        """Up to when files tell of an account: when they were collected."""
        self._bound: dict[int, tuple[AccountState, int, str]] = {}
        """Accounts known by their handle only until a file named their number: it, and the file."""
        self._of_others: dict[tuple[str, int], tuple[AccountState, int, str]] = {}
        """Handles of listed accounts that a file gives to another number: the account, its own number, the file."""
        self._reading = ""
        self._read_at: Instant = 0
        """When the file being read was written, at the latest."""

    def run(self, paths: Iterable[Path]) -> Outcome:
        """Import the files. Raises UsageError at one that cannot be read; what is before it stays."""
        parts = list(_once(part for path in paths for part in parts_of(path)))
        sync(self._store, self._config)
        self._know_accounts()
        files, keys = [], []
        with hurried(), ThreadPoolExecutor(1, "writing") as writing:
            for part in parts:
                file, key = self._read(part, writing)
                files.append(file)
                keys.append(key)
        proved = self._proved(complete=not any(file.not_understood for file in files))
        counted = 0
        for account_id, posts in self._at_risk.items():
            account = self._seen[account_id]
            zone = self._zones[account.subject]
            time = proved.pop(account_id, NEVER)
            if time:
                counted += self._store.import_weeks(account_id, posts.values(), time, zone)
        named = {account_id: time for account_id, time in proved.items() if not _is_at_risk(self._seen[account_id])}
        self._store.end_import([key.sha256 for key in keys], self._clock(), named)
        bound = self._bound.values()
        taken = tuple((account.handle, number, name) for account, number, name in bound if not _is_at_risk(account))
        of_others = tuple(
            (handle, number, own, name)
            for (handle, number), (account, own, name) in self._of_others.items()
            if not _is_at_risk(account)
        )
        time, whole = NEVER, self._ask.covers
        for theirs in named.values():
            time, whole = time | theirs, whole & theirs
        return Outcome(tuple(files), len(self._seen), len(named), time, whole, counted, taken, of_others)

    # Whose a post is

    def _know_accounts(self) -> None:
        rows = self._store.ids_of(self._config.watchlist.accounts)
        for state in self._store.accounts_of(rows):
            listed = rows[state.id]
            if not listed.verified or state.mode is Mode.OFF:
                continue
            if state.platform_id is not None:
                self._by_number[state.platform, state.platform_id] = state
            for handle in {state.handle, listed.handle}:
                self._by_handle[state.platform, handle.casefold()] = state
            if state.platform is not Platform.X or _is_at_risk(state):
                continue
            if state.platform_id is not None:
                self._wanted.numbers.add(state.platform_id)
            else:
                self._wanted.handles.update(handle.casefold() for handle in (state.handle, listed.handle))

    def _account_of(self, platform: Platform, number: int | None, handle: str | None) -> AccountState | None:
        """The account on the watchlist: by its numeric id, else by its handle; None: there is none."""
        asked = platform, number, handle
        if asked not in self._found:
            self._found[asked] = account = self._look_up(*asked)
            if account is not None:
                self._seen[account.id] = account
        return self._found[asked]

    def _look_up(self, platform: Platform, number: int | None, handle: str | None) -> AccountState | None:
        account = self._by_number.get((platform, number)) if number is not None else None
        if account is not None or handle is None:
            return account
        account = self._by_handle.get((platform, handle.lstrip("@").casefold()))
        if account is None or number is None:
            return account
        own = self._bound[account.id][1] if account.id in self._bound else account.platform_id
        if own is not None:  # the handle was, or is, another account's
            self._of_others.setdefault((handle, number), (account, own, self._reading))
            return None
        self._store.bind(account.id, number)
        self._bound[account.id] = account, number, self._reading
        self._by_number[platform, number] = account
        self._found.clear()  # under its number alone it was nobody's until now
        if platform is Platform.X and not _is_at_risk(account):
            self._wanted.numbers.add(number)
        return account

    # Reading

    def _read(self, part: Part, writing: Executor) -> tuple[Imported, FileKey]:
        hints = self._hints_for(part)
        self._reading = name = part.name
        with opened(part, lambda count: self._progress(name, count)) as source:
            which, archive = opened_archive(source, hints, self._ask.format)
            begun = writing.submit(self._begin, part, which, self._terms(hints))
            resumed = 0
            # What the whole file proves is only known to who has read the whole file. And only one as large as one
            # that was broken off may be that one: others are read while their digest is made.
            if not self._ask.covers and which is not ArchiveFormat.TELEGRAM and self._store.broke_off(part.size):
                resumed = begun.result().resumed
            file = Imported(name, which, resumed)
            self._read_at = min(self._clock(), int(part.path.stat().st_mtime))
            ages = self._config.settings.refresh.ages
            batch = Batch(self._store, writing, file, begun, self._read_at, self._clock, ages)
            for chunk in archive.chunks(resumed):
                self._take(file, archive.platform, chunk, batch)
                if not file.not_understood:  # else it is read and told again by whoever goes on
                    batch.place = chunk.place
                if batch.posts >= BATCH:
                    batch.write()
            if source.cut and not file.not_understood:
                file.puzzled([Puzzle(batch.place + 1, "cut off: the packed file ends before its end")])
            batch.write()
            batch.wait()
            return file, begun.result().key

    def _begin(self, part: Part, which: ArchiveFormat, terms: str) -> Begun:
        key = FileKey(digest(part), part.name, which, part.size, terms)
        return Begun(key, self._store.begin_import(key, self._clock()))

    def _take(self, file: Imported, platform: Platform, chunk: Chunk, batch: Batch) -> None:
        file.others += chunk.others
        file.puzzled(chunk.puzzles)
        for number, handle, taken_at, posts in chunk.entries:
            file.posts += len(posts)
            account = self._account_of(platform, number, handle)
            if account is None:
                file.not_listed += len(posts)
                continue
            posts = self._credible(file, chunk.place, account, taken_at, posts)
            told_until = self._read_at if taken_at is None else taken_at
            self._told_until[account.id] = max(self._told_until[account.id], told_until)
            if account.protection is Protection.AT_RISK:
                file.at_risk += len(posts)
                self._at_risk[account.id] |= {post.post_id: (post.posted_at, int(post.kind)) for post in posts}
            else:
                batch.add(account.id, taken_at, posts)
        entries, puzzles = chunk.beside(self._wanted)
        file.puzzled(puzzles)
        for number, handle, taken_at, posts in entries:
            # Not by `_account_of`: what only came along of an account is no sign that the file covers its time.
            account = self._look_up(platform, number, handle)
            if account is not None and not _is_at_risk(account):  # a handle may have been somebody else's
                file.posts += len(posts)
                batch.add(account.id, taken_at, self._credible(file, chunk.place, account, taken_at, posts))
        if chunk.proof is not None:
            self._note_proof(platform, chunk.proof)

    def _credible(
        self, file: Imported, place: int, account: AccountState, taken_at: Instant | None, posts: Sequence[Post]
    ) -> Sequence[Post]:
        """The posts without those whose time cannot be true; that is told."""
        now = self._clock()
        latest = (now if taken_at is None else min(taken_at, now)) + CLOCKS_DIFFER
        late = [post for post in posts if post.posted_at > latest]
        strange = [post for post in posts if _is_of_another_time(post)] if account.platform is Platform.X else []
        if not late and not strange:
            return posts
        reasons = dict.fromkeys(strange, "its id was given out at another time than it says")
        reasons |= dict.fromkeys(late, "it is dated after it was collected")
        file.puzzled([Puzzle(place, reason) for reason in reasons.values()])
        return [post for post in posts if post not in reasons]

    def _note_proof(self, platform: Platform, proof: Proof) -> None:
        account = self._account_of(platform, proof.number, self._ask.hints.account)
        if account is not None:
            self._proofs[account.id] |= proof.time

    def _hints_for(self, part: Part) -> Hints:
        """What the user says; the owner of an archive of X also from the `account.js` beside its posts."""
        hints = self._ask.hints
        owner = _owner_beside(part) if part.name.endswith(".js") else None
        if owner is None:
            return hints
        if hints.account is not None and not self._is_the_same(hints.account, owner):
            raise UsageError(
                f"{part.name}: account.js says that it is the archive of {one_line(owner.handle)}, not of "
                f"{hints.account}; leave out --account, or list that account"
            )
        return replace(hints, account=hints.account or owner.handle, number=owner.number)

    def _is_the_same(self, said: str, owner: Owner) -> bool:
        """Whether the handle that a user says is, or was, that of an archive's owner."""
        if said.casefold() == owner.handle.casefold():
            return True
        account = self._by_handle.get((Platform.X, said.casefold()))
        return account is not None and owner.number is not None and account.platform_id == owner.number

    def _terms(self, hints: Hints) -> str:
        said = repr((self._config.watchlist.digest, hints, self._ask.format, self._ask.covers))
        return hashlib.sha256(said.encode()).hexdigest()

    def _proved(self, *, complete: bool) -> dict[int, Intervals]:
        """The time that is covered by the files, by account; none if a part of them was not understood."""
        if not complete:
            return {}
        until_now = span(0, self._clock())
        proved = {
            account_id: (self._proofs[account_id] | (self._ask.covers & self._told_of(account))) & until_now
            for account_id, account in self._seen.items()
        }
        return {account_id: time for account_id, time in proved.items() if time}

    def _told_of(self, account: AccountState) -> Intervals:
        """The time of which the files can tell: since the account was made, until they were collected."""
        since = account.created_at or (X_BEGAN if account.platform is Platform.X else TELEGRAM_BEGAN)
        if _is_at_risk(account):
            since = start_of_week(since, self._zones[account.subject])  # of whole weeks alone anything is kept
        until = self._told_until[account.id]
        return span(since, until) if since < until else NEVER


def _once(parts: Iterable[Part]) -> Iterator[Part]:
    """Each file once, by however many names it is given."""
    known: set[tuple[int, int, str | None]] = set()
    for part in parts:
        status = part.path.stat()
        key = status.st_dev, status.st_ino, part.member
        if key not in known:
            known.add(key)
            yield part


def _is_of_another_time(post: Post) -> bool:
    """Whether the id of a post of X tells another time than the post does."""
    told = snowflake_time(post.post_id)
    if told is None:  # from before ids held a time
        return post.posted_at > SNOWFLAKES_BEGAN + CLOCKS_DIFFER
    return abs(told - post.posted_at) > CLOCKS_DIFFER


def _is_at_risk(account: AccountState) -> bool:
    return account.protection is Protection.AT_RISK


def _owner_beside(part: Part) -> Owner | None:
    if part.member is None:
        path = part.path.with_name("account.js")
        if not path.exists() or path.stat().st_size > LONGEST_ACCOUNT_JS:
            return None
        return owner_in(path.read_bytes())
    beside = Part(part.path, part.member.rpartition("/")[0] + "/account.js" if "/" in part.member else "account.js")
    try:
        with opened(beside) as source:
            return owner_in(source.head())
    except KeyError:
        return None
