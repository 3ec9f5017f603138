"""A home with an account to be forgotten, and neighbours who point to it. All names are invented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.store.making import NOW, claim, keep_answers, listed, opened, page, post, profile, write
from tracker.config.home import Config, Home
from tracker.config.settings import Settings
from tracker.domain.instants import HOUR
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Answer, SetAside
from tracker.domain.subjects import Watchlist
from tracker.domain.words import PostKind
from tracker.store.accounts import AccountState
from tracker.store.store import Store

HANDLE, NUMBER, NAME = "wistful_otter", 7_000_000_777, "Ortrud Wistful (generated)"
CANARY = "قناری canary of the forgotten"
POSTS = [9_100_000_000_000_000_000 + number for number in range(1, 41)]
NEIGHBOUR = listed("ministry", 55_000_000_055)
CHANNEL = listed("quiet_reeds", 66_000_000_066)


def config_of(home: Path) -> Config:
    return Config(Home(home), Settings(), Watchlist(()), (), (), (), ())


@contextmanager
def filled(path: Path) -> Iterator[Store]:
    """A database with the account (row 1), a neighbour who reposts, quotes and answers it (2), and another (3)."""
    with opened(path, listed(HANDLE, NUMBER), NEIGHBOUR, CHANNEL) as store:
        states = {account.handle: account for account in claim(store)}
        mine, other = states[HANDLE], states["ministry"]
        store.identify(mine.id, profile(NUMBER, HANDLE, name=NAME))
        posts = [
            post(number, NOW - place * HOUR, f"{CANARY} {place} " + "و" * place)
            for place, number in enumerate(reversed(POSTS))
        ]
        body = {"data": [{"id": str(one.post_id), "text": one.text, "author_id": str(NUMBER)} for one in posts]}
        answer = Answer(f"GET /2/users/{NUMBER}/tweets", json.dumps(body, ensure_ascii=False).encode())
        visit_id = store.begin_visit(mine.id, NOW)
        aside = [SetAside(9_100_000_000_000_000_999, "unreadable")]
        write(store, mine, page(*posts, answer=answer, set_aside=aside), visit_id=visit_id)
        store.end_visit(mine, visit_id, OutcomeKind.RENAMED, f"{HANDLE} is now another", NOW, NOW)
        _neighbour(store, other)
        store.release()
        yield store


def _neighbour(store: Store, other: AccountState) -> None:
    newest = max(POSTS)
    base = 9_200_000_000_000_000_000
    points = {"ref_post_id": newest, "ref_author_id": NUMBER}
    theirs = [
        post(base + 4, NOW - 1, "of nobody else"),
        post(base + 3, NOW - 2, "a reply", kind=PostKind.REPLY, **points),
        post(base + 2, NOW - 3, "a quote in the neighbour's own words", kind=PostKind.QUOTE, **points),
        post(base + 1, NOW - 4, f"RT @{HANDLE}: {CANARY}", kind=PostKind.REPOST, **points),
    ]
    user = {"id": str(NUMBER), "username": HANDLE, "name": NAME}
    quoted = {"id": str(newest), "text": CANARY, "author_id": str(NUMBER)}
    mention = {"mentions": [{"start": 3, "end": 9, "username": HANDLE, "id": str(NUMBER)}]}
    kinds = {PostKind.REPOST: "retweeted", PostKind.QUOTE: "quoted", PostKind.REPLY: "replied_to"}
    data = [
        {
            "id": str(one.post_id),
            "text": one.text,
            "entities": mention,
            "in_reply_to_user_id": str(NUMBER),
            "referenced_tweets": [{"type": kinds[one.kind], "id": str(newest)}],
        }
        if one.ref_post_id
        else {"id": str(one.post_id), "text": one.text}
        for one in theirs
    ]
    body = {"data": data, "includes": {"tweets": [quoted], "users": [user]}}
    answer = Answer("GET /2/users/55000000055/tweets?expansions=referenced_tweets.id", json.dumps(body).encode())
    write(store, other, page(*theirs, answer=answer))
    both = {"data": [user, {"id": "55000000055", "username": "ministry"}]}
    keep_answers(store, [Answer(f"GET /2/users?ids=55000000055,{NUMBER}", json.dumps(both).encode())], [1, 2])
    write(store, claim_of(store, "quiet_reeds"), page(post(base + 9, NOW, "a third one's words")))


def claim_of(store: Store, handle: str) -> AccountState:
    return next(account for account in store.accounts_of([1, 2, 3]) if account.handle == handle)


def everywhere(path: Path) -> bytes:
    """Every byte of the data folder."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.rglob("*")) if file.is_file())


def number_bytes(number: int) -> bytes:
    """As SQLite stores an id of this size."""
    return number.to_bytes(8 if number >= 2**47 else 6, "big")
