"""Every format, read: each post that was written is there with what it says, and nothing else."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from twarc.expansions import flatten  # type: ignore[import-untyped]

from tests.archives.making import (
    BEGIN,
    CHANNEL,
    OFFICIAL,
    OTHER,
    TAKEN,
    document,
    gzipped,
    legacy_post,
    lines,
    post_id,
    read,
    renamed,
    telegram_chat,
    telegram_message,
    x_page,
    x_post,
    zeeschuimer_line,
)
from tracker.archives.entries import Chunk, Hints, Puzzle
from tracker.archives.source import opened, parts_of
from tracker.domain.errors import UsageError
from tracker.domain.instants import HOUR, Instant
from tracker.domain.intervals import span
from tracker.domain.records import Metrics, Post
from tracker.domain.words import Platform, PostKind

TEN = range(10)
OWNER = Hints(account="sample_minister")


class One(NamedTuple):
    """A post of an entry by itself."""

    number: int | None
    handle: str | None
    post: Post
    taken_at: Instant | None


def entries_of(chunks: list[Chunk]) -> list[One]:
    return [
        One(entry.number, entry.handle, post, entry.taken_at)
        for chunk in chunks
        for entry in chunk.entries
        for post in entry.posts
    ]


def puzzles_of(chunks: list[Chunk]) -> list[Puzzle]:
    return [puzzle for chunk in chunks for puzzle in chunk.puzzles]


def the_post(number: int, **fields: object) -> Post:
    metrics = Metrics(likes=number, reposts=1, replies=2, quotes=3)
    made = Post(
        post_id(number),
        post_id(number),
        BEGIN + number * HOUR,
        PostKind.ORIGINAL,
        f"[ساختگی] generated {number}",
        "fa",
        metrics=metrics,
    )
    return made._replace(**fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("dialect", [dict, renamed])
def test_pages_of_the_api_give_every_post_once(tmp_path: Path, dialect: Any) -> None:
    pages = [x_page([dialect(x_post(number)) for number in some]) for some in (range(5), range(5, 10))]
    chunks = read(lines(tmp_path / "pages.jsonl", pages))
    assert entries_of(chunks) == [One(OFFICIAL, None, the_post(number), TAKEN) for number in TEN]
    assert [chunk.place for chunk in chunks] == [1, 2]


def test_flattened_pages_give_the_same_posts_as_the_pages(tmp_path: Path) -> None:
    users = [{"id": str(OFFICIAL), "username": "sample_minister", "name": "[ساختگی]"}]
    whole = "[ساختگی] " + "a long text " * 20
    reposted = x_post(50, OTHER, text=whole)
    cut = x_post(
        3,
        text="RT @other: " + whole[:100] + "…",
        referenced_tweets=[{"type": "retweeted", "id": reposted["id"]}],
        entities={"mentions": [{"username": "other", "id": str(OTHER), "start": 3, "end": 8}]},
    )
    answer = x_post(4, referenced_tweets=[{"type": "replied_to", "id": "77"}], in_reply_to_user_id=str(OTHER))
    posts = [x_post(1), x_post(2), cut, answer]
    page = x_page(posts, includes={"users": users, "tweets": [reposted]})
    pages = entries_of(read(lines(tmp_path / "pages.jsonl", [page])))
    flat = entries_of(read(lines(tmp_path / "flat.jsonl", flatten(json.loads(json.dumps(page))))))
    assert flat == pages
    assert [(entry.post.kind, entry.post.ref_post_id, entry.post.ref_author_id) for entry in flat[2:]] == [
        (PostKind.REPOST, post_id(50), OTHER),
        (PostKind.REPLY, 77, OTHER),
    ]
    assert flat[2].post.text == whole
    assert {entry.handle for entry in flat} == {"sample_minister"}


def test_an_answer_about_one_post_is_a_page_too(tmp_path: Path) -> None:
    chunks = read(lines(tmp_path / "one.jsonl", [{"data": x_post(1)}]))
    assert [entry.post for entry in entries_of(chunks)] == [the_post(1)]


def test_users_are_no_posts_whomever_the_user_names(tmp_path: Path) -> None:
    user = {"id": "12", "username": "somebody", "name": "[ساختگی]", "created_at": "2010-05-01T00:00:00.000Z"}
    users = [{"data": [user, user | {"id": "13"}, user | {"id": "x"}]}, {"data": user}, user | {"public_metrics": {}}]
    chunks = read(lines(tmp_path / "users.jsonl", [*users, x_page([x_post(1)])]), Hints(account="sample_minister"))
    assert [entry.post for entry in entries_of(chunks)] == [the_post(1)]
    assert [chunk.others for chunk in chunks] == [2, 1, 1, 0]
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [1]


def test_an_item_that_does_not_fit_is_told_with_its_line_and_the_others_are_kept(tmp_path: Path) -> None:
    pages = [x_page([x_post(1)]), x_page([x_post(2), x_post(3) | {"id": "twelve"}, x_post(4)])]
    chunks = read(lines(tmp_path / "pages.jsonl", [*pages, {"errors": [{"title": "Not Found Error"}]}]))
    assert [entry.post for entry in entries_of(chunks)] == [the_post(1), the_post(2), the_post(4)]
    ((place, reason),) = puzzles_of(chunks)
    assert place == 2
    assert "$.id" in reason
    assert "twelve" not in reason


def test_a_last_line_that_is_cut_off_is_told_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(number) for number in TEN])
    path.write_bytes(path.read_bytes()[:-40])
    chunks = read(path)
    assert [entry.post for entry in entries_of(chunks)] == [the_post(number) for number in range(9)]
    assert puzzles_of(chunks) == [Puzzle(10, "cut off: the file ends in the middle of it")]


def test_the_archive_of_x_gives_the_owners_posts_of_every_kind(tmp_path: Path) -> None:
    link = {"url": "https://t.co/q", "expanded_url": f"https://twitter.com/other/status/{post_id(90)}"}
    tweets = [
        legacy_post(0),
        legacy_post(1, full_text="RT @other: said", entities={"user_mentions": [{"id_str": str(OTHER)}]}),
        legacy_post(2, in_reply_to_status_id_str="88", in_reply_to_user_id_str=str(OTHER)),
        legacy_post(3, full_text="look https://t.co/q", entities={"urls": [link]}),
        legacy_post(5, edit_info={"edit": {"initialTweetId": str(post_id(4))}}),
    ]
    path = document(tmp_path / "tweets.js", [{"tweet": tweet} for tweet in tweets], "window.YTD.tweets.part0 = ")
    entries = entries_of(read(path, OWNER))
    told = [(entry.post.kind, entry.post.ref_post_id, entry.post.ref_author_id) for entry in entries]
    assert told == [
        (PostKind.ORIGINAL, None, None),
        (PostKind.REPOST, None, OTHER),
        (PostKind.REPLY, 88, OTHER),
        (PostKind.QUOTE, post_id(90), None),
        (PostKind.ORIGINAL, None, None),
    ]
    assert (entries[4].post.post_id, entries[4].post.version_id) == (post_id(4), post_id(5))
    assert entries[4].post.posted_at == BEGIN + 4 * HOUR
    assert {(entry.number, entry.handle) for entry in entries} == {(None, "sample_minister")}


def test_an_archive_of_x_that_names_nobody_asks_whose_it_is(tmp_path: Path) -> None:
    path = document(tmp_path / "tweets.js", [{"tweet": legacy_post(0)}], "window.YTD.tweets.part0 = ")
    with pytest.raises(UsageError, match="--account @handle"):
        read(path)


def test_another_file_of_the_archive_of_x_is_refused(tmp_path: Path) -> None:
    path = document(tmp_path / "like.js", [{"like": {}}], "window.YTD.like.part0 = ")
    with pytest.raises(UsageError, match="holds 'like'"):
        read(path, OWNER)


def test_zeeschuimers_lines_and_4cats_give_the_same_posts(tmp_path: Path) -> None:
    wrapped = [zeeschuimer_line(number) for number in TEN]
    bare = [{**line["data"], "__import_meta": {"timestamp_collected": TAKEN * 1000}} for line in wrapped]
    first = entries_of(read(lines(tmp_path / "zeeschuimer.ndjson", wrapped)))
    assert first == entries_of(read(lines(tmp_path / "4cat.ndjson", bare)))
    posts = [the_post(number, metrics=Metrics(number, 1, 2, 3, None, 17)) for number in TEN]
    assert first == [One(OFFICIAL, "sample", post, TAKEN) for post in posts]


def test_zeeschuimers_repost_has_the_whole_text_and_other_platforms_are_passed_over(tmp_path: Path) -> None:
    original = zeeschuimer_line(7, OTHER)["data"]
    repost = zeeschuimer_line(8, full_text="RT @x: …", retweeted_status_result={"result": original})
    other = {"nav_index": "1", "source_platform": "tiktok.com", "data": {"id": "1"}, "timestamp_collected": 1}
    chunks = read(lines(tmp_path / "zeeschuimer.ndjson", [repost, other]))
    (entry,) = entries_of(chunks)
    assert (entry.post.kind, entry.post.ref_post_id, entry.post.ref_author_id) == (PostKind.REPOST, post_id(7), OTHER)
    assert entry.post.text == "[ساختگی] generated 7"
    assert sum(chunk.others for chunk in chunks) == 1


def test_a_channels_export_gives_its_posts_and_proves_the_time_between_its_first_and_last(tmp_path: Path) -> None:
    service = telegram_message(1, type="service", action="create_channel")
    mixed = telegram_message(2, text=["see ", {"type": "link", "text": "https://example.org"}])
    forwarded = telegram_message(3, forwarded_from="[ساختگی]", forwarded_from_id="channel55")
    answer = telegram_message(4, reply_to_message_id=2, edited_unixtime=str(TAKEN))
    last = telegram_message(5, reactions=[{"type": "emoji", "count": 3}, {"type": "emoji", "count": 4}])
    chunks = read(document(tmp_path / "result.json", telegram_chat([service, mixed, forwarded, answer, last])))
    entries = entries_of(chunks)
    assert [entry.number for entry in entries] == [CHANNEL] * 4
    assert [(e.post.post_id, e.post.kind, e.post.ref_author_id, e.post.ref_post_id) for e in entries] == [
        (2, PostKind.ORIGINAL, None, None),
        (3, PostKind.REPOST, 55, None),
        (4, PostKind.REPLY, CHANNEL, 2),
        (5, PostKind.ORIGINAL, None, None),
    ]
    assert entries[0].post.text == "see https://example.org"
    assert entries[2].post.edited_at == TAKEN
    assert entries[3].post.metrics.reactions == 7
    assert [chunk.proof.time for chunk in chunks if chunk.proof] == [span(BEGIN + HOUR, BEGIN + 5 * HOUR)]


def test_pictures_of_one_second_with_consecutive_numbers_are_one_post(tmp_path: Path) -> None:
    at = {"date_unixtime": str(BEGIN), "photo": "(not included)"}
    album = [telegram_message(number, **at, text="" if number != 3 else "all three") for number in (2, 3, 4)]
    alone = [telegram_message(5, **at), telegram_message(9, **at, text=""), telegram_message(10)]
    chunks = read(document(tmp_path / "result.json", telegram_chat([*album, *alone])))
    assert [(entry.post.post_id, entry.post.text) for entry in entries_of(chunks)] == [
        (2, "all three"),
        (5, "[ساختگی] generated 5"),
        (9, None),
        (10, "[ساختگی] generated 10"),
    ]


def test_a_full_export_gives_its_channels_and_never_groups_or_persons(tmp_path: Path) -> None:
    person = telegram_chat([telegram_message(1, from_id="user5")], type="personal_chat", id=5)
    group = telegram_chat([telegram_message(1, from_id="user5")], type="public_supergroup", id=6)
    channel = telegram_chat([telegram_message(number) for number in range(1, 4)])
    whole = {"personal_information": {"user_id": 5}, "chats": {"about": "", "list": [person, channel, group]}}
    chunks = read(document(tmp_path / "result.json", whole))
    assert [entry.post.post_id for entry in entries_of(chunks)] == [1, 2, 3]
    assert sum(chunk.others for chunk in chunks) == 2
    assert not any(chunk.proof for chunk in chunks)


def test_a_full_export_is_not_taken_for_the_channel_that_the_user_names(tmp_path: Path) -> None:
    channels = [telegram_chat([telegram_message(1, from_id=f"channel{number}")], id=number) for number in (900, 901)]
    path = document(tmp_path / "result.json", {"chats": {"about": "", "list": channels}})
    with pytest.raises(UsageError, match="platform_id into the watchlist"):
        read(path, Hints(account="mine"))
    assert [(entry.number, entry.handle) for entry in entries_of(read(path))] == [(900, None), (901, None)]
    single = document(tmp_path / "single.json", channels[1])
    assert [(entry.number, entry.handle) for entry in entries_of(read(single, Hints(account="mine")))] == [
        (901, "mine")
    ]


def test_an_export_without_exact_times_needs_a_zone(tmp_path: Path) -> None:
    message = telegram_message(1, date="2022-10-03T03:30:00")
    del message["date_unixtime"]
    path = document(tmp_path / "result.json", telegram_chat([message]))
    assert "--zone" in puzzles_of(read(path))[0].reason
    (entry,) = entries_of(read(path, Hints(zone="Asia/Tehran")))
    assert entry.post.posted_at == BEGIN


def test_an_export_that_breaks_off_keeps_what_is_before(tmp_path: Path) -> None:
    path = document(tmp_path / "result.json", telegram_chat([telegram_message(number) for number in range(1, 9)]))
    path.write_bytes(path.read_bytes()[:-200])
    chunks = read(path)
    assert [entry.post.post_id for entry in entries_of(chunks)] == list(range(1, 8))
    assert puzzles_of(chunks)[0].reason.startswith("cut off")
    assert not any(chunk.proof for chunk in chunks)


HEADER = "id,unix_timestamp,author,author_id,body,is_retweet,is_reply,like_count,impression_count\n"


def test_4cats_table_is_understood_without_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "4cat.csv"
    path.write_text(
        HEADER
        + f'{post_id(1)},{BEGIN + HOUR},sample,{OFFICIAL},"two\nlines, quoted",no,no,5,0\n'
        + f"{post_id(2)},{BEGIN + 2 * HOUR},sample,{OFFICIAL},RT,yes,no,,\n",
        "utf-8",
    )
    entries = entries_of(read(path))
    assert entries[0].post == Post(
        post_id(1), post_id(1), BEGIN + HOUR, PostKind.ORIGINAL, "two\nlines, quoted", metrics=Metrics(likes=5)
    )
    assert entries[0][:2] == (OFFICIAL, "sample")
    assert entries[1].post.kind is PostKind.REPOST


FOURCAT_X = (
    "id,thread_id,timestamp,unix_timestamp,link,body,author,author_fullname,author_id,source,language_guess,"
    "possibly_sensitive,retweet_count,reply_count,like_count,quote_count,impression_count,is_retweet,retweeted_user,"
    "is_quote_tweet,quoted_user,is_reply,replied_user,is_withheld,hashtags,urls,mentions"
)
"""The columns of 4CAT's "twitter-search" datasets, in its order (datasources/twitter-import, 2025)."""


def test_4cats_table_of_posts_on_x_has_their_kinds_and_counters(tmp_path: Path) -> None:
    path = tmp_path / "twitter-search.csv"

    def row(number: int, retweet: str, quote: str, reply: str, body: str) -> str:
        link = f"https://x.com/sample/status/{post_id(number)}"
        return (
            f"{post_id(number)},{post_id(1)},2022-10-03 01:00:00,{BEGIN + number * HOUR},{link},{body},sample,Sample,"
            f"{OFFICIAL},web,fa,no,3,1,5,2,70,{retweet},,{quote},,{reply},,no,,,"
        )

    rows = [
        row(1, "no", "no", "no", '"[ساختگی], one"'),
        row(2, "yes", "no", "no", "RT @x: two"),
        row(3, "no", "yes", "no", "three"),
        row(4, "no", "no", "yes", "four"),
    ]
    path.write_text("\n".join([FOURCAT_X, *rows, ""]), "utf-8")
    entries = entries_of(read(path))
    assert {entry[:2] for entry in entries} == {(OFFICIAL, "sample")}
    kinds = [PostKind.ORIGINAL, PostKind.REPOST, PostKind.QUOTE, PostKind.REPLY]
    assert [(entry.post.post_id, entry.post.kind) for entry in entries] == [
        (post_id(number), kind) for number, kind in enumerate(kinds, 1)
    ]
    counters = Metrics(likes=5, reposts=3, replies=1, quotes=2, views=70)
    assert entries[0].post == Post(
        *(post_id(1), post_id(1), BEGIN + HOUR, PostKind.ORIGINAL), "[ساختگی], one", "fa", metrics=counters
    )


FOURCAT_TELEGRAM = (
    "id,thread_id,chat,author,author_username,author_name,author_is_bot,body,reply_to,views,timestamp,unix_timestamp,"
    "timestamp_edited,unix_timestamp_edited,author_forwarded_from_name,author_forwarded_from_username,"
    "timestamp_forwarded_from,unix_timestamp_forwarded_from,attachment_type,attachment_data,attachment_filename"
)
"""The columns of 4CAT's "telegram-search" datasets, in its order (datasources/telegram)."""


def test_4cats_table_of_a_channel_is_the_channels_whoever_wrote(tmp_path: Path) -> None:
    path = tmp_path / "telegram-search.csv"
    at = BEGIN + HOUR
    rows = [
        f"7,sample_channel,sample_channel,777,somebody,,no,[ساختگی] one,,120,2022-10-03 01:00:00,{at},,,,,,,,,",
        f"8,sample_channel,sample_channel,777,somebody,,no,two,7,,2022-10-03 01:00:00,{at},x,{at + 60},,,,,photo,,",
        f"sample_channel-9,sample_channel,sample_channel,,,,,three,,,x,{at},,,[ساختگی] other,,x,{BEGIN},,,",
    ]
    path.write_text("\n".join([FOURCAT_TELEGRAM, *rows, ""]), "utf-8")
    entries = entries_of(read(path))
    assert {entry[:2] for entry in entries} == {(None, "sample_channel")}
    assert [entry.post for entry in entries] == [
        Post(7, 7, at, PostKind.ORIGINAL, "[ساختگی] one", metrics=Metrics(views=120)),
        Post(8, 8, at, PostKind.REPLY, "two", ref_post_id=7, edited_at=at + 60),
        Post(9, 9, at, PostKind.REPOST, "three"),
    ]


def test_a_mapping_says_which_column_is_what(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("nr;wann;was\n5;2022-10-03T03:30:00+03:30;hello\n", "utf-8")
    hints = Hints(
        account="sample_channel",
        platform=Platform.TELEGRAM,
        columns={"post_id": "nr", "posted_at": "Wann", "text": "was"},
    )
    (entry,) = entries_of(read(path, hints))
    assert entry == One(None, "sample_channel", Post(5, 5, BEGIN, PostKind.ORIGINAL, "hello"), None)


@pytest.mark.parametrize("cell", ["2022-10-03 03:30:00", "2022-10-03T03:30"])
def test_a_time_without_an_offset_is_refused_unless_its_zone_is_said(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"post_id,posted_at\n5,{cell}\n", "utf-8")
    with pytest.raises(UsageError, match=r"own.csv: line 2: .* --zone"):
        read(path)
    (entry,) = entries_of(read(path, Hints(zone="Asia/Tehran", platform=Platform.TELEGRAM)))
    assert entry.post.posted_at == BEGIN


@pytest.mark.parametrize("rounded", ["1600000000000000000", "1575000000000000000.0", "1.6E+18"])
def test_an_id_of_which_a_spreadsheet_has_kept_the_first_digits_is_not_understood(
    tmp_path: Path, rounded: str
) -> None:
    path = tmp_path / "own.csv"
    whole = "1600000000000000001"
    path.write_text(
        f"id,created_at,author_id\n{rounded},{BEGIN},5\n{whole},{BEGIN},{rounded}\n{whole},{BEGIN},1000000000\n",
        "utf-8",
    )
    chunks = read(path)
    assert [entry.number for entry in entries_of(chunks)] == [1_000_000_000]
    assert [puzzle.reason for puzzle in puzzles_of(chunks)] == [
        "post_id has been rounded by a spreadsheet: write ids as text",
        "account_id has been rounded by a spreadsheet: write ids as text",
    ]


def test_a_table_all_of_whose_ids_a_spreadsheet_has_rounded_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"

    def write(ids: list[int]) -> None:
        path.write_text("id,created_at\n" + "".join(f"{number},{BEGIN}\n" for number in ids), "utf-8")

    write([5, *(post_id(number) // 10_000 * 10_000 for number in TEN)])
    with pytest.raises(UsageError, match="rounded ids to 15 digits"):
        read(path)
    write([post_id(1) // 10_000 * 10_000, post_id(2), *(post_id(number) // 10_000 * 10_000 for number in TEN)])
    assert len(entries_of(read(path))) == 12, "one that is not rounded shows that none is"


def test_an_id_that_a_spreadsheet_has_rounded_is_not_understood(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text(f"id,created_at\n1.57E+18,{BEGIN}\n5,{BEGIN}\n7,yesterday\n8\n", "utf-8")
    chunks = read(path)
    assert [entry.post.post_id for entry in entries_of(chunks)] == [5]
    assert [puzzle.place for puzzle in puzzles_of(chunks)] == [2, 4, 5]
    assert "rounded" in puzzles_of(chunks)[0].reason


def test_a_table_without_a_needed_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(UsageError, match="--map post_id=COLUMN; it has a, b"):
        read(path)


def test_however_a_file_is_packed_its_reader_tells_how_far_it_is(tmp_path: Path) -> None:
    flat = lines(tmp_path / "flat.jsonl", [x_post(number) for number in range(2000)])
    with zipfile.ZipFile(tmp_path / "flat.zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.write(flat, "data/tweets.js")
        for number in range(500):
            zipped.writestr(f"data/media/{number}.jpg", "x" * 100)
    for path in (flat, gzipped(flat), tmp_path / "flat.zip"):
        (part,) = parts_of(path)
        told: list[int] = []
        with opened(part, told.append) as source:
            while source.read(10_000):
                pass
        assert len([count for count in told if count]) > 1
        assert part.size - 2 <= sum(told) <= part.size  # the first two bytes tell how it is packed


def test_packed_files_are_read_like_others(tmp_path: Path) -> None:
    path = lines(tmp_path / "flat.jsonl", [x_post(number) for number in TEN])
    assert entries_of(read(gzipped(path))) == entries_of(read(path))
    tweets = document(tmp_path / "tweets.js", [{"tweet": legacy_post(1)}], "window.YTD.tweets.part0 = ")
    with zipfile.ZipFile(tmp_path / "twitter.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(tweets, "data/tweets.js")
        packed.writestr("data/like.js", "window.YTD.like.part0 = []")
    assert entries_of(read(tmp_path / "twitter.zip", OWNER)) == entries_of(read(tweets, OWNER))
