"""Small words around numbers, as sentences and messages need them."""

from __future__ import annotations


def plural(count: int, one: str, many: str = "") -> str:
    """`1 account`, `1,234 accounts`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def are(count: int) -> str:
    """`is` of one, `are` of any other number."""
    return "is" if count == 1 else "are"
