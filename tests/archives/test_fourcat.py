"""Files of 4CAT with the columns that it writes: datasets of X, which come by Zeeschuimer, and of Telegram."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.archives.making import BEGIN, CHANNEL, NOTHING_SAID, OFFICIAL, TAKEN, legacy_post, lines, post_id, read
from tests.archives.test_formats import One, entries_of, puzzles_of, the_post
from tracker.archives.detect import opened_archive
from tracker.archives.source import opened, parts_of
from tracker.domain.errors import UsageError
from tracker.domain.instants import HOUR
from tracker.domain.records import Metrics, Post
from tracker.domain.words import PostKind

OF_X = (
    "id thread_id timestamp unix_timestamp link body author author_fullname author_id author_avatar_url "
    "author_banner_url source language_guess possibly_sensitive retweet_count reply_count like_count quote_count "
    "impression_count is_retweet retweeted_user is_quote_tweet quoted_user is_quote_withheld is_reply replied_user "
    "is_withheld hashtags urls images videos mentions long_lat place_name"
)
OF_TELEGRAM = (
    "id thread_id chat author author_username author_name author_is_bot body body_markdown is_reply reply_to views "
    "reactions timestamp unix_timestamp timestamp_edited unix_timestamp_edited author_forwarded_from_name "
    "author_forwarded_from_username author_forwarded_from_id entities_linked entities_mentioned all_connections "
    "timestamp_forwarded_from unix_timestamp_forwarded_from link_title link_description link_attached "
    "attachment_type attachment_data attachment_filename"
)
OLDER_OF_TELEGRAM = (
    "id thread_id chat author author_username author_name author_is_bot body reply_to views timestamp unix_timestamp "
    "timestamp_edited unix_timestamp_edited author_forwarded_from_name author_forwarded_from_username "
    "timestamp_forwarded_from unix_timestamp_forwarded_from attachment_type attachment_data attachment_filename"
)
PERSON = 5_551_234


def table(path: Path, columns: str, rows: Iterable[Mapping[str, object]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns.split(), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def times(number: int) -> dict[str, object]:
    at = BEGIN + number * HOUR
    return {"timestamp": datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S"), "unix_timestamp": at}


def of_x(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": post_id(number),
        "thread_id": post_id(number),
        **times(number),
        "link": f"https://x.com/sample/status/{post_id(number)}",
        "body": f"[ساختگی] generated {number}",
        "author": "sample",
        "author_id": OFFICIAL,
        "language_guess": "fa",
        **{f"{name}_count": place for place, name in enumerate(("retweet", "reply", "quote"), 1)},
        "like_count": number,
        "impression_count": 17,
        **dict.fromkeys(("is_retweet", "is_quote_tweet", "is_reply", "possibly_sensitive"), "no"),
        **fields,
    }


def of_telegram(number: int, **fields: object) -> dict[str, object]:
    return {
        "id": f"sample_channel-{number}",
        "thread_id": "sample_channel",
        "chat": "sample_channel",
        "author": CHANNEL,
        "author_is_bot": "no",
        "body": f"[ساختگی] generated {number}",
        "is_reply": False,
        "views": 1200,
        **times(number),
        **fields,
    }


def test_a_table_of_x_is_understood_in_all_its_columns(tmp_path: Path) -> None:
    quotes, answers = {"is_quote_tweet": "yes"}, {"is_reply": "yes", "thread_id": post_id(1), "replied_user": "other"}
    reposts = {"is_retweet": "yes", "body": "RT @other: all of it", "impression_count": ""}
    path = table(tmp_path / "4cat.csv", OF_X, [of_x(4, **reposts), of_x(3, **answers), of_x(2, **quotes), of_x(1)])
    chunks = read(path)
    assert puzzles_of(chunks) == []
    reposted, answered, quoted, own = entries_of(chunks)
    assert own == One(OFFICIAL, "sample", the_post(1, metrics=Metrics(1, 1, 2, 3, None, 17)), None)
    assert [entry.post.kind for entry in (quoted, answered, reposted)] == [
        PostKind.QUOTE,
        PostKind.REPLY,
        PostKind.REPOST,
    ]
    assert (reposted.post.text, reposted.post.metrics.views) == ("RT @other: all of it", None)


def test_a_line_of_an_older_dataset_of_x_is_understood(tmp_path: Path) -> None:
    """Before 2023 Zeeschuimer kept the answers of X's search, with the author beside the post."""
    legacy = legacy_post(1, user_id_str=str(OFFICIAL), conversation_id_str="1", reply_count=2, quote_count=3)
    line = {
        "type": "adaptive",
        "id": str(post_id(1)),
        "legacy": legacy,
        "user": {"id_str": str(OFFICIAL), "screen_name": "sample"},
        "__import_meta": {"timestamp_collected": TAKEN * 1000, "source_platform": "twitter.com"},
    }
    (entry,) = entries_of(read(lines(tmp_path / "4cat.ndjson", [line])))
    assert entry == One(OFFICIAL, "sample", the_post(1, metrics=Metrics(1, 1, 2, 3)), TAKEN)


def test_a_table_of_telegram_is_understood_and_names_no_person(tmp_path: Path) -> None:
    forwarded = {"author_forwarded_from_name": "[ساختگی]", "author_forwarded_from_id": PERSON,
                 "unix_timestamp_forwarded_from": BEGIN, "reply_to": 1}  # fmt: skip
    edited = {"unix_timestamp_edited": BEGIN + 9 * HOUR, "reactions": "👍👍❤️"}
    answer = {"is_reply": True, "reply_to": 2}
    rows = [of_telegram(4, **answer), of_telegram(3, **forwarded), of_telegram(2, **edited), of_telegram(1)]
    chunks = read(table(tmp_path / "4cat.csv", OF_TELEGRAM, rows))
    assert puzzles_of(chunks) == []
    entries = entries_of(chunks)
    assert {entry[:2] for entry in entries} == {(None, "sample_channel")}
    assert [(entry.post.post_id, entry.post.kind, entry.post.ref_post_id) for entry in entries] == [
        (4, PostKind.REPLY, 2),
        (3, PostKind.REPOST, None),
        (2, PostKind.ORIGINAL, None),
        (1, PostKind.ORIGINAL, None),
    ]
    assert entries[2].post.edited_at == BEGIN + 9 * HOUR
    plain = Post(1, 1, BEGIN + HOUR, PostKind.ORIGINAL, "[ساختگی] generated 1", metrics=Metrics(views=1200))
    assert entries[3].post == plain
    assert str(PERSON) not in str(entries)


def test_an_older_table_of_telegram_has_the_channel_in_a_column_of_its_own(tmp_path: Path) -> None:
    row = {name: cell for name, cell in of_telegram(7, id=7).items() if name in OLDER_OF_TELEGRAM.split()}
    (entry,) = entries_of(read(table(tmp_path / "4cat.csv", OLDER_OF_TELEGRAM, [row])))
    assert (entry.number, entry.handle, entry.post.post_id) == (None, "sample_channel", 7)


def test_a_channel_without_a_name_is_known_by_its_number(tmp_path: Path) -> None:
    row = of_telegram(7, id=f"{CHANNEL}-7", thread_id=CHANNEL, chat=CHANNEL)
    (entry,) = entries_of(read(table(tmp_path / "4cat.csv", OF_TELEGRAM, [row])))
    assert (entry.number, entry.handle, entry.post.post_id) == (CHANNEL, None, 7)


def test_pictures_of_one_album_are_one_post_whichever_comes_first(tmp_path: Path) -> None:
    at = {**times(9), "attachment_type": "photo"}
    album = [of_telegram(number, **at, body="all three" if number == 12 else "") for number in (13, 12, 11)]
    rows = [of_telegram(14, **times(9)), *album, of_telegram(10, **{**at, **times(8)}), of_telegram(7, **at, body="")]
    expected = [(14, "[ساختگی] generated 14"), (11, "all three"), (10, "[ساختگی] generated 10"), (7, None)]
    newest_first = read(table(tmp_path / "new.csv", OF_TELEGRAM, rows))
    assert [(entry.post.post_id, entry.post.text) for entry in entries_of(newest_first)] == expected
    oldest_first = read(table(tmp_path / "old.csv", OF_TELEGRAM, rows[::-1]))
    assert [(entry.post.post_id, entry.post.text) for entry in entries_of(oldest_first)] == [
        (7, None), (10, "[ساختگی] generated 10"), (11, "all three"), (14, "[ساختگی] generated 14")
    ]  # fmt: skip


def test_ndjson_of_telegram_is_refused_and_what_to_do_is_said(tmp_path: Path) -> None:
    message = {
        "_type": "Message",
        "id": 1,
        "_chat": {"_type": "Channel", "username": "sample_channel"},
        "message": "",
    }
    with pytest.raises(UsageError, match="4CAT's NDJSON of Telegram; have 4CAT write it as CSV"):
        read(lines(tmp_path / "4cat.ndjson", [message, message]))


def test_long_cells_of_an_import_lengthen_those_of_nothing_else_in_the_process(tmp_path: Path) -> None:
    usual = csv.field_size_limit()
    path = table(tmp_path / "4cat.csv", OF_X, [of_x(1, body="x" * 200_000), of_x(2)])
    (part,) = parts_of(path)
    with opened(part) as source:
        for chunk in opened_archive(source, NOTHING_SAID, None)[1].chunks(0):
            assert len(chunk.entries) == 1
            assert csv.field_size_limit() == usual
