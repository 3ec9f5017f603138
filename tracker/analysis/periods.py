"""Days, weeks, months and years as edges: the same local days in every zone, at each zone's own instants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise, takewhile

import numpy as np

from tracker.analysis.counting import Times
from tracker.domain.instants import start_of_day
from tracker.domain.words import Every

SOLAR_HIJRI_MONTHS = (
    *("Farvardin", "Ordibehesht", "Khordad", "Tir", "Mordad", "Shahrivar"),
    *("Mehr", "Aban", "Azar", "Dey", "Bahman", "Esfand"),
)
SOLAR_HIJRI_MONTHS_NATIVE = (
    *("فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور"),
    *("مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"),
)
_PERSIAN_DIGITS = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week, a month or a year: its first local day, and the first one after it."""

    first: date
    beyond: date
    label: str
    """`2021-03-13`, `2021-W10`, `2021-03`, `1399-12 Esfand`, `2021`, `1399`."""
    label_native: str = ""
    """`اسفند ۱۳۹۹`, `۱۳۹۹`; empty but for Solar Hijri months and years."""


@lru_cache(maxsize=64)
def periods_of(first: date, last: date, every: Every, solar_hijri: bool = False) -> tuple[Period, ...]:
    """All periods from the one that holds the first day to the one that holds the last.

    Months and years are Gregorian, or those of the Solar Hijri calendar of Iran and Afghanistan.
    """
    edges = [*takewhile(lambda start: start <= last, _starts(first, every, solar_hijri))]
    if not edges:
        return ()
    edges.append(_next(edges[-1], every, solar_hijri))
    return tuple(Period(one, beyond, *_labels(one, every, solar_hijri)) for one, beyond in pairwise(edges))


@lru_cache(maxsize=64)
def edges_of(periods: tuple[Period, ...], zone: str) -> Times:
    """The first instants of the periods in the zone, and where the last of them ends."""
    days = [*(period.first for period in periods), *(period.beyond for period in periods[-1:])]
    return np.array([start_of_day(day, zone) for day in days], dtype=np.int64)


def _starts(first: date, every: Every, solar_hijri: bool) -> Iterator[date]:
    start = _start(first, every, solar_hijri)
    while True:
        yield start
        start = _next(start, every, solar_hijri)


def _start(day: date, every: Every, solar_hijri: bool) -> date:
    match every:
        case Every.DAY:
            return day
        case Every.WEEK:
            return day - timedelta(days=day.weekday())
        case Every.MONTH:
            return day - timedelta(days=_day_of_month(day, solar_hijri) - 1)
        case Every.YEAR:
            return _new_year(day, solar_hijri)


def _next(start: date, every: Every, solar_hijri: bool) -> date:
    """The start of the period after the one that begins with `start`."""
    match every:
        case Every.DAY:
            return start + timedelta(days=1)
        case Every.WEEK:
            return start + timedelta(days=7)
        case Every.MONTH:
            # No month has more than 31 days, and none fewer than 28.
            return _start(start + timedelta(days=31), every, solar_hijri)
        case Every.YEAR:
            # No year has more than 366 days, and none fewer than 365.
            return _start(start + timedelta(days=366), every, solar_hijri)


def _day_of_month(day: date, solar_hijri: bool) -> int:
    return _solar_hijri(day)[2] if solar_hijri else day.day


def _new_year(day: date, solar_hijri: bool) -> date:
    """The first day of the year that holds the day."""
    if not solar_hijri:
        return day.replace(month=1, day=1)
    import jdatetime

    first: date = jdatetime.date(_solar_hijri(day)[0], 1, 1).togregorian()
    return first


def _labels(first: date, every: Every, solar_hijri: bool) -> tuple[str, str]:
    match every:
        case Every.DAY:
            return first.isoformat(), ""
        case Every.WEEK:
            year, week, _ = first.isocalendar()
            return f"{year}-W{week:02}", ""
        case Every.MONTH if not solar_hijri:
            return f"{first:%Y-%m}", ""
        case Every.YEAR if not solar_hijri:
            return f"{first:%Y}", ""
        case Every.YEAR:
            number = str(_solar_hijri(first)[0])
            return number, number.translate(_PERSIAN_DIGITS)
        case Every.MONTH:
            year, month, _ = _solar_hijri(first)
            native = f"{SOLAR_HIJRI_MONTHS_NATIVE[month - 1]} {str(year).translate(_PERSIAN_DIGITS)}"
            return f"{year}-{month:02} {SOLAR_HIJRI_MONTHS[month - 1]}", native


def _solar_hijri(day: date) -> tuple[int, int, int]:
    import jdatetime  # for those who ask for it only: it takes a while to load

    local = jdatetime.date.fromgregorian(date=day)
    return int(local.year), int(local.month), int(local.day)
