"""The sandbox's channels and messages as Telegram's own types."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime

from telethon import types
from telethon.tl.tlobject import TLObject

from tracker.domain.instants import Instant
from tracker.sandbox.telegram_world import PAID, Channel, Item, PeerKind

CONFIG_NUMBERS = """
    chat_size_max megagroup_size_max forwarded_count_max online_update_period_ms offline_blur_timeout_ms
    offline_idle_timeout_ms online_cloud_timeout_ms notify_cloud_delay_ms notify_default_delay_ms
    push_chat_period_ms push_chat_limit edit_time_limit revoke_time_limit revoke_pm_time_limit rating_e_decay
    stickers_recent_limit channels_read_media_period call_receive_timeout_ms call_ring_timeout_ms
    call_connect_timeout_ms call_packet_timeout_ms caption_length_max message_length_max webfile_dc_id
"""
"""Numbers that a configuration must hold and that no collector looks at."""

PRIVATE_PERSON = 777_000_001
"""Id of the invented person from whom messages are forwarded; no collector may keep it."""
PRIVATE_NAME = "Generated Private Person"


@dataclass(frozen=True, slots=True)
class Login:
    """A person who can log in to the sandbox."""

    user_id: int
    phone: str
    """Digits only."""
    password: str | None = None
    """The second factor; None: not asked for."""

    def access_hash(self, channel_id: int) -> int:
        """The key by which this login, and no other, may ask for the channel."""
        digest = hashlib.sha256(f"{self.user_id}:{channel_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big", signed=True)

    def as_user(self) -> TLObject:
        return types.User(
            self.user_id, is_self=True, first_name="Sandbox", phone=self.phone, access_hash=self.user_id
        )


def moment(instant: Instant) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


def configuration(host: str, port: int) -> TLObject:
    """What help.getConfig answers: every data centre is this server."""
    now = datetime.now(UTC)
    return types.Config(
        date=now,
        expires=now,
        test_mode=False,
        this_dc=2,
        dc_options=[types.DcOption(number, host, port) for number in range(1, 6)],
        dc_txt_domain_name="",
        me_url_prefix="https://t.me/",
        **dict.fromkeys(CONFIG_NUMBERS.split(), 100),
    )


def peer(channel: Channel) -> TLObject:
    if channel.kind is PeerKind.USER:
        return types.PeerUser(channel.channel_id)
    return types.PeerChannel(channel.channel_id)


def as_chat(channel: Channel, login: Login) -> TLObject:
    """The channel or group as this login sees it, which has not joined it."""
    return types.Channel(
        channel.channel_id,
        channel.title,
        types.ChatPhotoEmpty(),
        moment(channel.created_at),
        left=True,
        broadcast=channel.kind is PeerKind.CHANNEL,
        megagroup=channel.kind is PeerKind.GROUP,
        access_hash=login.access_hash(channel.channel_id),
        username=channel.handle,
    )


def as_person(channel: Channel) -> TLObject:
    return types.User(channel.channel_id, first_name=channel.title, username=channel.handle, access_hash=1)


def as_full_chat(channel: Channel) -> TLObject:
    return types.ChannelFull(
        channel.channel_id,
        "",
        0,
        0,
        0,
        types.PhotoEmpty(0),
        types.PeerNotifySettings(),
        [],
        1,
        participants_count=channel.subscribers,
    )


def as_message(channel: Channel, item: Item) -> TLObject:
    """The message with everything that Telegram says of it, people included whom a collector must leave out."""
    if item.service:
        return types.MessageService(
            item.item_id, peer(channel), moment(item.posted_at), action=types.MessageActionPinMessage(), post=True
        )
    return types.Message(
        item.item_id,
        peer(channel),
        moment(item.posted_at),
        item.text,
        post=True,
        edit_hide=item.edit_hidden,
        fwd_from=_forward_header(item),
        reply_to=types.MessageReplyHeader(reply_to_msg_id=item.reply_to) if item.reply_to else None,
        views=item.views,
        forwards=item.forwards,
        replies=None if item.comments is None else _comments(item.comments),
        edit_date=moment(item.edited_at) if item.edited_at else None,
        grouped_id=item.album,
        reactions=_reactions(item) if item.reactions else None,
    )


def _forward_header(item: Item) -> TLObject | None:
    if item.origin:
        channel_id, post_id = item.origin
        return types.MessageFwdHeader(
            moment(item.posted_at), from_id=types.PeerChannel(channel_id), channel_post=post_id
        )
    if item.from_person:
        return types.MessageFwdHeader(
            moment(item.posted_at), from_id=types.PeerUser(PRIVATE_PERSON), from_name=PRIVATE_NAME
        )
    return None


def _comments(count: int) -> TLObject:
    return types.MessageReplies(count, 1, recent_repliers=[types.PeerUser(PRIVATE_PERSON)])


def _reactions(item: Item) -> TLObject:
    counts = [types.ReactionCount(_reaction(kind), count) for kind, count in item.reactions.items()]
    return types.MessageReactions(counts)


def _reaction(kind: str) -> TLObject:
    if kind == PAID:
        return types.ReactionPaid()
    return types.ReactionCustomEmoji(int(kind)) if kind.isdecimal() else types.ReactionEmoji(kind)
