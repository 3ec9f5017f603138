"""What forgetting removes, and what proves it, in words for people and as one object for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tracker.domain.instants import iso
from tracker.domain.wording import plural
from tracker.store.proof import Holder, Proof


def counted(rows: Mapping[str, int]) -> str:
    """As `1 account, 12 posts, 3 visits`."""
    return ", ".join(_counted(table, count) for table, count in rows.items()) or "nothing"


def _counted(table: str, count: int) -> str:
    one, many = _NAMES.get(table, (table, table))
    return f"the {many}" if table in _UNTOLD else plural(count, one, many)


_PLACES = {
    "post.text": "posts of others",
    "version.text": "earlier texts of others",
    "profile.name": "names of others",
    "visit.detail": "what was said of visits to others",
    "account.last_detail": "what was said of visits to others",
    "imported_file.name": "names of imported files",
    "account.subject": "subjects of others",
    "account.listed_handle": "handles of others",
    "account.handle": "handles of others",
    "handle.handle": "handles of others",
    "answer.request": "requests that ask for others",
    "schema": "the database's own words",
}
"""What a column is to people."""
_UNTOLD = frozenset({"week_count"})
"""There is a row only for a week with posts: their number says how often somebody at risk has posted."""


_NAMES = {
    "account": ("account", "accounts"),
    "handle": ("handle", "handles"),
    "post": ("post", "posts"),
    "version": ("earlier text", "earlier texts"),
    "metric": ("reading of counters", "readings of counters"),
    "profile": ("profile snapshot", "profile snapshots"),
    "count": ("count", "counts"),
    "coverage": ("covered interval", "covered intervals"),
    "hole": ("hole", "holes"),
    "visit": ("visit", "visits"),
    "answer": ("raw answer", "raw answers"),
    "set_aside": ("item set aside", "items set aside"),
    "week_count": ("week count", "week counts"),
    "alert": ("alert", "alerts"),
}


def told(proof: Proof) -> Iterator[str]:
    """The lines for people."""
    also = []
    if proof.removed.cut_answers:
        also.append(f"cut out of {proof.removed.cut_answers:,} raw answers about others")
    if proof.removed.unlinked_posts:
        also.append(f"{proof.removed.unlinked_posts:,} posts of others point to it no more")
    yield "; ".join([f"removed: {counted(proof.removed.rows)}", *also])
    looked = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(proof.searched.items())) or "nothing"
    yield (
        f"searched: {proof.files:,} files, {proof.size:,} bytes, for pieces of bytes: {looked} "
        "(ids as digits and as SQLite stores them)"
    )
    if proof.too_common:
        short = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(proof.too_common.items()))
        yield f"not looked for, too short to be told from what others say: {short}"
    if proof.is_later:
        yield (
            "an earlier run has removed it, or something else: what that said is no longer known, so no file can be "
            "searched for it"
        )
    if proof.erasure.busy:
        who = " and ".join(proof.readers) or "another process"
        yield f"NOT PROVED: {who} has the database open, and its log cannot be emptied; end it, then run this again"
    else:
        secure = "on" if proof.erasure.secure_delete else "OFF"
        yield f"written anew: log emptied, {proof.erasure.free_pages:,} free pages, secure delete {secure}"
    for path, found in proof.left.items():
        what = ", ".join(f"{count:,} of {kind}" for kind, count in sorted(found.items()))
        yield f"STILL THERE: {path} holds {what}; remove the file or what it says, then run this again"
    for path in proof.unreadable:
        yield (
            f"NOT SEARCHED: {path} cannot be read; let this user read it (chmod u+rwX), or move it out of the data "
            "folder, then run this again"
        )
    for path, how in proof.packed.items():
        yield (
            f"NOT SEARCHED: {path} is packed ({how}), so no words can be seen in it; remove it, or move it out of "
            "the data folder, then run this again"
        )
    missing = "is no longer known" if proof.is_later else "is too short to be looked for"
    for path in proof.could_hold:
        yield (
            f"COULD HOLD IT: {path} could hold what {missing}; remove it, or move it out of the data folder, then "
            "run this again"
        )
    for kind, places in proof.of_others.items():
        where = ", ".join(dict.fromkeys(_PLACES.get(place, place) for place in places))
        yield f"part of what others say or are called, who stay: a {kind} stands in {where}"
    if proof.removed.mentions:
        yield f"{proof.removed.mentions:,} posts of others mention it in their own words; they stay"
    for held in proof.holders:
        yield f"may still hold it: {_held(held)}"
    if proof.damaged:
        yield (
            f"{plural(proof.damaged, 'line')} of the audit log cannot be understood: the exports and backups told of "
            "there are not listed"
        )
    if not proof.is_clean:
        yield "not proved"
    elif proof.is_later:
        yield "proved: it was gone from the database before, and the data folder has no other file that could hold it"
    elif proof.was_known and not proof.searched:
        yield "proved: it is gone from the database, and the data folder has no other file that could hold it"
    elif proof.was_known:
        yield "proved: nothing of it is left in the data folder"
    else:
        yield "nothing of it was stored, and no file of the data folder holds it: is the name right?"


def _held(held: Holder) -> str:
    where = held.path or "what was written to standard output"
    gone = "" if held.exists or held.path is None else ", which is not there any more"
    return f"{where} ({held.what} of {iso(held.at)}){gone}"


def as_json(proof: Proof) -> dict[str, object]:
    """One object for scripts."""
    return {
        "removed": {table: None if table in _UNTOLD else count for table, count in proof.removed.rows.items()},
        "cut_answers": proof.removed.cut_answers,
        "unlinked_posts": proof.removed.unlinked_posts,
        "mentions": proof.removed.mentions,
        "searched": {"files": proof.files, "bytes": proof.size, "for": dict(proof.searched)},
        "too_short": dict(proof.too_common),
        "no_longer_known": proof.is_later,
        "free_pages": proof.erasure.free_pages,
        "secure_delete": proof.erasure.secure_delete,
        "readers": list(proof.readers) if proof.erasure.busy else [],
        "left": {str(path): dict(found) for path, found in proof.left.items()},
        "not_searched": [str(path) for path in proof.unreadable],
        "packed": {str(path): how for path, how in proof.packed.items()},
        "could_hold": [str(path) for path in proof.could_hold],
        "said_by_others": {kind: list(places) for kind, places in proof.of_others.items()},
        "may_hold": [
            {"at": iso(one.at), "what": one.what, "path": one.path, "exists": one.exists} for one in proof.holders
        ],
        "audit_lines_not_understood": proof.damaged,
        "was_known": proof.was_known,
        "proved": proof.is_clean,
    }
