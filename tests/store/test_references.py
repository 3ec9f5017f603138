"""Whom stored posts point to: by the platform, by the quoted post, by handles in texts. All names are invented."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store.making import NOW, claim, listed, opened, page, post, profile, sync, write
from tracker.analysis.network_report import Tie
from tracker.analysis.references import AMBIGUOUS, References
from tracker.domain.records import Post
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import Platform, PostKind, Protection
from tracker.store.reader import Reader
from tracker.store.store import Store

REPLY, REPOST, QUOTE = PostKind.REPLY, PostKind.REPOST, PostKind.QUOTE
BIG = 1_600_000_000_000_000_001
"""As long as the ids of X: more digits than a float holds."""

A, B, C = listed("anna", BIG + 1), listed("boris", BIG + 2), listed("cyrus", BIG + 3)
HIDDEN = listed("hidden", BIG + 9, protection=Protection.AT_RISK)
UNSURE = listed("unsure", verified=False)
T, U = (
    listed("tele_one", 9_000_000_001, platform=Platform.TELEGRAM),
    listed("tele_two", 9_000_000_002, platform=Platform.TELEGRAM),
)
EVERYONE = (A, B, C, HIDDEN, UNSURE, T, U)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, *EVERYONE) as store:
        yield store


def put(store: Store, account: ListedAccount, *posts: Post) -> None:
    states = claim(store, platform=account.platform)
    (state,) = [state for state in states if state.subject == account.subject]
    ordered = sorted(posts, key=lambda item: item.posted_at, reverse=True)
    write(store, state, page(*ordered))
    store.release()


def read(path: Path, *sources: ListedAccount, everyone: tuple[ListedAccount, ...] = EVERYONE) -> References:
    with closing(Reader(path)) as reader:
        return reader.references(sources or everyone, everyone, NOW - 1000, NOW)


def told(references: References) -> Counter[tuple[str, str, int, Tie]]:
    """(who, whom, post, how) for each entry."""
    names = [account.handle for account in references.accounts]
    columns = (references.source, references.target, references.post_id, references.tie)
    return Counter(
        (names[source], "?" if target == AMBIGUOUS else names[target], post_id, Tie(tie))
        for source, target, post_id, tie in zip(*(column.tolist() for column in columns), strict=True)
    )


def test_a_reply_and_a_repost_point_to_the_author_that_the_platform_names(store: Store, path: Path) -> None:
    put(
        store,
        A,
        post(BIG + 50, NOW - 9, kind=REPLY, ref_author_id=BIG + 2, ref_post_id=1),
        post(BIG + 51, NOW - 8, kind=REPOST, ref_author_id=BIG + 3, ref_post_id=2),
        post(BIG + 52, NOW - 7, kind=REPLY, ref_author_id=BIG + 4),  # one too many: nobody listed
    )
    read_back = read(path)
    assert told(read_back) == {
        ("anna", "boris", BIG + 50, Tie.REPLY): 1,
        ("anna", "cyrus", BIG + 51, Tie.REPOST): 1,
    }
    assert sorted(read_back.posted_at.tolist()) == [NOW - 9, NOW - 8]


def test_a_quote_points_to_whose_stored_post_it_quotes(store: Store, path: Path) -> None:
    put(store, B, post(BIG + 60, NOW - 90), post(BIG + 61, NOW - 80))
    put(
        store,
        A,
        post(BIG + 70, NOW - 9, kind=QUOTE, ref_post_id=BIG + 61),
        post(BIG + 71, NOW - 8, kind=QUOTE, ref_post_id=BIG + 62),
        post(BIG + 72, NOW - 7, kind=REPOST, ref_post_id=BIG + 60),
    )
    assert told(read(path, A)) == {
        ("anna", "boris", BIG + 70, Tie.QUOTE): 1,
        ("anna", "boris", BIG + 72, Tie.REPOST): 1,
    }


def test_telegram_s_numbers_of_posts_are_not_taken_for_another_channel_s(store: Store, path: Path) -> None:
    put(store, U, post(17, NOW - 90))
    put(
        store,
        T,
        post(3, NOW - 9, kind=REPOST, ref_post_id=17),
        post(4, NOW - 8, kind=REPOST, ref_author_id=9_000_000_002, ref_post_id=17),
        post(5, NOW - 7, kind=REPLY, ref_post_id=17),
    )
    assert told(read(path, T)) == {
        ("tele_one", "tele_two", 4, Tie.FORWARD): 1,
        ("tele_one", "tele_one", 5, Tie.REPLY): 1,
    }


def test_an_id_means_nobody_on_the_other_platform(store: Store, path: Path) -> None:
    put(store, A, post(BIG + 50, NOW - 9, kind=REPLY, ref_author_id=9_000_000_002))
    put(store, T, post(3, NOW - 9, "@boris t.me/boris", kind=REPOST, ref_author_id=BIG + 2))
    assert not told(read(path))


def mentioned(store: Store, path: Path, account: ListedAccount, text: str, **fields: object) -> set[str]:
    put(store, account, post(5, NOW - 9, text, **fields))
    found = told(read(path, account))
    assert all(tie is Tie.MENTION for *_, tie in found)
    return {whom for _, whom, _, _ in found}


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("سلام @Boris!", {"boris"}),
        (".@BORIS and (@cyrus) and @boris", {"boris", "cyrus"}),
        ("سلام@boris\u200cها", {"boris"}),
        ("\uff20boris", {"boris"}),
        ("mail boris@boris.example, @boris_2, @boriss, @@boris, example.org/@boris", set()),
        ("boris, t.me/boris", set()),
        ("@hidden @unsure @tele_one @nobody", set()),
    ],
)
def test_a_mention_on_x_is_a_handle_that_x_would_link(store: Store, path: Path, text: str, whom: set[str]) -> None:
    assert mentioned(store, path, A, text) == whom


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("به @Tele_Two بپیوندید", {"tele_two"}),
        ("https://t.me/tele_two/17", {"tele_two"}),
        ("T.ME/s/TELE_TWO", {"tele_two"}),
        ("t.me/tele_two2 bot.me/tele_two at.me/tele_two x@tele_two t.me/joinchat/tele_two", set()),
        ("@boris", set()),
    ],
)
def test_a_mention_on_telegram_is_a_handle_or_a_link(store: Store, path: Path, text: str, whom: set[str]) -> None:
    assert mentioned(store, path, T, text) == whom


def test_the_text_of_a_repost_is_another_s(store: Store, path: Path) -> None:
    assert mentioned(store, path, A, "RT @boris: @cyrus", kind=REPOST) == set()


def test_an_earlier_handle_still_means_its_bearer(store: Store, path: Path) -> None:
    states = {state.subject: state for state in claim(store)}
    store.identify(states[B.subject].id, profile(BIG + 2, "boris_before", NOW - 500))
    store.identify(states[B.subject].id, profile(BIG + 2, "boris_now", NOW - 100))
    store.release()
    put(store, A, post(1, NOW - 9, "@Boris_Before"), post(2, NOW - 8, "@boris_now"), post(3, NOW - 7, "@boris"))
    assert [(whom, number) for _, whom, number, _ in sorted(told(read(path, A)))] == [("boris", n) for n in (1, 2, 3)]


def test_a_handle_of_two_listed_accounts_means_neither(store: Store, path: Path) -> None:
    states = {state.subject: state for state in claim(store)}
    store.identify(states[B.subject].id, profile(BIG + 2, "cyrus", NOW - 500))
    store.release()
    put(store, A, post(1, NOW - 9, "@cyrus @boris"))
    assert {whom for _, whom, _, _ in told(read(path, A))} == {"?", "boris"}


def test_a_handle_that_somebody_at_risk_has_borne_too_is_passed_over_in_silence(store: Store, path: Path) -> None:
    states = {state.subject: state for state in claim(store)}
    store.identify(states[B.subject].id, profile(BIG + 2, "hidden", NOW - 500))
    store.release()
    put(store, A, post(1, NOW - 9, "@hidden"))
    assert not told(read(path, A))


def test_nobody_at_risk_is_at_either_end(store: Store, path: Path) -> None:
    put(
        store,
        A,
        post(1, NOW - 9, "@hidden", kind=REPLY, ref_author_id=BIG + 9, ref_post_id=3),
        post(2, NOW - 8, kind=REPOST, ref_author_id=BIG + 9, ref_post_id=4),
    )
    references = read(path)
    assert not told(references)
    assert references.at_risk == {HIDDEN.subject}
    assert HIDDEN not in references.accounts


def test_a_subject_with_one_account_at_risk_is_left_out_with_all(store: Store, path: Path) -> None:
    other = listed(
        "boris_tg", 9_000_000_009, subject=B.subject, platform=Platform.TELEGRAM, protection=Protection.AT_RISK
    )
    put(store, A, post(1, NOW - 9, "@boris", kind=REPLY, ref_author_id=BIG + 2))
    assert told(read(path, A))
    assert not told(read(path, A, everyone=(*EVERYONE, other)))


def test_what_the_database_still_holds_as_named_is_at_risk_once_the_watchlist_says_so(
    store: Store, path: Path
) -> None:
    put(store, A, post(1, NOW - 9, "@cyrus", kind=REPLY, ref_author_id=BIG + 2))
    put(store, B, post(2, NOW - 9, "@cyrus"))
    careful = listed("boris", BIG + 2, subject=B.subject, protection=Protection.AT_RISK)
    everyone = (A, careful, C)
    assert told(read(path, everyone=everyone)) == {("anna", "cyrus", 1, Tie.MENTION): 1}


def test_what_the_database_holds_as_at_risk_stays_so_when_the_watchlist_calls_it_named(
    store: Store, path: Path
) -> None:
    put(store, A, post(1, NOW - 9, "@hidden", kind=REPLY, ref_author_id=BIG + 9))
    bold = listed("hidden", BIG + 9, subject=HIDDEN.subject)
    assert not told(read(path, A, everyone=(A, B, bold)))


def test_only_the_time_asked_for_is_read(store: Store, path: Path) -> None:
    put(
        store,
        A,
        *(
            post(number, moment, "@boris", kind=REPLY, ref_author_id=BIG + 3)
            for number, moment in enumerate((NOW - 1001, NOW - 1000, NOW - 1, NOW), 1)
        ),
    )
    assert {number for _, _, number, _ in told(read(path, A))} == {2, 3}


def test_only_the_sources_are_read(store: Store, path: Path) -> None:
    put(store, A, post(1, NOW - 9, "@boris"))
    put(store, B, post(2, NOW - 9, "@anna"))
    assert told(read(path, B)) == {("boris", "anna", 2, Tie.MENTION): 1}


def test_an_account_that_was_never_collected_can_be_pointed_to(path: Path) -> None:
    with opened(path) as store:
        sync(store, A)
        put(store, A, post(1, NOW - 9, kind=REPLY, ref_author_id=BIG + 3), post(2, NOW - 8, "@cyrus"))
    assert {whom for _, whom, _, _ in told(read(path, A, everyone=(A, C)))} == {"cyrus"}


def test_an_empty_database_has_no_pointers(store: Store, path: Path) -> None:
    references = read(path)
    assert not told(references)
    assert [account.handle for account in references.accounts] == ["anna", "boris", "cyrus", "tele_one", "tele_two"]
