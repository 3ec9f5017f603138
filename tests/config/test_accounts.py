"""Handles and numeric ids, as people copy them."""

from __future__ import annotations

import pytest

from tests.config.files import PERSON, REPORTER, assert_one_error, watchlist_of

FILE = "config/watchlist.csv"


@pytest.mark.parametrize(
    "cell",
    [
        "Example_1",
        "@Example_1",
        " @Example_1 ",
        "\u200eExample_1\u200f",
        "https://x.com/Example_1",
        "https://x.com/Example_1/",
        "http://www.twitter.com/Example_1",
        "https://mobile.twitter.com/Example_1?lang=fa",
        "x.com/@Example_1",
        "HTTPS://X.COM/Example_1#top",
    ],
)
def test_a_handle_on_x_is_read_from_every_notation(cell: str) -> None:
    listings, problems = watchlist_of(PERSON | {"handle": cell})
    assert not problems
    assert listings[0].handle == "Example_1"


@pytest.mark.parametrize(
    "cell", ["example_channel", "@example_channel", "https://t.me/example_channel", "https://t.me/s/example_channel",
             "t.me/s/example_channel?before=9", "https://telegram.me/example_channel"],
)  # fmt: skip
def test_a_channel_on_telegram_is_read_from_every_notation(cell: str) -> None:
    listings, problems = watchlist_of(REPORTER | {"handle": cell})
    assert not problems
    assert listings[0].handle == "example_channel"


@pytest.mark.parametrize(
    ("cell", "wrong", "right"),
    [
        ("", "is empty", "such as @name"),
        ("far_too_long_name", "bad handle", "1 to 15 of A-Z"),
        ("وزیر", "bad handle", "1 to 15 of A-Z"),
        ("two words", "bad handle", "1 to 15 of A-Z"),
        ("exämple", "bad handle", "1 to 15 of A-Z"),
        ("https://x.com/", "names no account", "write https://x.com/name"),
        ("https://x.com/example/status/17", "leads to a post", "is it example?"),
        ("https://x.com/i/user/17", "is no account's page", "such as @name"),
        ("https://t.me/example", "leads to telegram", "platform is x"),
        ("https://example.org/example", "neither x nor telegram", "platform is x"),
    ],
)
def test_what_is_no_handle_on_x_is_refused(cell: str, wrong: str, right: str) -> None:
    _, problems = watchlist_of(PERSON | {"handle": cell})
    assert_one_error(problems, f"{FILE}:2: column handle", wrong, right)


@pytest.mark.parametrize(
    ("cell", "wrong", "right"),
    [
        ("abc", "bad handle 'abc'", "4 to 32"),
        ("1example", "bad handle", "begins with a letter"),
        ("a" * 33, "bad handle", "4 to 32"),
        ("https://t.me/example_channel/12", "leads to a post", "is it example_channel?"),
        ("https://x.com/example", "leads to x", "platform is telegram"),
        ("https://t.me/s", "names no account", "https://t.me/name"),
    ],
)
def test_what_is_no_channel_on_telegram_is_refused(cell: str, wrong: str, right: str) -> None:
    _, problems = watchlist_of(REPORTER | {"handle": cell})
    assert_one_error(problems, f"{FILE}:2: column handle", wrong, right)


@pytest.mark.parametrize(
    "cell",
    ["https://t.me/+AbCdEf123", "https://t.me/joinchat/AbCdEf123", "t.me/c/1234567/8", "+AbCdEf123", "@+AbCdEf123"],
)
def test_links_to_private_channels_are_refused(cell: str) -> None:
    _, problems = watchlist_of(REPORTER | {"handle": cell})
    assert_one_error(problems, f"{FILE}:2: column handle", "private channels are never collected", "public channels")


@pytest.mark.parametrize(
    ("cell", "known"),
    [("", None), ("1700000000123456789", 1700000000123456789), ("۱۲۳۴۵۶۷", 1234567), ("١٢٣٤٥٦٧", 1234567)],
)
def test_an_id_on_x_is_digits_or_empty(cell: str, known: int | None) -> None:
    listings, problems = watchlist_of(PERSON | {"platform_id": cell})
    assert not problems
    assert (listings[0].platform_id, listings[0].verified) == (known, True)


@pytest.mark.parametrize(
    "cell", ["1234567890", "-1001234567890", "1001234567890", "\u22121001234567890", "-۱۰۰۱۲۳۴۵۶۷۸۹۰"]
)
def test_an_id_on_telegram_is_made_bare(cell: str) -> None:
    listings, problems = watchlist_of(REPORTER | {"platform_id": cell})
    assert not problems
    assert listings[0].platform_id == 1234567890


def test_a_bare_id_that_begins_like_a_prefix_stays_what_it_is() -> None:
    assert watchlist_of(REPORTER | {"platform_id": "1001234567"})[0][0].platform_id == 1001234567


@pytest.mark.parametrize("cell", ["1.7E+18", "1,70E+18", "1e18", "1.70000000012346E+18", "۱.۷E+۱۸"])
def test_an_id_that_a_spreadsheet_has_rounded_is_refused_with_what_happened(cell: str) -> None:
    _, problems = watchlist_of(PERSON | {"platform_id": cell})
    wrong = f"a spreadsheet has rounded the id to '{cell}' and lost its last digits"
    assert_one_error(problems, f"{FILE}:2: column platform_id", wrong, "format the column as Text")


@pytest.mark.parametrize("cell", ["27966935.0", "27,966,935", "27.966.935", "27 966 935", "27'966'935", "۲۷٬۹۶۶٬۹۳۵"])
def test_an_id_with_separators_is_refused_with_what_happened(cell: str) -> None:
    _, problems = watchlist_of(PERSON | {"platform_id": cell})
    wrong = "a spreadsheet has put separators into the id"
    assert_one_error(problems, f"{FILE}:2: column platform_id", wrong, "format the column as Text")


def test_a_long_id_that_ends_in_zeros_has_lost_its_digits() -> None:
    _, problems = watchlist_of(PERSON | {"platform_id": "1700000000123450000"})
    assert_one_error(problems, f"{FILE}:2: column platform_id", "keeps only 15 digits", "leave it empty")


@pytest.mark.parametrize(
    ("cell", "wrong", "right"),
    [
        ("0", "out of range", "the id that x gives"),
        ("9" * 19, "out of range", "the id that x gives"),
        ("9" * 3000, "out of range", "the id that x gives"),
        ("-5", "bad id '-5'", "write digits"),
        ("12a", "bad id '12a'", "or write unverified"),
        ("unverifed", "bad id 'unverifed'", "or write unverified"),
    ],
)
def test_what_is_no_id_is_refused(cell: str, wrong: str, right: str) -> None:
    _, problems = watchlist_of(PERSON | {"platform_id": cell})
    assert_one_error(problems, f"{FILE}:2: column platform_id", wrong, right)


def test_the_id_of_a_telegram_group_is_refused() -> None:
    _, problems = watchlist_of(REPORTER | {"platform_id": "-12345"})
    assert_one_error(problems, f"{FILE}:2: column platform_id", "is the id of a group", "public channels only")
