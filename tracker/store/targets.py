"""What the database holds of a subject, an account or a post that a user names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection

from tracker.config.naming import Name
from tracker.domain.errors import UsageError
from tracker.domain.subjects import Watchlist
from tracker.domain.words import Platform
from tracker.store import tombstones
from tracker.store.forgetting import Scope, Target, posts_with_id
from tracker.store.names import StoredAccount, stored_accounts


def find(connection: Connection, name: Name, watchlist: Watchlist) -> Target:
    """What is to be forgotten; without accounts where nothing of it is stored any more, or yet.

    Raises UsageError for a name that nobody bears, for one that several bear, with what to write instead, and for a
    post that is not stored.
    """
    known = stored_accounts(connection)
    if name.platform is None:
        return _by_word(connection, name, known, watchlist)
    mine = [account for account in known if account.platform is name.platform and _is_called(account, name)]
    if name.post is not None:
        everywhere = [account for account in known if account.platform is Platform.X]
        searched = everywhere if name.platform is Platform.X else mine
        return _post(connection, name, searched, name.post)
    posts = []
    if name.platform is Platform.X and name.number is not None:
        others = [account.id for account in known if account.platform is Platform.X]
        posts = posts_with_id(connection, name.number, others)
    candidates = [f"the account {name.platform}:{account.platform_id or _handle(account)}" for account in mine]
    candidates += [f"the post {_of_post(known, *post)}" for post in posts]
    if len(candidates) > 1:
        raise UsageError(f"{name.text} may be {', or '.join(candidates)}; write one of these, or subject:ID")
    if posts:
        return _post(connection, name, [account for account in known if account.id == posts[0][0]], posts[0][1])
    return Target(Scope.ACCOUNT, tuple(mine))


def _is_called(account: StoredAccount, name: Name) -> bool:
    if name.number is not None and account.platform_id == name.number:
        return True
    return name.handle is not None and name.handle.casefold() in {borne.casefold() for borne in account.names}


def _handle(account: StoredAccount) -> str:
    return min(account.names, key=str.casefold)


def _of_post(known: Iterable[StoredAccount], account_id: int, post_id: int) -> str:
    account = next(account for account in known if account.id == account_id)
    return f"{account.platform}:{_handle(account)}/{post_id}"


def _post(connection: Connection, name: Name, accounts: Sequence[StoredAccount], number: int) -> Target:
    found = posts_with_id(connection, number, [account.id for account in accounts])
    if len({account_id for account_id, _ in found}) > 1:
        raise UsageError(f"{name.text} may be {', or '.join(_of_post(accounts, *post) for post in found)}")
    if found:
        owner = next(account for account in accounts if account.id == found[0][0])
        return Target(Scope.POST, (owner,), tuple(sorted({post_id for _, post_id in found})))
    for account in accounts:
        if tombstones.buried(connection, account.id, [number]):
            return Target(Scope.POST)
    if tombstones.is_begun(connection, name.text):
        return Target(Scope.POST)
    raise UsageError(f"no post {name.text} is stored; of people at risk no post ever is")


def _by_word(connection: Connection, name: Name, known: Sequence[StoredAccount], watchlist: Watchlist) -> Target:
    """A subject by its id or name, or an account by its handle."""
    wanted = _plain(name.handle or "")
    listed = [listing for account in watchlist.accounts for listing in account.listings]
    ids = {listing.subject for listing in listed} | {account.subject for account in known}
    subjects = {subject for subject in ids if _plain(subject) == wanted}
    handles: list[StoredAccount] = []
    if not subjects and not name.only_subject:
        subjects = {one.subject for one in listed if wanted in (_plain(one.name), _plain(one.name_native))}
        handles = [account for account in known if wanted in map(_plain, account.names)]
        unstored = {one.subject for one in listed if _plain(one.handle) == wanted} if not handles else set()
        subjects |= unstored
    candidates = [f"subject:{subject}" for subject in sorted(subjects)]
    candidates += [f"{account.platform}:{account.platform_id or _handle(account)}" for account in handles]
    if len(candidates) > 1:
        raise UsageError(f"{name.text!r} may be {', '.join(candidates)}; write one of these")
    if handles:
        return Target(Scope.ACCOUNT, tuple(handles))
    if subjects:
        return Target(Scope.SUBJECT, tuple(account for account in known if account.subject in subjects))
    if tombstones.is_begun(connection, name.text):
        return Target(Scope.SUBJECT)
    raise UsageError(
        f"nobody in the watchlist or the database is called {name.text!r}; to prove that nothing is left of an "
        "account, write x:HANDLE or telegram:CHANNEL"
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).removeprefix("@").casefold()
