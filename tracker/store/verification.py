"""The run log, followed: whether every entry, seal and payload is what it was. Reads only."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from tracker.domain.errors import StoreError
from tracker.domain.instants import Instant
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.store import chain, evidence, schema
from tracker.store.chain import BARE, RELEASING, Entry, Kind, StoredAnswer
from tracker.store.dialect import driver_of, reading_engine, reading_errors, roll_back

KINDS = frozenset(map(str, Kind))
ENTRIES = "SELECT number, at, kind, facts, commitment, previous, hash FROM entry ORDER BY number"
SEALS = "SELECT entry, salt, digest, account_id, answer_id, payload FROM seal ORDER BY entry"
ANSWERS = f"SELECT {evidence.ANSWER_COLUMNS} FROM answer LEFT JOIN visit ON visit.id = visit_id"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it was, and where: one line."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry: whoever has seen it can tell later whether anything before it was changed."""

    number: int
    hash: bytes
    at: Instant | None
    """Of the newest entry that bears a time."""


@dataclass(frozen=True, slots=True)
class Release:
    """An entry that says that salts were lawfully destroyed."""

    number: int
    at: Instant | None
    kind: str
    entries: int
    """How many."""


@dataclass(slots=True)
class Followed:
    """What the chain itself says."""

    entries: int = 0
    head: Head | None = None
    hashes: dict[int, bytes] = field(default_factory=dict)
    begun: dict[str, int] = field(default_factory=dict)
    """What was there when the chain began."""
    kinds: Counter[str] = field(default_factory=Counter)
    released: dict[int, int] = field(default_factory=dict)
    """Entries without salts, by the entry that says so."""
    releases: list[Release] = field(default_factory=list)
    lost_before: Instant = BEGINNING
    """Answers that came before then may have gone lawfully, or before the chain began."""
    silent_before: Instant = BEGINNING
    """Texts of posts collected before then may have gone lawfully."""
    commitments: dict[int, tuple[str, bytes]] = field(default_factory=dict)
    sealed_answers: int = 0


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """One consistent view of the database, or of a backup. Raises StoreError, and SchemaError for another version."""
    if not path.exists():
        raise StoreError(f"{path} does not exist; there is nothing to verify")
    with reading_errors(path):
        roll_back(path)
    engine = reading_engine(path)
    try:
        with reading_errors(path), engine.begin() as connection:
            schema.require_current(connection, path)
            driver = driver_of(connection)
            driver.text_factory = _lenient
            yield driver
    finally:
        engine.dispose()


def _lenient(data: bytes) -> str:
    """Text in which a changed byte may be no UTF-8 any more: it is to be found, not to be stumbled over."""
    return data.decode("utf-8", "surrogateescape")


Report = Callable[[Finding], None]


def is_whole(driver: sqlite3.Connection, report: Report) -> bool:
    """Let SQLite look at the file itself. What is in a damaged one may be of any type, and is not to be followed."""
    said = [" ".join(str(line).split()) for (line,) in driver.execute("PRAGMA integrity_check(10)")]
    if said == ["ok"]:
        return True
    for line in said:
        report(Finding("the file", line))
    report(Finding("the run log", "was not followed: the file is damaged; restore a backup, and verify that"))
    return False


# -- the chain


def follow(driver: sqlite3.Connection, report: Report) -> Followed:
    """Walk the entries from the first to the last."""
    found, previous, last = Followed(), chain.NOTHING, 0
    at: Instant | None = None
    first_at: Instant | None = None
    for row in driver.execute(ENTRIES):
        entry = Entry(*row)
        place = f"entry {entry.number:,}"
        if entry.number != last + 1:
            gap = chain.spans(range(last + 1, entry.number)) if entry.number > last + 1 else "before it"
            report(Finding(place, f"is missing its neighbours: entries {gap} are not there"))
        if entry.previous != previous:
            report(Finding(place, "does not follow the one before it: one was changed, removed, inserted or moved"))
        if entry.hash != chain.entry_hash(*entry[:6]):
            report(Finding(place, "was changed: its hash is not that of what it says"))
        _take(found, entry, report)
        previous, last, at = entry.hash, entry.number, entry.at if entry.at is not None else at
        first_at = at if first_at is None else first_at
        found.entries += 1
        found.hashes[entry.number] = entry.hash
    if found.begun.get("posts"):
        found.lost_before = max(found.lost_before, FOREVER if first_at is None else first_at)
    if found.entries:
        found.head = Head(last, previous, at)
    else:
        report(Finding("the run log", "is empty; it begins with the database"))
    return found


def _take(found: Followed, entry: Entry, report: Report) -> None:
    """What an entry says."""
    place = f"entry {entry.number:,}"
    facts = _facts(entry.facts)
    if entry.kind not in KINDS or facts is None:
        report(Finding(place, "says what no tracker says"))
        return
    kind = Kind(entry.kind)
    found.kinds[kind] += 1
    if (entry.number == 1) is not (kind is Kind.BEGUN):
        report(Finding(place, "a chain begins with its first entry, and only once"))
    if (entry.commitment is None) is not (kind in BARE):
        report(Finding(place, f"of kind {kind} must{' not' if kind in BARE else ''} commit to a payload"))
    if entry.commitment is not None:
        found.commitments[entry.number] = kind, entry.commitment
    if kind is Kind.BEGUN:
        found.begun = {name: value for name, value in facts.items() if isinstance(value, int)}
    if kind in RELEASING:
        _release(found, entry, str(facts.get("entries", "")), report)
        before = facts.get("before")
        if isinstance(before, int):
            found.lost_before = max(found.lost_before, before)
            if "texts" in facts:
                found.silent_before = max(found.silent_before, before)


def _facts(said: str) -> dict[str, object] | None:
    try:
        facts: object = json.loads(said)
    except (ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) else None


def _release(found: Followed, entry: Entry, spans: str, report: Report) -> None:
    count = 0
    try:
        for first, last in chain.numbers_in(spans):
            if last >= entry.number or first < 1:
                raise ValueError
            for number in range(first, last + 1):
                if number not in found.commitments or number in found.released:
                    raise ValueError
                found.released[number] = entry.number
                count += 1
    except ValueError:
        report(Finding(f"entry {entry.number:,}", "lets go of entries that had nothing to let go of"))
    found.releases.append(Release(entry.number, entry.at, entry.kind, count))


# -- the seals, and what they are the seals of


def check_seals(driver: sqlite3.Connection, found: Followed, report: Report) -> None:
    """Whether every payload is there and is what its entry commits to, or was lawfully let go of."""
    seen: set[int] = set()
    answers: Counter[int] = Counter()
    for number, salt, digest, account_id, answer_id, payload in driver.execute(SEALS):
        place = f"entry {number:,}"
        if number not in found.commitments:
            report(Finding(place, "has a seal, but is not there, or commits to nothing: the seal was inserted"))
            continue
        seen.add(number)
        kind, commitment = found.commitments[number]
        if number in found.released:
            report(Finding(place, f"was let go of by entry {found.released[number]:,}, yet its salt is there"))
        if chain.committed(salt, digest) != commitment:
            report(Finding(place, "its salt or its digest was changed"))
        if (answer_id is None) is (payload is None):
            report(Finding(place, "must have one payload: an answer, or what is kept with its salt"))
        elif answer_id is not None:
            answers[answer_id] += 1
            _check_answer(driver, place, digest, account_id, answer_id, report)
        elif chain.digest_of_items(kind, account_id, payload) != digest:
            report(Finding(place, f"its payload was changed ({kind})"))
    for number in found.commitments:
        if number not in seen and number not in found.released:
            report(Finding(f"entry {number:,}", "its salt is gone, and no entry says why: it was removed unlawfully"))
    for answer_id, count in answers.items():
        if count > 1:
            report(Finding(f"answer {answer_id:,}", f"is sealed {count} times"))
    for (answer_id,) in driver.execute(
        "SELECT id FROM answer WHERE id NOT IN (SELECT answer_id FROM seal WHERE answer_id IS NOT NULL)"
    ):
        report(Finding(f"answer {answer_id:,}", "was never sealed: it was inserted"))
    found.sealed_answers = len(answers)


def _check_answer(
    driver: sqlite3.Connection, place: str, digest: bytes, account_id: int | None, answer_id: int, report: Report
) -> None:
    row = driver.execute(f"{ANSWERS} WHERE answer.id = ?", (answer_id,)).fetchone()
    if row is None:
        report(Finding(place, f"answer {answer_id:,} is missing, and no entry says why"))
        return
    answer = StoredAnswer(*row)
    if chain.digest_of_answer(answer) != digest or answer.account_id != account_id:
        report(Finding(place, f"answer {answer_id:,} is not what was sealed"))
    elif answer.redacted_at is None:
        try:
            sound = sha256(zlib.decompress(answer.body)).hexdigest() == answer.sha256
        except zlib.error:
            sound = False
        if not sound:
            report(Finding(place, f"answer {answer_id:,} is not what its SHA-256 says"))


# -- counts, which are sealed as they are written


def check_counts(driver: sqlite3.Connection, report: Report) -> None:
    """Whether the week counts of people at risk, and the platforms' counts, are those that were sealed last."""
    for (account_id,) in driver.execute("SELECT id FROM account ORDER BY id").fetchall():
        sealed: dict[str, dict[str, object]] = {Kind.WEEKS: {}, Kind.COUNTS: {}}
        for _, kind, payload in driver.execute(evidence.SEALED_ITEMS, (account_id,)):
            if kind in sealed:
                sealed[kind].update(_facts(payload) or {})
        _compare(
            f"week counts of account {account_id}", sealed[Kind.WEEKS], evidence.weeks_in, account_id, driver, report
        )
        _compare(
            f"counts of account {account_id}", sealed[Kind.COUNTS], evidence.counts_in, account_id, driver, report
        )


def _number(key: str) -> int:
    """For the order only; what is no number was changed, as its seal tells."""
    return int(key) if key.isdecimal() else -1


def _compare(
    place: str,
    sealed: dict[str, object],
    read: Callable[[sqlite3.Connection, int], dict[str, list[int]]],
    account_id: int,
    driver: sqlite3.Connection,
    report: Report,
) -> None:
    try:
        stored: dict[str, list[int]] = read(driver, account_id)
    except IndexError:
        report(Finding(place, "are of a kind that there is not"))
        return
    for key in sorted(stored.keys() | sealed.keys(), key=_number):
        wanted, found = sealed.get(key), stored.get(key)
        if wanted != found and not (found is None and wanted == [0, 0, 0, 0]):
            how = "were inserted" if wanted is None else "are missing" if found is None else "were changed"
            report(Finding(place, f"those from {key} on {how}"))


def head_of(path: Path) -> Head:
    """The newest entry, without a look at the others. Raises StoreError."""
    with reading(path) as driver, closing(driver.cursor()) as cursor:
        row = cursor.execute("SELECT number, hash FROM entry ORDER BY number DESC LIMIT 1").fetchone()
        if row is None:
            raise StoreError(f"{path}: the run log is empty; `tracker verify` says more")
        dated = "SELECT at FROM entry WHERE at IS NOT NULL ORDER BY number DESC LIMIT 1"
        at = cursor.execute(dated).fetchone()
        return Head(row[0], row[1], None if at is None else at[0])
