"""The demo's Telegram: GENERATED channels of invented outlets and persons, each labelled as such, the same every run.

Nothing here was ever said by anybody. Names and texts carry "[ساختگی]", Persian for "made up"; handles begin with
`generated_`. The dates are those of the real X posts beside which the demo shows them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tracker.domain.instants import DAY, HOUR, Instant, from_iso
from tracker.domain.subjects import protection_of
from tracker.domain.words import Platform, Protection, Residence, Role
from tracker.sandbox.telegram_world import Item, World

SINCE: Instant = from_iso("2020-01-01T00:00:00+03:30")
UNTIL: Instant = from_iso("2021-03-12T00:00:00+03:30")
LABEL = "[ساختگی]"
SEED = 1399

OPENINGS = ("اطلاعیه", "گزارش روز", "خبر کوتاه", "یادداشت", "پاسخ به پرسش‌ها", "جلسه‌ی هفتگی", "به‌روزرسانی")
SUBJECTS = (
    "برنامه‌ی کاری هفته",
    "آیین گشایش یک کتابخانه",
    "وضع راه‌های استان",
    "نشست با خبرنگاران",
    "آمار تازه‌ی یک آزمایش",
    "نمایشگاه کتاب خیالی",
    "هوای فردا در شهری که نیست",
)
ENDINGS = ("ادامه دارد.", "جزئیات بعدا منتشر می‌شود.", "متن کامل در پیوست است.", "با سپاس از همراهی شما.")
EMOJIS = ("👍", "❤", "🔥", "👏")


@dataclass(frozen=True, slots=True)
class GeneratedSubject:
    """One invented subject and its channel.

    None is bound for certain by Iran's block of Telegram: they are abroad, or nobody knows where they are. So the
    demo's figures of use under a ban rest on real posts alone.
    """

    handle: str
    name: str
    name_native: str
    role: Role
    residence: Residence
    posts: int
    """About how many."""
    reach: int
    """Subscribers."""

    @property
    def protection(self) -> Protection:
        return protection_of(self.role, self.residence, None)


def _outlet(number: int, name: str, native: str, posts: int, reach: int) -> GeneratedSubject:
    handle, names = f"generated_outlet_{number}", (f"{name} [generated]", f"{native} {LABEL}")
    return GeneratedSubject(handle, *names, Role.OUTLET, Residence.ABROAD, posts, reach)


def _journalist(number: int, residence: Residence, posts: int) -> GeneratedSubject:
    handle, names = (
        f"generated_journalist_{number}",
        (f"Journalist {number} [generated]", f"روزنامه‌نگار {number} {LABEL}"),
    )
    return GeneratedSubject(handle, *names, Role.JOURNALIST, residence, posts, 5 * posts)


SUBJECTS_IN_DEMO = (
    _outlet(1, "Sample News Agency", "خبرگزاری نمونه", 400, 510_000),
    _outlet(2, "Rehearsal Wire", "خبرگزاری تمرین", 360, 230_000),
    _outlet(3, "The Placeholder Daily", "روزنامه‌ی جای‌نما", 330, 74_000),
    _outlet(4, "Radio Atlantis in Persian", "رادیو آتلانتیس", 300, 185_000),
    _outlet(5, "The Mock Weekly", "هفته‌نامه‌ی نمایشی", 280, 41_000),
    _outlet(6, "Channel Nowhere", "کانال ناکجا", 260, 92_000),
    *(_journalist(number, Residence.ABROAD, 220 + 20 * number) for number in range(1, 5)),
    *(_journalist(number, Residence.UNKNOWN, 60 + 30 * number) for number in range(5, 11)),
)


def demo_world() -> World:
    """A world that holds all generated channels."""
    world = World()
    chance = random.Random(SEED)
    ids = [
        world.add(
            subject.handle,
            title=subject.name_native,
            created_at=SINCE - chance.randrange(100, 900) * DAY,
            subscribers=subject.reach,
        )
        for subject in SUBJECTS_IN_DEMO
    ]
    for channel_id, subject in zip(ids, SUBJECTS_IN_DEMO, strict=True):
        others = [other for other in ids if other != channel_id]
        world.publish(channel_id, *_items(subject, others, chance))
    return world


def _items(subject: GeneratedSubject, others: list[int], chance: random.Random) -> Iterator[Item]:
    """The channel's messages, in order of time; numbered from 1, as the world will number them."""
    item_id = 0
    moments = sorted(SINCE + int(chance.random() ** 0.9 * (UNTIL - SINCE - DAY)) for _ in range(subject.posts))
    for number, moment in enumerate(moments, 1):
        if chance.random() < 0.01:
            item_id += 1
            yield Item(item_id, moment, service=True)
        pictures = chance.randint(2, 6) if chance.random() < 0.06 else 1
        album = number if pictures > 1 else None
        for picture in range(pictures):
            item_id += 1
            yield _item(subject, item_id, moment, number, picture, album, others, chance)


def _item(
    subject: GeneratedSubject,
    item_id: int,
    moment: Instant,
    number: int,
    picture: int,
    album: int | None,
    others: list[int],
    chance: random.Random,
) -> Item:
    views = int(subject.reach * chance.uniform(0.05, 0.6))
    what = chance.random() if album is None else 1.0
    edited = chance.random() < 0.05
    reacted = chance.random() < 0.4
    return Item(
        item_id,
        moment,
        text=_text(number, chance) if picture == 0 else "",
        views=views,
        forwards=views // chance.randint(40, 400),
        comments=chance.randint(0, 90) if chance.random() < 0.3 else None,
        reactions={emoji: chance.randint(1, 1 + views // 100) for emoji in EMOJIS if chance.random() < 0.6}
        if reacted
        else {},
        album=album,
        origin=(chance.choice(others), chance.randint(1, 150)) if what < 0.12 else None,
        from_person=0.12 <= what < 0.13,
        reply_to=chance.randint(1, item_id - 1) if 0.13 <= what < 0.21 and item_id > 1 else None,
        edited_at=moment + chance.randint(60, HOUR) if edited or reacted else None,
        edit_hidden=not edited,
    )


def _text(number: int, chance: random.Random) -> str:
    lines = (f"{LABEL} {chance.choice(OPENINGS)} {number}:", chance.choice(SUBJECTS), chance.choice(ENDINGS))
    return " ".join(lines)


def demo_watchlist(world: World) -> list[dict[str, str]]:
    """The watchlist's rows for the generated channels, with the columns of `config/watchlist.csv`."""
    ids = {channel.handle: channel.channel_id for channel in world}
    return [
        {
            "subject": subject.handle.replace("_", "-"),
            "name": subject.name,
            "name_native": subject.name_native,
            "role": subject.role.value,
            "country": "IR",
            "residence": subject.residence.value,
            "protection": subject.protection.value,
            "protection_reason": "",
            "platform": Platform.TELEGRAM.value,
            "handle": subject.handle,
            "platform_id": str(ids[subject.handle]),
            "from": "",
            "until": "",
            "source": "generated by the sandbox; no such person or body",
        }
        for subject in SUBJECTS_IN_DEMO
    ]
