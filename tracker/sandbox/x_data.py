"""The real posts that the sandbox serves: diplomats and state bodies of four powers on X, 2020-01 to 2021-03.

Real are the posts' ids, times, kinds, languages and their count of reposts and likes together. What the data set
does not have is generated here, always the same way: numeric account ids, profiles, the posts that are referred
to, and a placeholder for the text. `data/SOURCE.md` says where it comes from.
"""

from __future__ import annotations

import csv
import hashlib
import lzma
from collections.abc import Iterable, Iterator
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from tracker.domain.errors import SandboxError
from tracker.domain.instants import MINUTE, Instant, from_iso
from tracker.domain.records import Metrics
from tracker.domain.words import PostKind
from tracker.sandbox.x_world import SNOWFLAKE_SHIFT, XAccount, XPost, XWorld

SAMPLE_BEGINS: Instant = from_iso("2020-01-01T00:00:00Z")
"""Served as every account's creation: before it the sample says nothing."""

PLACEHOLDER = "[text not in the sample]"

ACCOUNT_ID_BASE = 9_000_000_000_000_000_000
"""Generated account ids begin here: far above what X has given out, and still a signed 64-bit number."""


class SamplePost(NamedTuple):
    """A row of the data set, in its own order: by post id."""

    post_id: int
    handle: str
    country: str
    kind: PostKind
    posted_at: Instant
    lang: str
    engagement: int
    """Reposts and likes together."""


def sample_csv() -> bytes:
    """The data set as it was published to us, byte for byte."""
    return lzma.decompress((files("tracker.sandbox") / "data" / "diplomats-x.csv.xz").read_bytes())


def sample_posts(text: str | None = None) -> Iterator[SamplePost]:
    """The 21,603 posts, ascending by id, or those of another CSV file with the same columns."""
    for row in csv.DictReader((sample_csv().decode() if text is None else text).splitlines()):
        yield SamplePost(
            int(row["post_id"]),
            row["handle"],
            row["country"],
            PostKind[row["kind"].upper()],
            from_iso(row["posted_at"]),
            row["lang"],
            int(row["engagement"]),
        )


def sample_handles() -> dict[str, str]:
    """Each of the 662 handles with the country that it serves, by handle."""
    return dict(sorted((post.handle, post.country) for post in sample_posts()))


def generated_account_id(handle: str) -> int:
    """The numeric id that the sandbox gives a handle; the real one is not in the data set."""
    return ACCOUNT_ID_BASE + _number(handle, 10**17)


def diplomats() -> XWorld:
    """The data set as a world to serve."""
    return world_of(sample_posts())


def world_in(folder: Path) -> XWorld:
    """What `posts.csv` in the folder says, with the columns of the data set. Raises SandboxError."""
    path = folder / "posts.csv"
    try:
        return world_of(sorted(sample_posts(path.read_text("utf-8-sig"))))
    except OSError as error:
        raise SandboxError(f"cannot read {path}: {error.strerror}") from error
    except (KeyError, TypeError, ValueError) as error:
        columns = ", ".join(SamplePost._fields)
        raise SandboxError(
            f"{path} cannot be served ({type(error).__name__}: {error}); it needs {columns}"
        ) from error


def world_of(posts: Iterable[SamplePost]) -> XWorld:
    """Posts, ascending by id, as a world to serve; their accounts are generated."""
    world = XWorld()
    accounts: dict[str, int] = {}
    for post in posts:
        if post.handle not in accounts:
            accounts[post.handle] = world.add_account(_generated_account(post.handle)).account_id
        world.add_post(
            XPost(
                post.post_id,
                accounts[post.handle],
                post.posted_at,
                PLACEHOLDER,
                post.kind,
                post.lang,
                ref_post_id=None if post.kind is PostKind.ORIGINAL else _generated_reference(post.post_id),
                metrics=Metrics(likes=post.engagement, reposts=0),
            )
        )
    return world


def _generated_account(handle: str) -> XAccount:
    return XAccount(
        generated_account_id(handle),
        handle,
        handle,
        SAMPLE_BEGINS,
        followers=1_000 + _number("followers of " + handle, 1_000_000),
        following=10 + _number("followed by " + handle, 1_000),
        description="Profile generated for the sandbox; only its posts are real.",
    )


def _generated_reference(post_id: int) -> int:
    """An id a minute older than the post: which post it refers to is not in the data set."""
    return post_id - (MINUTE * 1000 << SNOWFLAKE_SHIFT)


def _number(seed: str, below: int) -> int:
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % below
