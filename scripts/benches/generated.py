"""Generated accounts and posts, always the same ones: what the benches store and count. None of them exists."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from tracker.domain.instants import HOUR, Instant, from_iso
from tracker.domain.records import Metrics
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.words import Platform, PostKind, Protection, Residence, Role
from tracker.sandbox.x_world import XAccount, XWorld

BEGIN: Instant = from_iso("2022-10-01T00:00:00Z")

ZONES = {"CN": "Asia/Shanghai", "IR": "Asia/Tehran", "RU": "Europe/Moscow"}
COUNTRIES = tuple(ZONES)
KINDS = (PostKind.ORIGINAL,) * 5 + (PostKind.REPLY,) * 2 + (PostKind.REPOST,) * 2 + (PostKind.QUOTE,)

PERSIAN = [
    "وزیر",
    "امور",
    "خارجه",
    "در",
    "دیدار",
    "با",
    "همتای",
    "خود",
    "بر",
    "گسترش",
    "همکاری\u200cهای",
    "دوجانبه",
    "و",
    "منطقه\u200cای",
    "تأکید",
    "کرد",
    "و",
    "گفت",
    "که",
    "گفت\u200cوگوها",
    "در",
    "فضایی",
    "سازنده",
    "ادامه",
    "دارد",
    "جزئیات",
    "بیشتر",
    "در",
    "نشست",
    "خبری",
    "فردا",
    "اعلام",
    "می\u200cشود",
    "شهروندان",
    "می\u200cتوانند",
    "از",
    "سامانهٔ",
    "اینترنتی",
    "استفاده",
    "کنند",
]
ENGLISH = [
    "the",
    "minister",
    "met",
    "his",
    "counterpart",
    "today",
    "and",
    "stressed",
    "that",
    "bilateral",
    "cooperation",
    "in",
    "trade",
    "culture",
    "and",
    "science",
    "will",
    "grow",
    "further",
    "details",
    "will",
    "be",
    "announced",
    "at",
    "the",
    "press",
    "conference",
    "tomorrow",
    "https://example.org/n/12345",
    "#peace",
]


def listed(account_ids: Iterable[int]) -> list[ListedAccount]:
    """The accounts as a watchlist lists them, one a subject."""
    return [
        ListedAccount(
            (
                Listing(
                    subject=f"generated-{account_id}",
                    name=f"Generated {account_id}",
                    name_native="",
                    role=Role.OFFICIAL,
                    country=COUNTRIES[account_id % len(COUNTRIES)],
                    residence=Residence.INSIDE,
                    protection=Protection.NAMED,
                    protection_reason="",
                    platform=Platform.X,
                    handle=f"generated_{account_id}",
                    platform_id=account_id,
                    verified=True,
                ),
            )
        )
        for account_id in account_ids
    ]


def world(account_ids: Iterable[int], posts_each: int) -> XWorld:
    """The accounts with so many posts each, one in about seven hours, of every kind, with counters."""
    random = Random(1)
    made = XWorld()
    for account_id in account_ids:
        made.add_account(XAccount(account_id, f"generated_{account_id}", "Generated", BEGIN - HOUR))
        for number in range(posts_each):
            kind = random.choice(KINDS)
            alone = kind is PostKind.ORIGINAL
            made.publish(
                account_id,
                BEGIN + number * 7 * HOUR + random.randrange(HOUR),
                text(random),
                kind,
                lang=random.choice(("fa", "en")),
                ref_post_id=None if alone else 1_500_000_000_000_000_000 + random.randrange(10**15),
                ref_author_id=None if alone else random.randrange(10**9),
                metrics=Metrics(*(random.randrange(10**digits) for digits in (4, 3, 3, 2, 2, 5))),
            )
    return made


def text(random: Random, shortest: int = 100, longest: int = 280) -> str:
    """A text of the length of a post, in Persian or English."""
    words = random.choice((PERSIAN, ENGLISH))
    length = random.randint(shortest, longest)
    made = ""
    while len(made) < length:
        made += random.choice(words) + " "
    return made[:length].strip()
