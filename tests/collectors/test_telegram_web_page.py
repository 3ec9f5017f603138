"""Single blocks of a preview, written out as Telegram writes them."""

from __future__ import annotations

import base64
import json

import pytest

from tracker.collectors.telegram_web_page import Preview, Rounded, parse, raw_answer, read_contact, read_preview
from tracker.domain.instants import from_iso
from tracker.domain.records import Metrics, Post
from tracker.domain.words import PostKind

CHANNEL = 9_000_000_001


def view(channel_id: object = -CHANNEL) -> str:
    told = json.dumps({"c": channel_id, "p": 528, "t": 1791090624, "h": "fb889c"}).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def block(inside: str = "", *, post: str = "generated_one/528", told: str = "", time: str = "") -> str:
    return f"""<div class="tgme_widget_message_wrap js-widget_message_wrap">
<div class="tgme_widget_message text_not_supported_wrap user-color-12 js-widget_message" data-post="{post}"
 data-view="{told or view()}">
  <div class="tgme_widget_message_user"><a href="https://t.me/generated_one"><i data-content="G"></i></a></div>
  <div class="tgme_widget_message_bubble">
    <div class="tgme_widget_message_author accent_color"><a class="tgme_widget_message_owner_name"
     href="https://t.me/generated_one"><span dir="auto">[ساختگی]</span></a></div>
{inside}
<div class="tgme_widget_message_footer compact js-message_footer">
  <div class="tgme_widget_message_info short js-message_info">
    <span class="tgme_widget_message_views">18.9M</span><span class="copyonly"> views</span>
    <span class="tgme_widget_message_meta"><span class="tgme_widget_message_from_author" dir="auto">Generated</span>,
    &nbsp;edited <a class="tgme_widget_message_date" href="https://t.me/generated_one/528">
    <time datetime="{time or "2026-06-15T18:58:13+00:00"}" class="time">18:58</time></a></span>
  </div></div></div></div></div>"""


def page_of(*blocks: str) -> bytes:
    return f"""<!DOCTYPE html><html><body><header class="tgme_header"><a class="tgme_header_link">
<div class="tgme_header_title"><span dir="auto">[ساختگی]</span></div>
<div class="tgme_header_counter">10.5M subscribers</div></a></header>
<section class="tgme_channel_history js-message_history">{"".join(blocks)}</section></body></html>""".encode()


def read(*blocks: str) -> Preview:
    preview = read_preview(parse(page_of(*blocks)), {})
    assert preview is not None
    return preview


def post_of(*blocks: str) -> Post:
    (found,) = read(*blocks).blocks
    assert found.post is not None
    return found.post


def test_a_post_as_telegram_shows_it() -> None:
    text = (
        '<div class="media_supported_cont"><div class="tgme_widget_message_text js-message_text" dir="auto">'
        '<tg-emoji emoji-id="5260293700088511294"><i class="emoji" style="background-image:url(\'//a/b.png\')">'
        "<b>⛔️</b></i></tg-emoji> One &#036;<b>200</b>.<br/><br/>Two in "
        '<a href="https://example.org/?a=1&amp;b=2" onclick="return confirm(\'Open?\\n\');"><i>a link</i></a><i>.</i>'
        '</div></div><div class="media_not_supported_cont">Please open Telegram to view this post</div>'
        '<a class="tgme_widget_message_link_preview" href="https://t.me/generated_two/460">'
        '<div class="link_preview_title" dir="auto">Another title</div></a>'
        '<div class="tgme_widget_message_reactions js-message_reactions"><span class="tgme_reaction '
        'tgme_reaction_paid"><i class="icon icon-telegram-stars"></i>14.3K</span><span class="tgme_reaction">'
        '<tg-emoji emoji-id="5265077361648368841"></tg-emoji>132K</span><span class="tgme_reaction">'
        '<i class="emoji"><b>👍</b></i>771</span></div>'
    )
    preview = read(block(text))
    assert preview.channel_ids == frozenset({CHANNEL})
    assert (preview.handle, preview.title) == ("generated_one", "[ساختگی]")
    assert preview.subscribers == Rounded(10_500_000, 100_000)
    (found,) = preview.blocks
    assert found.post == Post(
        528,
        528,
        from_iso("2026-06-15T18:58:13Z"),
        PostKind.ORIGINAL,
        "⛔️ One $200.\n\nTwo in a link.",
        metrics=Metrics(views=18_900_000, reactions=14_300 + 132_000 + 771, precision=100_000),
    )


def test_an_address_of_a_picture_in_a_text_makes_no_album() -> None:
    link = '<a href="https://t.me/generated_one/520?single">https://t.me/generated_one/520?single</a>'
    text = f'<div class="tgme_widget_message_text js-message_text">{link}</div>'
    (found,) = read(block(text)).blocks
    assert (found.lowest, found.highest, found.has_pictures) == (528, 528, False)


def test_an_album_reaches_from_its_lowest_picture_to_its_highest() -> None:
    pictures = "".join(
        f'<a class="tgme_widget_message_photo_wrap grouped_media_wrap" href="https://t.me/generated_one/{n}?single"></a>'
        for n in (529, 530, 528, 77)
    )
    album = f'<div class="tgme_widget_message_grouped_wrap">{pictures}</div>'
    (found,) = read(block(album, post="generated_one/528g")).blocks
    assert (found.lowest, found.highest, found.has_pictures) == (528, 530, True)


def test_a_forward_from_a_channel_without_a_name_shows_its_number() -> None:
    source = '<a class="tgme_widget_message_forwarded_from_name" href="https://t.me/c/{}/77">[ساختگی]</a>'
    forward = f'<div class="tgme_widget_message_forwarded_from">Forwarded from {source}</div>'
    post = post_of(block(forward.format(555)))
    assert (post.kind, post.ref_author_id, post.ref_post_id) == (PostKind.REPOST, 555, 77)
    assert post_of(block(forward.format("9" * 30))).ref_author_id is None


@pytest.mark.parametrize("told", ["%%%", "e30", view("one"), view(0), view(-(10**30)), view(1.5), "bnVsbA"])
def test_what_the_view_counter_is_told_may_be_anything(told: str) -> None:
    preview = read(block(told=told))
    assert preview.channel_ids == frozenset()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (block(post="generated_one"), "no number"),
        (block(post="generated_one/" + "9" * 40), "no number"),
        (block(post="generated_one/٣"), "no number"),
        (block(time="2026-06-15T18:58:13"), "no credible date"),
        (block(time="1970-01-01T00:00:00+00:00"), "no credible date"),
        (block(time="someday"), "no credible date"),
    ],
)
def test_one_block_that_cannot_be_understood_leaves_the_others_be(broken: str, reason: str) -> None:
    preview = read(broken, block(post="generated_one/529"))
    assert [found.lowest for found in preview.blocks] == [529]
    assert [aside.reason for aside in preview.set_aside] == [reason]


def test_bytes_that_are_no_text_spoil_nothing_but_themselves() -> None:
    text = '<div class="tgme_widget_message_text js-message_text">before \u263a after</div>'
    body = page_of(block(text)).replace("\u263a".encode(), b"\xc9\xff")
    preview = read_preview(parse(body), {})
    assert preview is not None
    assert [found.post and found.post.text for found in preview.blocks] == ["before \ufffd\ufffd after"]
    assert b"before" in raw_answer(body)


def test_other_pages_are_no_previews_and_no_contacts() -> None:
    for body in (b"", b"\x00", b"<html></html>", b"{}", b"<" * 10_000):
        assert read_preview(parse(body), {}) is None
        assert read_contact(parse(body)) is None


@pytest.mark.parametrize(
    ("extra", "subscribers", "members"),
    [
        ("10 523 123 subscribers", 10_523_123, None),
        ("10\u00a0523 subscribers", 10_523, None),
        ("1 subscriber", 1, None),
        ("no subscribers", 0, None),
        ("1 234 members, 56 online", None, 1_234),
        ("@generated_person", None, None),
    ],
)
def test_a_name_s_own_page_says_whose_it_is(extra: str, subscribers: int | None, members: int | None) -> None:
    body = (
        f'<div class="tgme_page"><div class="tgme_page_title">G</div><div class="tgme_page_extra">{extra}</div></div>'
    )
    contact = read_contact(parse(body.encode()))
    assert contact is not None
    counts = [None if count is None else count.value for count in (contact.subscribers, contact.members)]
    assert counts == [subscribers, members]
    assert contact.named
