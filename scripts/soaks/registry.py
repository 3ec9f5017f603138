"""The long runs by name. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from scripts.soaks.soak import Soak


def soaks() -> Mapping[str, Soak]:
    """All runs by their names."""
    from scripts.soaks.memory import MEMORY
    from scripts.soaks.run import RUN
    from scripts.soaks.storage import KILL, POWER

    return {"kill": KILL, "power": POWER, "run": RUN, "memory": MEMORY}
