"""The watchlist: what its rows mean, and what is refused."""

from __future__ import annotations

import hashlib

import pytest

from tests.config.files import (
    PERSON,
    REPORTER,
    SETTINGS,
    assert_one_error,
    errors,
    file_of,
    read_watchlist,
    watchlist_of,
)
from tracker.config import watchlist
from tracker.config.problems import Severity
from tracker.domain.instants import from_iso
from tracker.domain.intervals import BEGINNING, FOREVER
from tracker.domain.words import Mode, Platform, Protection, Residence, Role

FILE = "config/watchlist.csv"
OTHER = {"subject": "other", "name": "Other Example", "handle": "other", "platform_id": "99"}


def test_a_row_becomes_a_listing() -> None:
    listings, problems = watchlist_of(PERSON | {"country": "ir", "role": "Official"})
    listing = listings[0]
    assert not problems
    assert (listing.subject, listing.name, listing.name_native) == (
        "minister-of-examples",
        "Example Minister",
        "وزیر نمونه",
    )
    assert (listing.role, listing.country, listing.residence) == (Role.OFFICIAL, "IR", Residence.UNKNOWN)
    assert (listing.platform, listing.handle, listing.platform_id) == (Platform.X, "exampleminister", 1234567)
    assert (listing.protection, listing.verified) == (Protection.NAMED, True)
    assert (listing.since, listing.until, listing.line) == (BEGINNING, FOREVER, 2)


def test_the_watchlist_carries_the_digest_of_its_file() -> None:
    data = file_of(watchlist.LAYOUT, [PERSON])
    found, _ = watchlist.read_watchlist(data, SETTINGS)
    assert found.digest == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("role", ["official", "state_body", "outlet"])
def test_an_empty_residence_is_unknown_and_does_not_put_officials_and_outlets_at_risk(role: str) -> None:
    listings, _ = watchlist_of(PERSON | {"role": role})
    assert (listings[0].residence, listings[0].protection) == (Residence.UNKNOWN, Protection.NAMED)


@pytest.mark.parametrize("role", ["journalist", "activist"])
def test_an_empty_residence_is_unknown_for_the_others_and_puts_them_at_risk(role: str) -> None:
    listings, _ = watchlist_of(REPORTER | {"role": role})
    assert (listings[0].residence, listings[0].protection) == (Residence.UNKNOWN, Protection.AT_RISK)


@pytest.mark.parametrize("residence", ["", "inside", "unknown"])
def test_to_name_somebody_exposed_takes_a_reason(residence: str) -> None:
    row = REPORTER | {"residence": residence, "protection": "named"}
    _, problems = watchlist_of(row)
    assert_one_error(problems, f"{FILE}:2: column protection_reason", "would be named", "write why it is safe")
    listings, problems = watchlist_of(row | {"protection_reason": "publishes under the own name since 2010"})
    assert not problems
    assert listings[0].protection is Protection.NAMED


def test_somebody_abroad_is_named_and_may_still_be_put_at_risk() -> None:
    assert watchlist_of(REPORTER | {"residence": "abroad"})[0][0].protection is Protection.NAMED
    stated = REPORTER | {"residence": "abroad", "protection": "at_risk"}
    assert watchlist_of(stated)[0][0].protection is Protection.AT_RISK


@pytest.mark.parametrize(
    ("column", "cell", "wrong", "right"),
    [
        ("subject", "", "is empty", "write a short key"),
        ("subject", "Example Minister", "bad key 'Example Minister'", "write example-minister"),
        ("subject", "وزیر", "bad key", "use a-z"),
        ("name", "", "is empty", "fill it in"),
        ("role", "", "is empty", "write one of official, state_body, outlet, journalist, activist"),
        ("role", "oficial", "unknown role 'oficial'", "did you mean official?"),
        ("role", "state body", "unknown role", "did you mean state_body?"),
        ("role", "minister", "unknown role", "did you mean official?"),
        ("role", "zzz", "unknown role", "write one of official"),
        ("country", "", "is empty", "write a two-letter country code such as IR"),
        ("country", "UK", "unknown country 'UK'", "write GB for United Kingdom"),
        ("country", "Iran", "unknown country 'Iran'", "write IR for Iran"),
        ("country", "Irann", "unknown country 'Irann'", "write IR for Iran"),
        ("country", "ایران", "unknown country", "write IR for Iran"),
        ("country", "QQ", "unknown country 'QQ'", "ISO 3166-1"),
        ("residence", "abrod", "unknown residence 'abrod'", "did you mean abroad?"),
        ("protection", "atrisk", "unknown protection 'atrisk'", "did you mean at_risk?"),
        ("platform", "twitter", "unknown platform 'twitter'", "did you mean x?"),
        ("platform", "telegramm", "unknown platform 'telegramm'", "did you mean telegram?"),
        ("platform", "", "is empty", "write one of x, telegram"),
        ("from", "21/09/2022", "bad date '21/09/2022'", "write 2022-09-21"),
        ("from", "03/04/2022", "bad date '03/04/2022'", "write 2022-03-04 or 2022-04-03"),
        ("from", "2022-9-1", "bad date '2022-9-1'", "write 2022-09-01"),
        ("from", "2022-09-21 00:00:00", "bad date", "write 2022-09-21"),
        ("from", "Jun-09", "bad date 'Jun-09'", "write YYYY-MM-DD"),
        ("from", "2022-02-30", "there is no day '2022-02-30'", "a day that the calendar has"),
        ("from", "1401-06-30", "looks like the Solar Hijri calendar", "write the Gregorian date"),
        ("from", "9999-01-01", "bad year", "from 1990 to 2100"),
        ("until", "2022", "bad date '2022'", "write a day or a month"),
    ],
)
def test_a_wrong_cell_is_named_with_what_would_be_right(column: str, cell: str, wrong: str, right: str) -> None:
    _, problems = watchlist_of(PERSON, PERSON | OTHER | {column: cell})
    assert_one_error(problems, f"{FILE}:3: column {column}", wrong, right)


def test_the_european_union_is_a_country_here() -> None:
    assert watchlist_of(PERSON | {"country": "eu"})[0][0].country == "EU"


def test_from_and_until_are_days_of_the_country_and_the_last_day_counts() -> None:
    listings, _ = watchlist_of(PERSON | {"from": "2023-01-01", "until": "2023-01-31"})
    assert listings[0].since == from_iso("2023-01-01T00:00:00+03:30")
    assert listings[0].until == from_iso("2023-02-01T00:00:00+03:30")


def test_a_month_begins_on_its_first_day_and_ends_with_its_last() -> None:
    listings, _ = watchlist_of(PERSON | {"from": "۲۰۲۳-۰۲", "until": "2023-02"})
    assert listings[0].since == from_iso("2023-02-01T00:00:00+03:30")
    assert listings[0].until == from_iso("2023-03-01T00:00:00+03:30")


def test_until_before_from_is_refused() -> None:
    _, problems = watchlist_of(PERSON | {"from": "2023-02-01", "until": "2023-01-31"})
    wrong = "until 2023-01-31 is before from 2023-02-01"
    assert_one_error(problems, f"{FILE}:2: column until", wrong, "the last day on which the row holds")


def test_one_day_is_a_span() -> None:
    listings, problems = watchlist_of(PERSON | {"from": "2023-02-01", "until": "2023-02-01"})
    assert not problems
    assert listings[0].until - listings[0].since == 86400


def test_an_account_that_is_listed_twice_is_a_duplicate() -> None:
    _, problems = watchlist_of(PERSON, REPORTER, PERSON)
    wrong = "duplicate account 'exampleminister' on x: line 2 lists it for the same time"
    assert_one_error(problems, f"{FILE}:4: column handle", wrong, "from and until")


def test_the_same_handle_in_other_letters_or_as_a_link_is_a_duplicate() -> None:
    row = PERSON | {"platform_id": ""}
    _, problems = watchlist_of(row, row | {"handle": "https://x.com/ExampleMinister"})
    assert_one_error(problems, f"{FILE}:3: column handle", "line 2 lists it for the same time", "delete one")


def test_the_same_id_under_another_handle_is_a_duplicate() -> None:
    _, problems = watchlist_of(PERSON, PERSON | {"handle": "renamed"})
    assert_one_error(problems, f"{FILE}:3: column platform_id", "duplicate account 'renamed'", "delete one")


def test_one_handle_with_two_ids_at_the_same_time_is_a_duplicate() -> None:
    _, problems = watchlist_of(PERSON, PERSON | {"platform_id": "77"})
    assert_one_error(problems, f"{FILE}:3: column handle", "line 2 lists it for the same time", "delete one")


def test_an_account_belongs_to_one_subject_even_at_different_times() -> None:
    former = PERSON | {"until": "2020-12-31"}
    _, problems = watchlist_of(former, PERSON | {"subject": "other", "from": "2021-01-01"})
    wrong = "line 2 lists it for minister-of-examples"
    assert_one_error(problems, f"{FILE}:3: column handle", wrong, "belongs to one subject")


def test_duplicates_are_found_in_rows_that_are_wrong_in_other_cells_too() -> None:
    _, problems = watchlist_of(PERSON, PERSON | {"role": "spy"})
    assert [(problem.line, problem.column) for problem in errors(problems)] == [(3, "role"), (3, "handle")]


def test_rows_of_one_account_that_follow_each_other_are_one_account() -> None:
    later = PERSON | {"role": "journalist", "residence": "abroad", "from": "2021-01-01", "platform_id": ""}
    earlier = PERSON | {"until": "2020-12-31"}
    found, problems = watchlist.read_watchlist(file_of(watchlist.LAYOUT, [later, earlier]), SETTINGS)
    assert not problems
    assert [account.platform_id for account in found.accounts] == [1234567]
    assert [listing.role for listing in found.accounts[0].listings] == [Role.OFFICIAL, Role.JOURNALIST]


def test_a_row_without_id_beside_two_ids_of_its_handle_has_to_say_which() -> None:
    rows = [
        PERSON | {"until": "2019-12-31"},
        PERSON | {"platform_id": "77", "from": "2020-01-01", "until": "2020-12-31"},
        PERSON | {"platform_id": "", "from": "2021-01-01"},
    ]
    _, problems = watchlist_of(*rows)
    assert_one_error(problems, f"{FILE}:4: column platform_id", "stands with several ids", "write the id")


def test_rows_of_one_subject_agree_on_its_name() -> None:
    _, problems = watchlist_of(PERSON, PERSON | {"name": "Somebody Else", "handle": "else", "platform_id": "9"})
    wrong = "is named 'Somebody Else' here and 'Example Minister' in line 2"
    assert_one_error(problems, f"{FILE}:3: column name", wrong, "one name for one subject")


@pytest.mark.parametrize(
    ("column", "cell"), [("role", "outlet"), ("country", "RU"), ("residence", "abroad"), ("protection", "at_risk")]
)
def test_rows_of_one_subject_agree_on_what_it_is_at_one_time(column: str, cell: str) -> None:
    _, problems = watchlist_of(PERSON, PERSON | {"handle": "second", "platform_id": "9", column: cell})
    assert_one_error(problems, f"{FILE}:3: column {column}", f"is {cell} here and", "from and until")


def test_what_a_subject_is_may_change_in_time() -> None:
    earlier = PERSON | {"country": "RU", "until": "2020-12-31"}
    _, problems = watchlist_of(earlier, PERSON | {"handle": "second", "platform_id": "9", "from": "2021-01-02"})
    assert not problems


def test_several_accounts_of_one_subject_are_welcome() -> None:
    second = PERSON | {"platform": "telegram", "handle": "exampleminister"}
    listings, problems = watchlist_of(PERSON, second)
    assert not problems
    assert [listing.platform for listing in listings] == [Platform.X, Platform.TELEGRAM]


def test_an_unverified_account_is_listed_with_a_note() -> None:
    listings, problems = watchlist_of(PERSON | {"platform_id": "Unverified"})
    assert (listings[0].platform_id, listings[0].verified) == (None, False)
    assert [problem.severity for problem in problems] == [Severity.NOTE]
    assert str(problems[0]).startswith(f"{FILE}:2: note: column platform_id: 'exampleminister' on x is unverified")
    assert "clear the cell" in problems[0].right


def test_handles_and_ids_are_not_judged_where_the_platform_is_unknown() -> None:
    _, problems = watchlist_of(PERSON | {"platform": "myspace", "handle": "any thing", "platform_id": "?"})
    assert_one_error(problems, f"{FILE}:2: column platform", "unknown platform", "write one of x, telegram")


@pytest.mark.parametrize(("count", "same"), [(30_000, False), (30_000, True)])
def test_a_huge_watchlist_is_read_whole_and_every_double_named(count: int, same: bool) -> None:
    header, row = file_of(watchlist.LAYOUT, [PERSON]).decode().splitlines()
    own = (row.replace("1234567", str(n)).replace("exampleminister", f"h{n}") for n in range(1, count + 1))
    rows = [row] * count if same else own
    listings, problems = read_watchlist("\n".join([header, *rows]).encode())
    assert len(listings) == count
    assert len(problems) == (count - 1 if same else 0)


def test_overlapping_spans_are_found_through_a_long_one_that_began_before() -> None:
    # The second row ends before the third begins; the third still lies within the first.
    first = PERSON | {"from": "2020-01-01", "until": "2024-12-31"}
    second = PERSON | {"from": "2021-01-01", "until": "2021-01-31"}
    third = PERSON | {"from": "2023-01-01", "until": "2023-01-31"}
    _, problems = watchlist_of(first, second, third)
    assert [(problem.line, "line 2" in problem.wrong) for problem in errors(problems)] == [(3, True), (4, True)]


def test_a_spoilt_id_is_named_beside_an_unknown_platform() -> None:
    _, problems = watchlist_of(PERSON | {"platform": "twiter", "platform_id": "1.7E+18"})
    assert [problem.column for problem in errors(problems)] == ["platform", "platform_id"]
    assert "a spreadsheet has rounded the id" in errors(problems)[1].wrong


@pytest.mark.parametrize(
    ("row", "mode"),
    [
        (PERSON, Mode.POSTS),
        (PERSON | {"mode": "counts"}, Mode.COUNTS),
        (PERSON | {"mode": "Off"}, Mode.OFF),
        (REPORTER, Mode.POSTS),
        (REPORTER | {"platform": "x", "handle": "example_x"}, Mode.COUNTS),
        (REPORTER | {"platform": "x", "handle": "example_x", "mode": "posts"}, Mode.POSTS),
    ],
)
def test_what_is_collected_is_as_written_else_counts_of_people_at_risk_on_x(row: dict[str, str], mode: Mode) -> None:
    (listing,), problems = watchlist_of(row)
    assert not errors(problems)
    assert listing.mode is mode


def test_telegram_counts_nothing_and_an_unknown_mode_is_named() -> None:
    _, problems = watchlist_of(REPORTER | {"mode": "counts"})
    assert_one_error(problems, f"{FILE}:2: column mode", "telegram does not count", "write posts or off")
    _, problems = watchlist_of(PERSON | {"mode": "count"})
    assert_one_error(problems, f"{FILE}:2: column mode", "unknown mode", "did you mean counts?")
