"""The sandbox's public pages, asked with a plain HTTP client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import pytest
import requests
from selectolax.lexbor import LexborHTMLParser

from tests.sandbox.telegram_rehearsal import NOW, item
from tests.sandbox.telegram_web_rehearsal import Pages, public_pages
from tracker.domain.errors import SandboxError
from tracker.domain.instants import HOUR, iso
from tracker.sandbox.telegram_web import TelegramWebServer, WebFault
from tracker.sandbox.telegram_web_html import short
from tracker.sandbox.telegram_world import PAID, PeerKind, World

HANDLE = "generated_ministry"


@pytest.fixture
def pages() -> Iterator[Pages]:
    with public_pages() as pages:
        yield pages


def ask(pages: Pages, path: str) -> requests.Response:
    return requests.get(pages.server.url + path, allow_redirects=False, timeout=5)


def shown(pages: Pages, path: str = f"/s/{HANDLE}") -> LexborHTMLParser:
    answer = ask(pages, path)
    assert answer.status_code == 200
    return LexborHTMLParser(answer.content)


def numbers(page: LexborHTMLParser) -> list[str]:
    return [node.attributes["data-post"] or "" for node in page.css(".tgme_widget_message[data-post]")]


def text_of(page: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text().strip() for node in page.css(selector)]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "0"),
        (999, "999"),
        (1_000, "1K"),
        (3_129, "3.12K"),
        (8_200, "8.2K"),
        (39_999, "39.9K"),
        (132_999, "132K"),
        (999_999, "999K"),
        (18_900_000, "18.9M"),
        (1_050_000, "1.05M"),
        (2_000_000_000, "2B"),
    ],
)
def test_numbers_are_cut_to_three_digits(number: int, words: str) -> None:
    assert short(number) == words


def test_a_page_has_twenty_messages_oldest_first_and_leads_to_older_ones(pages: Pages) -> None:
    pages.channel(posts=45)
    page = shown(pages)
    assert numbers(page) == [f"{HANDLE}/{number}" for number in range(26, 46)]
    more = page.css_first("a.tme_messages_more")
    assert more is not None
    assert (more.attributes["data-before"], more.attributes["href"]) == ("26", f"/s/{HANDLE}?before=26")
    last = shown(pages, f"/s/{HANDLE}?before=6")
    assert numbers(last) == [f"{HANDLE}/{number}" for number in range(1, 6)]
    assert last.css_first("a.tme_messages_more") is None
    nothing = shown(pages, f"/s/{HANDLE}?before=1")
    assert numbers(nothing) == []
    assert text_of(nothing, ".tme_no_messages_found") == ["No posts found"]


def test_the_channel_s_number_stands_negative_in_what_the_view_counter_is_told(pages: Pages) -> None:
    channel_id = pages.channel(posts=1)
    pages.world.publish(channel_id, item(9, album=7), item(9, "[ساختگی] زیرنویس", album=7))
    page = shown(pages)
    views = [node.attributes["data-view"] or "" for node in page.css("[data-view]")]
    told = [json.loads(base64.urlsafe_b64decode(view + "=" * (-len(view) % 4))) for view in views]
    assert [(view["c"], view["p"]) for view in told] == [(-channel_id, 1), (-channel_id, "2g")]
    assert numbers(page)[1] == f"{HANDLE}/2"
    assert text_of(page, ".js-message_text .js-message_text") == ["[ساختگی] زیرنویس"]


def test_a_post_shows_its_time_views_signature_and_whether_it_was_edited(pages: Pages) -> None:
    channel_id = pages.channel()
    post = item(HOUR, "[ساختگی]", views=3_129, author="[ساختگی] امضا", edited_at=NOW)
    pages.world.publish(channel_id, post, item(1, "[ساختگی]", edited_at=NOW, edit_hidden=True))
    page = shown(pages)
    times = [node.attributes["datetime"] for node in page.css("a.tgme_widget_message_date > time")]
    assert times[0] == iso(NOW - HOUR).replace("Z", "+00:00")
    assert text_of(page, ".tgme_widget_message_views") == ["3.12K", "0"]
    assert text_of(page, ".tgme_widget_message_from_author") == ["[ساختگی] امضا"]
    assert ["edited" in words for words in text_of(page, ".tgme_widget_message_meta")] == [True, False]


def test_a_forward_has_an_address_only_if_its_source_is_a_public_channel(pages: Pages) -> None:
    channel_id = pages.channel()
    other = pages.channel(handle="generated_other")
    forwards = (item(3, origin=(other, 77)), item(2, origin=(555, 7)), item(1, from_person=True))
    pages.world.publish(channel_id, *forwards)
    page = shown(pages)
    links = [node.attributes.get("href") for node in page.css(".tgme_widget_message_forwarded_from_name")]
    assert links == ["https://t.me/generated_other/77", None, None]


def test_replies_reactions_polls_and_service_messages_look_as_on_telegram(pages: Pages) -> None:
    channel_id = pages.channel()
    pages.world.publish(
        channel_id,
        item(4, service=True),
        item(3, "[ساختگی]", reply_to=1),
        item(2, reactions={"👍": 12, "5265077361648368841": 1_200, PAID: 7}),
        item(1, poll=("[ساختگی] آیا؟", "بله", "نه")),
    )
    page = shown(pages)
    assert [node.attributes["data-post"] for node in page.css(".service_message")] == [f"{HANDLE}/1"]
    assert [node.attributes["href"] for node in page.css("a.tgme_widget_message_reply")] == [
        f"https://t.me/{HANDLE}/1"
    ]
    assert text_of(page, ".tgme_widget_message_reply .tgme_widget_message_text") == ["A quotation of another post"]
    assert text_of(page, ".tgme_reaction") == ["👍12", "1.2K", "7"]
    assert [node.attributes["emoji-id"] for node in page.css(".tgme_reaction tg-emoji")] == ["5265077361648368841"]
    assert text_of(page, ".tgme_reaction_paid") == ["7"]
    assert text_of(page, ".tgme_widget_message_poll_question") == ["[ساختگی] آیا؟"]
    assert text_of(page, ".tgme_widget_message_poll_option_text") == ["بله", "نه"]
    assert text_of(page, ".tgme_widget_message_voters") == ["17"]


def test_subscribers_are_rounded_on_the_preview_and_exact_on_the_channel_s_own_page(pages: Pages) -> None:
    pages.world.set_subscribers(pages.channel(posts=1), 10_523_123)
    assert text_of(shown(pages), ".tgme_header_counter") == ["10.5M subscribers"]
    assert text_of(shown(pages, f"/{HANDLE}"), ".tgme_page_extra") == ["10 523 123 subscribers"]


@pytest.mark.parametrize(
    ("kind", "extra"), [(PeerKind.GROUP, "1 234 members, 1 online"), (PeerKind.USER, "@generated_other")]
)
def test_groups_and_people_have_no_preview(pages: Pages, kind: PeerKind, extra: str) -> None:
    pages.channel(handle="generated_other", kind=kind)
    answer = ask(pages, "/s/generated_other")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/generated_other")
    assert text_of(shown(pages, "/generated_other"), ".tgme_page_extra") == [extra]


def test_a_channel_without_preview_leads_to_its_page_and_an_unknown_name_to_telegram_s_front_page(
    pages: Pages,
) -> None:
    pages.world.set_preview(pages.channel(posts=1), False)
    assert ask(pages, f"/s/{HANDLE}").headers["Location"] == f"/{HANDLE}"
    for path in ("/s/generated_nobody", "/generated_nobody"):
        assert ask(pages, path).headers["Location"] == "https://telegram.org/"


def test_a_fault_meets_the_next_requests_for_its_path_and_then_no_more(pages: Pages) -> None:
    pages.channel(posts=1)
    pages.server.fail(WebFault.RATE_LIMITED, times=2, path="/s/", seconds=90)
    assert ask(pages, f"/{HANDLE}").status_code == 200
    answers = [ask(pages, f"/s/{HANDLE}") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["Retry-After"] == "90"
    assert [served.status for served in pages.server.log] == [200, 429, 429, 200]


def test_a_port_that_is_taken_is_told_in_one_line(pages: Pages) -> None:
    with pytest.raises(SandboxError, match=f"port {pages.server.port}"):
        TelegramWebServer(World(), port=pages.server.port).start()
