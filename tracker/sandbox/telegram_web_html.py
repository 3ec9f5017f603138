"""The sandbox's channels as Telegram's public pages: the structure of pages captured in 2026, filled anew."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

from tracker.sandbox.telegram_tl import PRIVATE_NAME
from tracker.sandbox.telegram_world import PAID, Channel, Item, PeerKind

ADDRESS = "https://t.me"
NOT_FOUND = "https://telegram.org/"

HOME_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Telegram Messenger</title></head>
<body><div class="container"><h1>Telegram: a new era of messaging</h1></div></body></html>
"""
NO_POSTS = (
    '<div class="tgme_widget_message_wrap js-widget_message_wrap"><div class="tgme_widget_message_centered">'
    '<div class="tme_no_messages_found">No posts found</div></div></div>'
)

Named = Callable[[int], Channel | None]
"""The channel of a numeric id."""


def short(number: int) -> str:
    """A number as Telegram shows it: cut to three digits, without noughts at the end of the fraction."""
    for factor, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1_000, "K")):
        if number >= factor:
            whole = number // factor
            places = 3 - len(str(whole))
            fraction = str(number % factor * 10**places // factor).rjust(places, "0") if places > 0 else ""
            return f"{whole}.{fraction}".rstrip("0").rstrip(".") + letter if places > 0 else f"{whole}{letter}"
    return str(number)


def spaced(number: int) -> str:
    """A number with its thousands apart, as `10 523 123`."""
    return f"{number:,}".replace(",", " ")


def preview_page(channel: Channel, items: Sequence[Item], older: bool, named: Named) -> str:
    """The page `/s/NAME` with these messages, oldest first; an album is one block."""
    albums: list[list[Item]] = []
    for item in items:
        if albums and item.album is not None and albums[-1][0].album == item.album:
            albums[-1].append(item)
        else:
            albums.append([item])
    blocks = "".join(_block(channel, album, named) for album in albums) or NO_POSTS
    handle, title = channel.handle, escape(channel.title)
    more = ""
    if older and items:
        lowest = items[0].item_id
        more = (
            '<div class="tgme_widget_message_centered js-messages_more_wrap">'
            f'<a href="/s/{handle}?before={lowest}" class="tme_messages_more js-messages_more" '
            f'data-before="{lowest}"></a></div>'
        )
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>{title} – Telegram</title>
<meta property="og:title" content="{title}"></head>
<body class="widget_frame_base tgme_webpreview emoji_image thin_box_shadow tme_mode no_transitions">
<header class="tgme_header search_collapsed"><div class="tgme_container">
<section class="tgme_right_column"><div class="tgme_channel_info">
<div class="tgme_channel_info_header_title"><span dir="auto">{title}</span></div>
<div class="tgme_channel_info_header_username"><a href="{ADDRESS}/{handle}">@{handle}</a></div>
</div></section>
<div class="tgme_header_info"><a class="tgme_header_link" href="{ADDRESS}/{handle}">
<div class="tgme_header_title"><span dir="auto">{title}</span></div>
<div class="tgme_header_counter">{_followed(short(channel.subscribers), "subscriber")}</div></a></div>
</div></header>
<main class="tgme_main" data-url="/{handle}"><div class="tgme_container">
<section class="tgme_channel_history js-message_history">{more}{blocks}</section>
</div></main>
<script>var nothing = "</div>";</script>
</body></html>
<!-- page generated in 21.08ms -->
"""


def contact_page(channel: Channel | None, handle: str) -> str:
    """The page `/NAME`: whom the name belongs to, with the exact number of subscribers of a channel."""
    if channel is None:
        inner = (
            f'<div class="tgme_page_description">You can contact <a href="tg://resolve">@{escape(handle)}</a></div>'
        )
    else:
        extra = {
            PeerKind.CHANNEL: _followed(spaced(channel.subscribers), "subscriber"),
            PeerKind.GROUP: _followed(spaced(channel.subscribers), "member") + ", 1 online",
            PeerKind.USER: f"@{channel.handle}",
        }[channel.kind]
        inner = (
            f'<div class="tgme_page_title" dir="auto"><span dir="auto">{escape(channel.title)}</span></div>'
            f'<div class="tgme_page_extra">{extra}</div>'
        )
    return f"""<!DOCTYPE html>
<html><head><meta charset="utf-8"><title>Telegram: Contact @{escape(handle)}</title></head>
<body><div class="tgme_page_wrap"><div class="tgme_body_wrap"><div class="tgme_page">{inner}</div></div></div></body>
</html>
"""


def _followed(count: str, what: str) -> str:
    return f"no {what}s" if count == "0" else f"{count} {what}{'' if count == '1' else 's'}"


def _block(channel: Channel, album: Sequence[Item], named: Named) -> str:
    first = album[0]
    link = f"{ADDRESS}/{channel.handle}/{first.item_id}"
    service = " service_message" if first.service else ""
    view = {"c": -channel.channel_id, "p": f"{first.item_id}g" if len(album) > 1 else first.item_id, "t": 1, "h": "0"}
    packed = base64.urlsafe_b64encode(json.dumps(view, separators=(",", ":")).encode()).decode().rstrip("=")
    parts = (
        _forward(first, named),
        _reply(channel, first),
        _pictures(channel, album),
        _words(next((item.text for item in album if item.text), ""), nested=len(album) > 1),
        _poll(first),
        _reactions(album),
        _footer(link, album),
    )
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">\
<div class="tgme_widget_message text_not_supported_wrap{service} js-widget_message" \
data-post="{channel.handle}/{first.item_id}" data-view="{packed}">
<div class="tgme_widget_message_user"><a href="{ADDRESS}/{channel.handle}"><i data-content="S"></i></a></div>
<div class="tgme_widget_message_bubble"><div class="tgme_widget_message_author accent_color">\
<a class="tgme_widget_message_owner_name" href="{ADDRESS}/{channel.handle}"><span dir="auto">\
{escape(channel.title)}</span></a></div>
{"".join(parts)}
</div></div></div>"""


def _forward(item: Item, named: Named) -> str:
    """A forward's source: with its address if it is a public channel, else by its name alone."""
    if not item.origin and not item.from_person:
        return ""
    origin = named(item.origin[0]) if item.origin else None
    title = escape(origin.title if origin else PRIVATE_NAME)
    name = f'<span dir="auto">{title}</span>'
    if origin is not None and item.origin is not None and origin.handle:
        address = f"{ADDRESS}/{origin.handle}/{item.origin[1]}"
        source = f'<a class="tgme_widget_message_forwarded_from_name" href="{address}">{name}</a>'
    else:
        source = f'<span class="tgme_widget_message_forwarded_from_name">{name}</span>'
    return f'<div class="tgme_widget_message_forwarded_from accent_color">Forwarded from&nbsp;{source}</div>'


def _reply(channel: Channel, item: Item) -> str:
    """What the post answers, with a quotation of it."""
    if not item.reply_to:
        return ""
    return (
        f'<a class="tgme_widget_message_reply user-color-1" href="{ADDRESS}/{channel.handle}/{item.reply_to}">'
        f'<div class="tgme_widget_message_author accent_color">{PRIVATE_NAME}</div>'
        '<div class="tgme_widget_message_text js-message_reply_text" dir="auto">A quotation of another post</div></a>'
    )


def _pictures(channel: Channel, album: Sequence[Item]) -> str:
    if album[0].album is None:
        return ""
    if len(album) == 1:
        link = f"{ADDRESS}/{channel.handle}/{album[0].item_id}"
        return f'<a class="tgme_widget_message_photo_wrap js-message_photo" href="{link}"></a>'
    pictures = "".join(
        '<a class="tgme_widget_message_photo_wrap grouped_media_wrap blured js-message_photo" '
        f'href="{ADDRESS}/{channel.handle}/{item.item_id}?single"></a>'
        for item in album
    )
    return (
        '<div class="tgme_widget_message_grouped_wrap js-message_grouped_wrap">'
        '<div class="tgme_widget_message_grouped js-message_grouped">'
        f'<div class="tgme_widget_message_grouped_layer js-message_grouped_layer">{pictures}</div></div></div>'
    )


def _words(text: str, nested: bool) -> str:
    if not text:
        return ""
    words = escape(text).replace("\n", "<br/>")
    node = f'<div class="tgme_widget_message_text js-message_text" dir="auto">{words}</div>'
    if nested:
        return f'<div class="tgme_widget_message_text js-message_text" dir="auto">{node}</div>'
    return node


def _poll(item: Item) -> str:
    if not item.poll:
        return ""
    question, *choices = (escape(words) for words in item.poll)
    options = "".join(
        '<div class="tgme_widget_message_poll_option"><div class="tgme_widget_message_poll_option_percent">50%</div>'
        f'<div class="tgme_widget_message_poll_option_text">{choice}</div></div>'
        for choice in choices
    )
    return (
        f'<div class="tgme_widget_message_poll"><div class="tgme_widget_message_poll_question">{question}</div>'
        f"{options}</div>"
    )


def _reactions(album: Sequence[Item]) -> str:
    """Those of the first message that has any: an album's are given to its first picture."""
    reactions = next((item.reactions for item in album if item.reactions), {})
    spans = []
    for kind, count in reactions.items():
        if kind == PAID:
            spans.append(
                '<span class="tgme_reaction tgme_reaction_paid"><i class="icon icon-telegram-stars"></i>'
                f"{short(count)}</span>"
            )
        elif kind.isdecimal():
            spans.append(f'<span class="tgme_reaction"><tg-emoji emoji-id="{kind}"></tg-emoji>{short(count)}</span>')
        else:
            spans.append(f'<span class="tgme_reaction"><i class="emoji"><b>{kind}</b></i>{short(count)}</span>')
    if not spans:
        return ""
    return f'<div class="tgme_widget_message_reactions js-message_reactions">{"".join(spans)}</div>'


def _footer(link: str, album: Sequence[Item]) -> str:
    first = album[0]
    moment = datetime.fromtimestamp(first.posted_at, UTC)
    views = max(item.views for item in album)
    seen = f'<span class="tgme_widget_message_views">{short(views)}</span><span class="copyonly"> views</span>'
    author = f'<span class="tgme_widget_message_from_author" dir="auto">{escape(first.author)}</span>,&nbsp;'
    edited = any(item.edited_at and not item.edit_hidden for item in album)
    voters = '<span class="tgme_widget_message_voters">17</span>&nbsp;votes' if first.poll else ""
    return f"""<div class="tgme_widget_message_footer compact js-message_footer">
<div class="tgme_widget_message_info short js-message_info">{voters}{"" if first.service else seen}\
<span class="tgme_widget_message_meta">{author if first.author else ""}{"edited &nbsp;" if edited else ""}\
<a class="tgme_widget_message_date" href="{link}"><time datetime="{moment.isoformat()}" class="time">\
{moment:%H:%M}</time></a></span></div></div>"""
