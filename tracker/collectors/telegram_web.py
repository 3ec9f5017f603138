"""Telegram over the public preview pages of channels: no account, no login, rounded counters."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from tracker.collectors.protocol import Bounds, Endpoints, Rereading
from tracker.collectors.telegram_walk import ALBUM_ARRIVES, Cursor, cursor_of, written
from tracker.collectors.telegram_web_link import PATIENCE, Elsewhere, WebLink
from tracker.collectors.telegram_web_page import (
    LARGEST_ALBUM,
    Block,
    Preview,
    Rounded,
    is_home_page,
    parse,
    raw_answer,
    read_contact,
    read_preview,
)
from tracker.collectors.x_schema import one_line
from tracker.config.proxy import Proxy
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import Clock, Instant
from tracker.domain.outcomes import ACCOUNT_STATES, Failure, OutcomeKind
from tracker.domain.records import Answer, End, Page, Post, Profile, Profiles, Reread, Spend, Target, Walk
from tracker.domain.words import Platform, TelegramSource

ENDPOINTS = Endpoints(resolve="t.me/s/NAME (who)", profiles="t.me/NAME", timeline="t.me/s/NAME")
HOME_HOSTS = frozenset({"telegram.org", "www.telegram.org"})
GONE = Failure(OutcomeKind.GONE, "nobody has this name, or the channel is no longer public")


class TelegramWebCollector:
    """Reads what Telegram shows of public channels to everybody, about 20 posts a page.

    Everything is asked for by the name, and each page is checked for the numeric id: nothing of another channel
    that has come to bear the name is ever brought home.
    """

    platform = Platform.TELEGRAM
    endpoints = ENDPOINTS
    bounds = Bounds(requests=4)
    """A page without posts, the top of the preview, the page again, and whom the name belongs to."""
    batch = 1
    rereading = Rereading(ENDPOINTS.timeline, batch=20, of_several=False, requests=23)
    """At worst a page for each post, and three requests to learn that there are no more."""

    def __init__(
        self,
        settings: TelegramSettings,
        clock: Clock,
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        proxy: Proxy | None = None,
    ) -> None:
        """`sleep` and `monotonic` keep `settings.web_pace`."""
        self._link = WebLink(settings, ENDPOINTS.timeline, clock, sleep, monotonic, proxy)
        self._clock = clock
        self._ids: dict[str, int] = {}
        self._sent_before = 0

    def knows(self, target: Target) -> bool:
        """Whether its numeric id is known, with which each page is compared.

        It is remembered, too, as the channel to which a forward from this name leads.
        """
        if target.platform_id is None:
            return False
        self._ids[target.handle.casefold()] = target.platform_id
        return True

    def resolve(self, targets: Sequence[Target]) -> Profiles | Failure:
        """Who has this name now. People and groups are NOT_PUBLIC: only broadcast channels are read."""
        return self._one(targets, self._who)

    def profiles(self, targets: Sequence[Target]) -> Profiles | Failure:
        """The channel's title and subscribers; exact, for which a rounded count takes a second request."""
        return self._one(targets, self._profile)

    def fetch(self, target: Target, walk: Walk) -> Page | Failure:
        """One page of the channel's preview. A walk bounded by time brings neither mark nor raw answer."""
        if target.platform_id is None:
            raise ValueError(f"@{target.handle} has to be resolved first")
        self._sent_before = self._link.sent
        asked_at = self._clock()
        cursor = cursor_of(walk.cursor)
        answer = self._posts(target, target.platform_id, cursor.below)
        if isinstance(answer, Failure):
            return replace(answer, requests=self._requests)
        return self._page(target, walk, cursor, asked_at, *answer)

    def posts(self, target: Target, ids: Sequence[int]) -> Reread | Failure:
        """What these posts are now, read from the pages on which they stand.

        A post that a page does not show is not called deleted: it may only be hidden from those without an account.
        """
        assert target.platform_id is not None
        self._sent_before = self._link.sent
        asked_at, left = self._clock(), set(ids)
        found: dict[int, Post] = {}
        below = max(left) + LARGEST_ALBUM  # so that the page shows all of an album
        while left and below > min(left):
            answer = self._posts(target, target.platform_id, below)
            if isinstance(answer, Failure):
                return replace(answer, requests=self._requests)
            preview, _ = answer
            if not preview.blocks:
                break
            blocks, below = _without_cut_album(list(preview.blocks), preview)
            found |= {block.lowest: block.post for block in blocks if block.post is not None and block.lowest in left}
            left = {post_id for post_id in left if post_id < below}
            below = min(below, max(left, default=0) + LARGEST_ALBUM)
        return Reread(asked_at, found, Spend(requests=self._requests, posts=len(found)))

    def close(self) -> None:
        """Let go of the connection."""
        self._link.close()

    # -- pages of posts

    def _posts(self, target: Target, channel_id: int, below: int) -> tuple[Preview, bytes] | Failure:
        """The preview below a message, sure to be this channel's; without blocks where there are no older ones."""
        answer = self._preview(target.handle, below)
        if isinstance(answer, Failure):
            return answer
        preview, body = answer
        if preview.blocks or preview.set_aside:
            return _surely(preview, channel_id) or self._below(preview, body, below)
        # Telegram shows a page without posts also to those who have asked too often.
        if not below:
            detail = "the preview shows no post: the channel is empty, or we have asked too often"
            return Failure(OutcomeKind.BAD_ANSWER, detail)
        top = self._preview(target.handle)
        if isinstance(top, Failure):
            return top
        if not top[0].blocks:
            until = self._clock() + PATIENCE
            return Failure(OutcomeKind.RATE_LIMITED, "the preview shows posts no more", until, ENDPOINTS.timeline)
        again = _surely(top[0], channel_id) or self._preview(target.handle, below)
        if isinstance(again, Failure):
            return again
        # What was there all along would be taken for what nobody has ever published.
        if again[0].blocks or again[0].set_aside:
            return _surely(again[0], channel_id) or self._below(*again, below)
        return again

    def _below(self, preview: Preview, body: bytes, below: int) -> tuple[Preview, bytes] | Failure:
        """The preview with only what lies below."""
        blocks = tuple(block for block in preview.blocks if not below or block.highest < below)
        if not blocks:
            what = "no post can be understood" if not preview.blocks else "the preview does not go on where asked to"
            return Failure(OutcomeKind.BAD_ANSWER, what)
        return replace(preview, blocks=blocks), body

    def _page(
        self, target: Target, walk: Walk, cursor: Cursor, asked_at: Instant, preview: Preview, body: bytes
    ) -> Page:
        bounded = walk.after is not None or walk.before is not None
        bottom = int(walk.mark or 0)
        end = _end(preview, walk, bottom)
        blocks = [block for block in preview.blocks if block.lowest > bottom]
        below = 0
        if end is None:
            blocks, below = _without_cut_album(blocks, preview)
        mark = None if bounded else cursor.mark or _newest_mark(preview.blocks, bottom, asked_at) or walk.mark
        query = f"?before={cursor.below}" if cursor.below else ""
        return Page(
            asked_at=asked_at,
            posts=tuple(
                block.post
                for block in blocks
                if block.post is not None
                and (walk.after is None or walk.after <= block.posted_at)
                and (walk.before is None or block.posted_at < walk.before)
            ),
            floor=min((block.posted_at for block in blocks), default=None),
            cursor=None if end else written(Cursor(below, mark)),
            end=end,
            mark=mark,
            spend=Spend(requests=self._requests, posts=sum(block.post is not None for block in preview.blocks)),
            set_aside=tuple(item for item in preview.set_aside if item.post_id is None or bottom < item.post_id),
            answer=None if bounded else Answer(f"GET /s/{target.handle}{query} above={bottom}", raw_answer(body)),
            warnings=preview.warnings,
            source=TelegramSource.WEB,
        )

    # -- who is who

    def _one(self, targets: Sequence[Target], ask: Callable[[str], Profile | Failure]) -> Profiles | Failure:
        """One name at a time; a failure that is not the account's is the whole call's."""
        (target,) = targets
        self._sent_before = self._link.sent
        result = ask(target.handle)
        if isinstance(result, Failure) and result.kind not in ACCOUNT_STATES:
            return replace(result, requests=self._requests)
        if isinstance(result, Profile):
            self._ids[result.handle.casefold()] = result.platform_id
        return Profiles({target: result}, Spend(requests=self._requests, users=int(isinstance(result, Profile))))

    def _who(self, handle: str) -> Profile | Failure:
        answer = self._preview(handle)
        if isinstance(answer, Failure):
            return answer
        preview, _ = answer
        if len(preview.channel_ids) != 1:
            return Failure(OutcomeKind.BAD_ANSWER, "the preview shows no post by which to know the channel")
        (channel_id,) = preview.channel_ids
        profile = Profile(channel_id, preview.handle or handle, self._clock(), preview.title)
        return _followed_by(profile, preview.subscribers)

    def _profile(self, handle: str) -> Profile | Failure:
        profile = self._who(handle)
        if isinstance(profile, Failure) or (profile.followers is not None and profile.precision is None):
            return profile
        body = self._link.get(f"/{handle}")
        contact = read_contact(parse(body)) if isinstance(body, bytes) else None
        exact = None if contact is None else contact.subscribers
        return profile if exact is None else _followed_by(profile, exact)

    # -- what a name leads to

    @property
    def _requests(self) -> int:
        """How many requests the present call has sent."""
        return self._link.sent - self._sent_before

    def _preview(self, handle: str, below: int = 0) -> tuple[Preview, bytes] | Failure:
        """The preview of the channel that has this name, or why there is none."""
        answer = self._link.get(f"/s/{handle}" + (f"?before={below}" if below else ""))
        if isinstance(answer, Elsewhere):
            return self._led_to(answer, handle)
        if isinstance(answer, Failure):
            return answer
        page = parse(answer)
        preview = read_preview(page, self._ids)
        return self._no_preview(answer) if preview is None else (preview, answer)

    def _led_to(self, there: Elsewhere, handle: str) -> Failure:
        """Why we were sent away from a preview. Only the host's own page about the name is looked at."""
        if there.path in ("", "/") and (there.is_here or there.host in HOME_HOSTS):
            return GONE
        if not there.is_here:
            detail = f"led to another host, {one_line(there.host) or 'which it does not name'}; not followed"
            return Failure(OutcomeKind.BAD_ANSWER, detail)
        if there.path.casefold() != f"/{handle}".casefold():
            return Failure(OutcomeKind.BAD_ANSWER, "led to a page that is not the channel's; not followed")
        answer = self._link.get(f"/{handle}")
        if isinstance(answer, Elsewhere):
            home = answer.path in ("", "/") and (answer.is_here or answer.host in HOME_HOSTS)
            return GONE if home else Failure(OutcomeKind.BAD_ANSWER, "led in a circle")
        return answer if isinstance(answer, Failure) else self._no_preview(answer)

    def _no_preview(self, body: bytes) -> Failure:
        """Whose page this is in place of a preview."""
        page = parse(body)
        contact = read_contact(page)
        if contact is None:
            return GONE if is_home_page(page) else Failure(OutcomeKind.BAD_ANSWER, "not a page of Telegram's")
        if contact.subscribers is not None:
            return Failure(OutcomeKind.PREVIEW_UNAVAILABLE, "the channel shows no preview to us")
        if contact.members is not None:
            return Failure(OutcomeKind.NOT_PUBLIC, "a group, not a channel")
        return Failure(OutcomeKind.NOT_PUBLIC, "a person, not a channel") if contact.named else GONE


def _surely(preview: Preview, channel_id: int) -> Failure | None:
    """Why the preview must not be taken for this channel's; None if it is."""
    if preview.channel_ids == {channel_id}:
        return None
    if not preview.channel_ids:
        return Failure(OutcomeKind.BAD_ANSWER, "no post says whose it is")
    others = ", ".join(str(other) for other in sorted(preview.channel_ids - {channel_id}))
    return Failure(OutcomeKind.REASSIGNED, f"the name belongs to {others} now")


def _followed_by(profile: Profile, subscribers: Rounded | None) -> Profile:
    if subscribers is None:
        return profile
    unit = subscribers.unit
    return replace(profile, followers=subscribers.value, precision=unit if unit > 1 else None)


def _end(preview: Preview, walk: Walk, bottom: int) -> End | None:
    """Why there is no further page; None if there may be one."""
    blocks = preview.blocks
    if not blocks:
        return End.KNOWN_GROUND if bottom else End.BEGINNING
    if walk.after is not None and min(block.posted_at for block in blocks) < walk.after:
        return End.KNOWN_GROUND
    if bottom and blocks[-1].lowest <= bottom + 1:
        return End.KNOWN_GROUND
    return End.BEGINNING if blocks[-1].lowest == 1 else None


def _without_cut_album(blocks: list[Block], preview: Preview) -> tuple[list[Block], int]:
    """The blocks, newest first, without a last album that may go on below them; and below which message that is.

    The next page then holds the album whole. What could not be understood is not asked for again.
    """
    if len(blocks) > 1 and blocks[-1].has_pictures:
        return blocks[:-1], blocks[-1].highest + 1
    numbers = (item.post_id for item in preview.set_aside if item.post_id is not None)
    return blocks, min([blocks[-1].lowest, *numbers])


def _newest_mark(blocks: Sequence[Block], bottom: int, asked_at: Instant) -> str | None:
    """The highest id; below a newest album that may still grow, so that the next walk sees it whole."""
    if not blocks:
        return None
    newest = blocks[0]
    grows = newest.has_pictures and newest.posted_at + ALBUM_ARRIVES > asked_at
    return str(max(bottom, newest.lowest - 1 if grows else newest.highest))
