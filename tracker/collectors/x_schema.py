"""What the X API sends, as typed structures, and how they are read from its bytes.

X renamed its fields on 2026-08-07 (`tweet` to `post`, `retweet` to `repost`). Both spellings are in the wild and both
are read; requests use the old ones, which are still understood. Ids come as strings and are numbers here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

import msgspec

from tracker.collectors.x_mending import mended
from tracker.domain.records import SetAside

Id = Annotated[int, msgspec.Meta(gt=0, le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""A time that says its offset from UTC."""
T = TypeVar("T")


class Struct(msgspec.Struct, gc=False):
    """Base of the structures; unknown fields are ignored, since X adds some every month."""


class Counts(Struct):
    like_count: Count | None = None
    retweet_count: Count | None = None
    repost_count: Count | None = None
    reply_count: Count | None = None
    quote_count: Count | None = None
    bookmark_count: Count | None = None
    impression_count: Count | None = None


class Reference(Struct):
    type: str
    id: Id


class Note(Struct):
    text: str | None = None


class Withheld(Struct):
    country_codes: list[str] = []


class Mention(Struct):
    id: Id | None = None


class Entities(Struct):
    mentions: list[Mention] = []


class XPost(Struct):
    id: Id
    text: str | None = None
    created_at: Moment | None = None
    lang: str | None = None
    author_id: Id | None = None
    in_reply_to_user_id: Id | None = None
    public_metrics: Counts | None = None
    referenced_tweets: list[Reference] | None = None
    referenced_posts: list[Reference] | None = None
    note_tweet: Note | None = None
    note_post: Note | None = None
    edit_history_tweet_ids: list[Id] | None = None
    edit_history_post_ids: list[Id] | None = None
    entities: Entities | None = None
    withheld: Withheld | None = None


class UserCounts(Struct):
    followers_count: Count | None = None
    following_count: Count | None = None
    tweet_count: Count | None = None
    post_count: Count | None = None


class XUser(Struct):
    id: Id
    username: str
    name: str | None = None
    created_at: Moment | None = None
    protected: bool = False
    public_metrics: UserCounts | None = None


class Complaint(Struct):
    """About one parameter of a request."""

    message: str = ""


class Problem(Struct):
    title: str = ""
    detail: str = ""
    type: str = ""
    resource_id: str | None = None
    value: str | None = None
    reset_date: str | None = None
    errors: list[Complaint] = []

    @property
    def explained(self) -> str:
        """What X says of it, as fully as it does; empty if it says nothing."""
        return " ".join((self.detail or self.title, *(complaint.message for complaint in self.errors)))


class Meta(Struct):
    """Of a page. The ids are those of its newest and oldest item, whether or not these can be read."""

    next_token: str | None = None
    newest_id: Id | None = None
    oldest_id: Id | None = None
    result_count: int | None = None


class Includes(Struct):
    tweets: list[msgspec.Raw] = []
    posts: list[msgspec.Raw] = []
    users: list[msgspec.Raw] = []


class Timeline(Struct):
    """A timeline whose every item fits."""

    data: list[XPost] = []
    includes: Includes | None = None
    errors: list[msgspec.Raw] = []
    meta: Meta | None = None

    @property
    def tells_of_nothing(self) -> bool:
        """Whether it has no post, and does not say that there is none: no timeline at all, then."""
        return not self.data and (self.meta is None or bool(self.meta.result_count))


class RawTimeline(Struct):
    """A timeline whose items are looked at one by one, because some do not fit."""

    data: list[msgspec.Raw] = []
    includes: Includes | None = None
    errors: list[msgspec.Raw] = []
    meta: Meta | None = None


class Users(Struct):
    data: list[msgspec.Raw] = []
    errors: list[msgspec.Raw] = []


class _OnlyId(Struct):
    id: Id | None = None


# X sends numbers as strings; the lax mode reads them as what they are.
_timeline_decoder = msgspec.json.Decoder(Timeline, strict=False)
_raw_timeline_decoder = msgspec.json.Decoder(RawTimeline, strict=False)
_post_decoder = msgspec.json.Decoder(XPost, strict=False)
_users_decoder = msgspec.json.Decoder(Users, strict=False)
_user_decoder = msgspec.json.Decoder(XUser, strict=False)
_problem_decoder = msgspec.json.Decoder(Problem, strict=False)
_id_decoder = msgspec.json.Decoder(_OnlyId, strict=False)


def decode_with(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """What the body says. Raises msgspec.DecodeError and, unlike msgspec itself, nothing else."""
    try:
        return decoder.decode(body)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError("a text that is not UTF-8") from error
    except RecursionError as error:
        raise msgspec.DecodeError("nested too deeply") from error


def decode_leniently(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """What the body says whose items are looked at one by one; one that breaks the JSON breaks only itself.

    Raises msgspec.DecodeError if that does not help.
    """
    try:
        return decode_with(decoder, body)
    except msgspec.DecodeError:
        readable = mended(body)
        if readable == body:
            raise
        return decode_with(decoder, readable)


def decode_timeline(body: bytes) -> tuple[Timeline, tuple[SetAside, ...]]:
    """The timeline in an answer, and the items that do not fit. Raises msgspec.DecodeError if it is none at all."""
    try:
        return decode_with(_timeline_decoder, body), ()
    except msgspec.DecodeError:
        raw = decode_leniently(_raw_timeline_decoder, body)
    fitting: list[XPost] = []
    aside: list[SetAside] = []
    for item in raw.data:
        try:
            fitting.append(decode_post(item))
        except msgspec.DecodeError as error:
            aside.append(SetAside(id_of(item), one_line(str(error))))
    return Timeline(fitting, raw.includes, raw.errors, raw.meta), tuple(aside)


def decode_post(item: msgspec.Raw) -> XPost:
    """One item of a page. Raises msgspec.DecodeError if it does not fit."""
    return decode_with(_post_decoder, item)


def decode_users(body: bytes) -> tuple[Sequence[XUser], Sequence[Problem], int]:
    """The users in an answer, the problems with others, and how many users came, with those that do not fit.

    Raises msgspec.DecodeError if it is no such answer.
    """
    answer = decode_leniently(_users_decoder, body)
    users: list[XUser] = []
    for item in answer.data:
        try:
            users.append(decode_with(_user_decoder, item))
        except msgspec.DecodeError:
            continue  # whoever asked is told of the one that is missing
    return users, read_problems(answer.errors), len(answer.data)


def decode_problem(body: bytes | msgspec.Raw) -> Problem:
    """A problem, as in a refusal's body; an empty one if it is something else."""
    try:
        return decode_with(_problem_decoder, body)
    except msgspec.DecodeError:
        return Problem()


def read_problems(errors: Iterable[msgspec.Raw]) -> list[Problem]:
    """What an answer complains of beside its data."""
    return [decode_problem(error) for error in errors]


def id_of(item: msgspec.Raw) -> int | None:
    """The id of an item that perhaps does not fit otherwise; None if it has none."""
    try:
        return decode_with(_id_decoder, item).id
    except msgspec.DecodeError:
        return None


def one_line(text: str, longest: int = 200) -> str:
    """Text from outside, fit for a message: one line, printable, not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text[: 4 * longest])
    line = " ".join(printable.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
