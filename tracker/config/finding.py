"""Finding a subject of the watchlist by what people call it."""

from __future__ import annotations

import difflib
from collections import defaultdict

from tracker.config.problems import shown
from tracker.domain.errors import UsageError
from tracker.domain.subjects import ListedAccount, Listing, Watchlist
from tracker.domain.words import Protection

_SUGGESTIONS = 3


def subject_named(watchlist: Watchlist, text: str) -> tuple[ListedAccount, ...]:
    """The accounts of the one named subject with this id, name, native name or handle, whatever its case.

    Raises UsageError if there is none (with names that look like it), if there are several, or if the subject is at
    risk; that message, and the names suggested, say nothing of people at risk but what was typed.
    """
    wanted = _plain(text)
    ids: set[str] = set()
    called: defaultdict[str, set[str]] = defaultdict(set)
    for account in watchlist.accounts:
        for listing in account.listings:
            if _plain(listing.subject) == wanted:
                ids.add(listing.subject)
            for word in _words(listing):
                called[word].add(listing.subject)
    found = sorted(ids or called.get(wanted, set()))
    at_risk = _at_risk(watchlist)
    if not found:
        raise UsageError(
            f"no subject of the watchlist is called {shown(text)}; {_suggested(wanted, called, at_risk)}"
        )
    if at_risk & set(found):
        raise UsageError(
            f"{shown(text)} is protected as at risk: nothing is said of single people at risk; "
            "`tracker report usage` shows them as groups"
        )
    if len(found) > 1:
        raise UsageError(f"{shown(text)} may be {', '.join(found)}; give one of these ids")
    return tuple(account for account in watchlist.accounts if _is_of(account, found[0]))


def _words(listing: Listing) -> set[str]:
    """All that the subject of the listing is called."""
    names = (listing.subject, listing.name, listing.name_native, listing.handle)
    return {plain for name in names if (plain := _plain(name))}


def _plain(text: str) -> str:
    return " ".join(text.split()).removeprefix("@").casefold()


def _is_of(account: ListedAccount, subject: str) -> bool:
    return any(listing.subject == subject for listing in account.listings)


def _at_risk(watchlist: Watchlist) -> frozenset[str]:
    """The subjects of which any account is at risk: their other accounts would lead to them."""
    return frozenset(
        listing.subject
        for account in watchlist.accounts
        if account.protection is Protection.AT_RISK
        for listing in account.listings
    )


def _suggested(wanted: str, called: defaultdict[str, set[str]], at_risk: frozenset[str]) -> str:
    nameable = {word: subjects - at_risk for word, subjects in called.items() if subjects - at_risk}
    near = difflib.get_close_matches(wanted[:80], nameable, n=_SUGGESTIONS, cutoff=0.6)
    near += [word for word in nameable if wanted and wanted in word and word not in near][: _SUGGESTIONS - len(near)]
    ids = list(dict.fromkeys(subject for word in near for subject in sorted(nameable[word])))[:_SUGGESTIONS]
    return f"did you mean {' or '.join(ids)}?" if ids else "`tracker status` lists the subjects"
