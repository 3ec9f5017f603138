"""Telegram over Telethon: public broadcast channels, read with one login."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from telethon import functions, types
from telethon.tl.tlobject import TLObject

from tracker.collectors.pacing import Pace
from tracker.collectors.protocol import Bounds, Endpoints
from tracker.collectors.proxy_faults import told_with
from tracker.collectors.telegram_failures import EXPECTED, LOG_IN, STALE_KEY, failure_of
from tracker.collectors.telegram_link import Link
from tracker.collectors.telegram_posts import instant_of, raw_answer, read_messages, without_cut_album
from tracker.collectors.telegram_reread import REREADING, missing_of, posts_of, request_for, rest_of_albums
from tracker.collectors.telegram_session import Server
from tracker.collectors.telegram_walk import ALBUM_ARRIVES, Cursor, cursor_of, written
from tracker.config.proxy import Proxy
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import Clock, Instant
from tracker.domain.outcomes import ACCOUNT_STATES, Failure, OutcomeKind
from tracker.domain.records import Answer, End, Page, Profile, Profiles, Reread, Spend, Target, Walk
from tracker.domain.words import Platform, TelegramSource

ENDPOINTS = Endpoints(
    resolve="contacts.resolveUsername", profiles="channels.getFullChannel", timeline="messages.getHistory"
)
PAGE_SIZE = 100
"""The most messages that Telegram gives at once."""


class TelegramCollector:
    """Reads Telegram with the login of one session file. Every call ends within `settings.timeout`, give or take.

    What a dropped connection left unanswered is asked for once more over a new one, within the same time. An
    access key that proves to be another login's is looked up again by the handle; the next profile brings the
    new one.
    """

    platform = Platform.TELEGRAM
    endpoints = ENDPOINTS
    # What is asked, the look-up that a stale access key needs, and what is asked again; each once more if lost.
    bounds = Bounds(requests=6)
    rereading = REREADING
    batch = 1

    def __init__(
        self,
        settings: TelegramSettings,
        session_path: Path,
        api_id: int,
        api_hash: str,
        clock: Clock,
        server: Server | None = None,
        *,
        proxy: Proxy | None = None,
        page_size: int = PAGE_SIZE,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`server` is None for Telegram itself. `sleep` and `monotonic` keep `settings.pace`."""
        self._session_path = session_path
        self._link = Link(session_path, api_id, api_hash, server, settings.timeout, proxy)
        self._clock = clock
        self._page_size = page_size
        self._pace = Pace(settings.pace, sleep, monotonic)
        self._limited: dict[str, Failure] = {}
        self._access_keys: dict[int, int] = {}
        self._sent_before = 0

    def knows(self, target: Target) -> bool:
        """Whether its id and access key are known; the name need not be looked up then."""
        return target.platform_id is not None and (
            target.access_key is not None or target.platform_id in self._access_keys
        )

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        """Who has this name now. People and groups are NOT_PUBLIC: only broadcast channels are read."""
        return self._one(targets, self._look_up)

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        """The channel's present name and subscribers."""
        return self._one(targets, self._profile)

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        """One page of the channel's history. A walk bounded by time brings neither mark nor raw answer."""
        self._sent_before = self._link.sent
        asked_at = self._clock()
        cursor = cursor_of(walk.cursor)
        bottom = int(walk.mark or 0)
        from_date = walk.before if walk.before is not None and not cursor.below else None

        def request(channel_id: int, access_key: int) -> TLObject:
            return functions.messages.GetHistoryRequest(
                peer=types.InputPeerChannel(channel_id, access_key),
                offset_id=cursor.below,
                offset_date=None if from_date is None else datetime.fromtimestamp(from_date, UTC),
                add_offset=0,
                limit=self._page_size,
                max_id=0,
                min_id=bottom,
                hash=0,
            )

        answer = self._ask_of_channel(target, ENDPOINTS.timeline, request)
        if isinstance(answer, Failure):
            return replace(answer, requests=self._requests)
        if not isinstance(answer, types.messages.ChannelMessages):
            detail = f"{ENDPOINTS.timeline} answered with {type(answer).__name__}"
            return Failure(OutcomeKind.BAD_ANSWER, detail, requests=self._requests)
        return self._page(target, walk, cursor, asked_at, answer)

    def posts(self, target: Target, ids: Sequence[int]) -> Reread | Failure:
        """See `tracker.collectors.protocol.Rereader`; an album is known by its first message."""
        self._sent_before = self._link.sent
        asked_at, asked = self._clock(), frozenset(ids)
        messages: list[TLObject] = []
        waiting = [list(ids)]
        while waiting:
            some = waiting.pop()

            def request(channel_id: int, access_key: int, wanted: Sequence[int] = some) -> TLObject:
                return request_for(channel_id, access_key, wanted)

            answer = self._ask_of_channel(target, REREADING.endpoint, request)
            if isinstance(answer, Failure):
                return replace(answer, requests=self._requests)
            if not isinstance(answer, types.messages.ChannelMessages):
                detail = f"{REREADING.endpoint} answered with {type(answer).__name__}"
                return Failure(OutcomeKind.BAD_ANSWER, detail, requests=self._requests)
            if not messages:
                waiting = list(rest_of_albums(answer.messages, asked))
            messages += answer.messages
        assert target.platform_id is not None
        return Reread(
            asked_at,
            posts_of(messages, asked, target.platform_id),
            Spend(requests=self._requests),
            missing_of(messages, asked),
        )

    def close(self) -> None:
        """Let go of the connection and the session file."""
        self._link.close()

    def _page(self, target: Target, walk: Walk, cursor: Cursor, asked_at: Instant, answer: TLObject) -> Page:
        assert target.platform_id is not None
        bounded = walk.after is not None or walk.before is not None
        messages: Sequence[TLObject] = answer.messages
        end = self._end(messages, walk)
        if end is None:
            messages = without_cut_album(messages)
        reading = read_messages(messages, target.platform_id)
        mark = None if bounded else cursor.mark or _newest_mark(messages, asked_at) or walk.mark
        onward = None if end else written(Cursor(messages[-1].id, mark))
        asked = f"{ENDPOINTS.timeline} channel={target.platform_id} below={cursor.below} above={walk.mark or 0}"
        return Page(
            asked_at=asked_at,
            posts=tuple(
                post
                for post in reading.posts
                if (walk.after is None or walk.after <= post.posted_at)
                and (walk.before is None or post.posted_at < walk.before)
            ),
            floor=_floor(messages),
            cursor=onward,
            end=end,
            mark=mark,
            spend=Spend(requests=self._requests, posts=len(answer.messages)),
            set_aside=reading.set_aside,
            answer=None if bounded else Answer(asked, raw_answer(answer, target.platform_id)),
            source=TelegramSource.API,
        )

    def _end(self, messages: Sequence[TLObject], walk: Walk) -> End | None:
        """Why there is no further page; None if there may be one.

        A short page proves nothing: Telegram leaves out what it may not show. There is nothing further only where
        all ids between the newest message and the mark would have had room on the page.
        """
        bottom = int(walk.mark or 0)
        floor = _floor(messages)
        if walk.after is not None and floor is not None and floor < walk.after:
            return End.KNOWN_GROUND
        if not messages or messages[0].id - bottom <= self._page_size or messages[-1].id <= bottom + 1:
            return End.KNOWN_GROUND if bottom else End.BEGINNING
        return None

    @property
    def _requests(self) -> int:
        """How many requests the present call has sent."""
        return self._link.sent - self._sent_before

    def _one(self, targets: Sequence[Target], ask: Callable[[Target], Profile | Failure]) -> Profiles | Failure:
        """Telegram is asked about one target at a time; a failure that is not the account's is the whole call's."""
        (target,) = targets
        self._sent_before = self._link.sent
        result = ask(target)
        if isinstance(result, Failure) and result.kind not in ACCOUNT_STATES:
            return replace(result, requests=self._requests)
        return Profiles({target: result}, Spend(requests=self._requests, users=int(isinstance(result, Profile))))

    def _look_up(self, target: Target) -> Profile | Failure:
        answer = self._ask(ENDPOINTS.resolve, functions.contacts.ResolveUsernameRequest(target.handle))
        if isinstance(answer, Failure):
            return answer
        if not isinstance(answer.peer, types.PeerChannel):
            return Failure(OutcomeKind.NOT_PUBLIC, "a person or a group, not a channel")
        profile = self._profile_of(answer.chats, answer.peer.channel_id, target.handle)
        if isinstance(profile, Profile) and profile.access_key is not None:
            self._access_keys[profile.platform_id] = profile.access_key
        return profile

    def _profile(self, target: Target) -> Profile | Failure:
        def request(channel_id: int, access_key: int) -> TLObject:
            return functions.channels.GetFullChannelRequest(types.InputChannel(channel_id, access_key))

        answer = self._ask_of_channel(target, ENDPOINTS.profiles, request)
        if isinstance(answer, Failure):
            return answer
        profile = self._profile_of(answer.chats, answer.full_chat.id, target.handle)
        if isinstance(profile, Failure):
            return profile
        return replace(profile, followers=answer.full_chat.participants_count)

    def _profile_of(self, chats: Sequence[TLObject], channel_id: int, handle: str) -> Profile | Failure:
        channel = next((chat for chat in chats if chat.id == channel_id), None)
        if not isinstance(channel, types.Channel) or not channel.broadcast:
            return Failure(OutcomeKind.NOT_PUBLIC, "a group or a closed channel, not a public channel")
        names = [channel.username] if channel.username else []
        names += [name.username for name in channel.usernames or () if name.active]
        if not names:
            return Failure(OutcomeKind.NOT_PUBLIC, "the channel has no public name any more")
        return Profile(
            platform_id=channel.id,
            handle=next((name for name in names if name.casefold() == handle.casefold()), names[0]),
            taken_at=self._clock(),
            name=channel.title,
            followers=channel.participants_count,
            # To those who have joined, the date is that of their joining.
            created_at=instant_of(channel) if channel.left else None,
            access_key=channel.access_hash,
        )

    def _ask_of_channel(
        self, target: Target, endpoint: str, request: Callable[[int, int], TLObject]
    ) -> TLObject | Failure:
        if target.platform_id is None:
            raise ValueError(f"@{target.handle} has to be resolved first")
        key = self._access_keys.get(target.platform_id, target.access_key)
        answer = STALE_KEY if key is None else self._ask(endpoint, request(target.platform_id, key))
        if answer != STALE_KEY:
            return answer
        found = self._look_up(target)
        if isinstance(found, Failure):
            return found
        if found.platform_id != target.platform_id or found.access_key is None:
            return Failure(OutcomeKind.REASSIGNED, f"@{target.handle} belongs to {found.platform_id} now")
        return self._ask(endpoint, request(found.platform_id, found.access_key))

    def _ask(self, endpoint: str, request: TLObject) -> TLObject | Failure:
        """Send one request, unless it is known to be in vain."""
        limited = self._limited.get(endpoint)
        if limited is not None and limited.until is not None and self._clock() < limited.until:
            return limited
        if not self._session_path.exists():
            return Failure(OutcomeKind.AUTH_FAILED, f"not logged in to Telegram: {LOG_IN}")
        self._pace.keep()
        try:
            return self._link.call(lambda client: client(request))
        except EXPECTED as error:
            failure = told_with(failure_of(error, endpoint, self._clock()), self._link.proxy, error)
        if failure.kind in (OutcomeKind.TRANSPORT, OutcomeKind.AUTH_FAILED):
            self._link.hang_up()
        if failure.kind is OutcomeKind.RATE_LIMITED:
            self._limited[endpoint] = failure
        return failure


def _floor(messages: Sequence[TLObject]) -> Instant | None:
    """When the oldest of the messages was published, whatever they are."""
    return min((instant for instant in map(instant_of, messages) if instant is not None), default=None)


def _newest_mark(messages: Sequence[TLObject], asked_at: Instant) -> str | None:
    """The highest id; below a newest album that may still grow, so that the next walk sees it whole."""
    if not messages:
        return None
    newest = messages[0]
    album = getattr(newest, "grouped_id", None)
    published = instant_of(newest)
    if album is None or published is None or published + ALBUM_ARRIVES <= asked_at:
        return str(newest.id)
    return str(min(message.id for message in messages if getattr(message, "grouped_id", None) == album) - 1)
