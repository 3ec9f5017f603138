"""People at risk: only the sum over enough of them is ever said.

The smallest thing that a report says about them is a *cell*: all at-risk subjects of one role in one country on one
platform, if there are enough. Every other row about them is a sum of such cells, and never shares a row with named
subjects. So no two reports, however they are grouped or filtered, have a difference that is smaller than a cell.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tracker.analysis.units import Unit
from tracker.domain.words import Platform, Role

Cell = tuple[Role, str, Platform]
"""Role, country, platform."""

_PLURALS = {
    Role.OFFICIAL: "officials",
    Role.STATE_BODY: "state bodies",
    Role.OUTLET: "outlets",
    Role.JOURNALIST: "journalists",
    Role.ACTIVIST: "activists",
}


@dataclass(frozen=True, slots=True)
class Pool:
    """The cells that may be shown, and how many subjects are in none of them."""

    cells: tuple[tuple[Unit, ...], ...]
    suppressed: int


def pool(units: Iterable[Unit], smallest: int) -> Pool:
    """Sort the at-risk units into cells and keep those of at least `smallest` subjects.

    Where there is data at all, as many subjects must have contributed to it: four silent ones hide nobody.
    """
    cells: defaultdict[Cell, list[Unit]] = defaultdict(list)
    for unit in units:
        if not unit.sight.empty:
            cells[unit.listing.role, unit.listing.country, unit.listing.platform].append(unit)
    shown = {cell: tuple(members) for cell, members in cells.items() if _large(members, smallest)}
    visible = {subject for members in shown.values() for subject in subjects_of(members)}
    everyone = {subject for members in cells.values() for subject in subjects_of(members)}
    return Pool(tuple(shown[cell] for cell in sorted(shown)), len(everyone - visible))


def subjects_of(units: Iterable[Unit]) -> set[str]:
    """The distinct subjects of the units."""
    return {unit.listing.subject for unit in units}


def group_name(units: Sequence[Unit]) -> str:
    """What stands in place of names: `6 journalists at risk`."""
    roles = {unit.listing.role for unit in units}
    who = _PLURALS[roles.pop()] if len(roles) == 1 else "subjects"
    return f"{len(subjects_of(units))} {who} at risk"


def _large(units: Sequence[Unit], smallest: int) -> bool:
    contributing = len(subjects_of(unit for unit in units if unit.known))
    return len(subjects_of(units)) >= smallest and (contributing == 0 or contributing >= smallest)
