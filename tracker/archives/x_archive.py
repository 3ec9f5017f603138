"""`tweets.js` of the archive that X gives an account's owner: a script that is one JSON array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from tracker.archives.documents import CutOffError, items
from tracker.archives.entries import Chunk, Entry, Hints, Puzzle
from tracker.archives.source import Source
from tracker.archives.x_legacy import LegacyPost, to_legacy_post
from tracker.collectors.x_schema import Id, Struct, decode_with, one_line
from tracker.domain.errors import UsageError
from tracker.domain.records import SetAside
from tracker.domain.words import Platform

BEGIN = b"window.YTD."


class Wrapped(Struct):
    tweet: LegacyPost | None = None


class XArchive:
    """The posts of one account, which the file itself does not name."""

    platform = Platform.X

    def __init__(self, source: Source, hints: Hints) -> None:
        """Raises UsageError if nobody says whose posts they are, or if the file holds something else than posts."""
        self._source, self._hints = source, hints
        head = source.head()
        name = head.removeprefix(b"\xef\xbb\xbf").removeprefix(BEGIN).split(b".", 1)[0]
        if name not in (b"tweets", b"tweet"):
            what = one_line(name[:40].decode("utf-8", "replace"))
            raise UsageError(f"{source.name} holds {what!r} of an archive of X, not its posts; name its tweets.js")
        if hints.account is None:
            raise UsageError(
                f"{source.name} does not say whose posts it holds; say it with --account @handle, or keep account.js "
                "beside it"
            )
        source.skip(head.index(b"[") if b"[" in head else len(head))

    def chunks(self, after: int) -> Iterator[Chunk]:
        number = 0
        try:
            for path, item in items(self._source, {("*",)}, ()):
                if path == ("*",):
                    number += 1
                    if number > after:
                        yield self._read(number, item)
        except CutOffError as error:
            yield Chunk(number, puzzles=(Puzzle(number + 1, str(error)),))

    def _read(self, number: int, item: object) -> Chunk:
        try:
            bare = isinstance(item, dict) and "tweet" not in item
            found = msgspec.convert({"tweet": item} if bare else item, Wrapped, strict=False).tweet
        except msgspec.ValidationError as error:
            return Chunk(number, puzzles=(Puzzle(number, one_line(str(error))),))
        post = to_legacy_post(found or LegacyPost())
        if isinstance(post, SetAside):
            return Chunk(number, puzzles=(Puzzle(number, post.reason),))
        hints = self._hints
        return Chunk(number, (Entry(hints.number, hints.account, hints.taken_at, (post,)),))


class Owner(NamedTuple):
    """Whose archive it is."""

    handle: str
    number: int | None


class _Named(Struct):
    username: str | None = None
    accountId: Id | None = None  # noqa: N815  # X's name


class _Account(Struct):
    account: _Named


_decoder = msgspec.json.Decoder(list[_Account], strict=False)


def owner_in(account_js: bytes) -> Owner | None:
    """The owner that `account.js` names; None if it names none."""
    try:
        accounts = decode_with(_decoder, account_js[account_js.find(b"[") :])
    except msgspec.DecodeError:
        return None
    named = (one.account for one in accounts)
    return next((Owner(one.username, one.accountId) for one in named if one.username), None)
