"""How the time asked for is divided into what was looked at, how, and what is missing."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.analysis.making import NOW, SETTINGS, at, listing, observed, posts, weeks
from tracker.analysis.ground import Gap, Ground, GroundReport, Grounds, StoredHole, divided, ground, missing
from tracker.analysis.question import Selection
from tracker.analysis.series import Series
from tracker.domain.instants import DAY, WEEK, Instant, day_of, start_of_week
from tracker.domain.intervals import NEVER, Intervals, span
from tracker.domain.words import Protection, Role

START, END = at("2024-01-01"), at("2024-03-01")
ASKED = Selection(NOW, START, END)

marks = st.integers(0, 60)
pairs = st.lists(st.tuples(marks, marks), max_size=4)
found_holes = st.lists(st.builds(StoredHole, st.one_of(st.none(), marks), marks, st.booleans()), max_size=3)


@given(pairs, pairs, pairs, found_holes)
def test_each_instant_asked_for_is_of_one_ground(
    asked: list[tuple[int, int]],
    live: list[tuple[int, int]],
    backfilled: list[tuple[int, int]],
    holes: list[StoredHole],
) -> None:
    whole = Intervals.of(asked)
    known = Grounds(Intervals.of(live), Intervals.of(backfilled), tuple(holes))
    grounds = divided(whole, known)
    for instant in range(61):

        def inside(some: list[tuple[int, int]], instant: int = instant) -> bool:
            return any(since <= instant < until for since, until in some)

        def in_hole(unreachable: bool, instant: int = instant) -> bool:
            return any(
                (hole.since is None or hole.since <= instant) and instant < hole.until
                for hole in holes
                if hole.unreachable is unreachable
            )

        expected = (
            Ground.LIVE
            if inside(live)
            else Ground.BACKFILLED
            if inside(backfilled)
            else Ground.TRUNCATED
            if in_hole(True)
            else Ground.UNPROVEN
            if in_hole(False)
            else Ground.UNOBSERVED
        )
        told = [which for which, part in zip(Ground, grounds, strict=True) if instant in part]
        assert told == ([expected] if inside(asked) else [])
    assert sum(part.length for part in grounds) == whole.length


def one_account(known: Grounds, created_at: Instant | None = START) -> Series:
    covered = known.live | known.backfilled
    return posts(replace(observed(listing(country="ZZ"), coverage=covered, created_at=created_at), last_look=END))


def report_on(known: Grounds, selection: Selection = ASKED, created_at: Instant | None = START) -> GroundReport:
    return ground([one_account(known, created_at)], [known], SETTINGS, selection)


KNOWN = Grounds(
    live=span(at("2024-02-12"), END),
    backfilled=span(at("2024-01-22"), at("2024-02-08")),
    holes=(StoredHole(None, at("2024-01-15"), True), StoredHole(at("2024-01-15"), at("2024-01-22"), False)),
)


def test_the_shares_the_longest_hole_and_the_strip_of_an_account() -> None:
    (row,) = report_on(KNOWN).rows
    assert {which.value: row.parts.of(which) // DAY for which in Ground if row.parts.of(which)} == {
        "live": 18,
        "backfilled": 17,
        "truncated": 14,
        "unproven": 7,
        "unobserved": 4,
    }
    assert row.parts.asked == END - START
    assert row.longest_hole == Gap(START, at("2024-01-22"))
    assert [None if which is None else which.value for which in row.strip(26)] == [
        *("truncated", "truncated", "unproven", "backfilled", "backfilled", "unobserved"),
        *("live", "live", "live"),
    ]


def test_the_weeks_add_up_to_the_whole() -> None:
    (row,) = report_on(KNOWN).rows
    assert row.by_week.sum(axis=1).tolist() == list(row.parts.seconds)
    assert [week.parts.asked for week in row.weeks()] == [WEEK] * 8 + [4 * DAY]


def test_every_stretch_that_was_not_looked_at_is_named() -> None:
    told = missing(one_account(KNOWN), KNOWN, SETTINGS, ASKED)
    assert told == (
        (Ground.TRUNCATED, Gap(START, at("2024-01-15"))),
        (Ground.UNPROVEN, Gap(at("2024-01-15"), at("2024-01-22"))),
        (Ground.UNOBSERVED, Gap(at("2024-02-08"), at("2024-02-12"))),
    )


def test_a_hole_down_to_an_unknown_beginning_has_no_length() -> None:
    known = Grounds(live=span(at("2024-02-01"), END), holes=(StoredHole(None, at("2024-02-01"), False),))
    (row,) = report_on(known, Selection(NOW, until=END), created_at=None).rows
    assert row.longest_hole == Gap(None, at("2024-02-01"))
    assert row.longest_hole.seconds is None
    (bounded,) = report_on(known, ASKED, created_at=None).rows
    assert bounded.longest_hole == Gap(START, at("2024-02-01"))
    assert bounded.parts.of(Ground.UNPROVEN) == at("2024-02-01") - START


def test_an_account_that_was_never_looked_at_and_whose_beginning_is_unknown_has_no_shares() -> None:
    nothing = Grounds()
    report = report_on(nothing, Selection(NOW), created_at=None)
    (row,) = report.rows
    assert (row.parts.asked, row.parts.covered, row.longest_hole) == (0, None, None)
    assert report.notes[0].startswith("Nothing is covered")
    (with_beginning,) = report_on(nothing, ASKED, created_at=None).rows
    assert with_beginning.parts.share(Ground.UNOBSERVED) == 1


def at_risk(count: int) -> tuple[list[Series], list[Grounds]]:
    first = start_of_week(START + WEEK, "Asia/Tehran")
    seen = span(first, first + 4 * WEEK)
    rows = [
        listing(f"j{number}", Role.JOURNALIST, number=100 + number, protection=Protection.AT_RISK)
        for number in range(count)
    ]
    series: list[Series] = [
        weeks(replace(observed(row, coverage=seen, created_at=START), last_look=END + DAY)) for row in rows
    ]
    return series, [Grounds(NEVER, seen)] * count


def test_people_at_risk_are_summed_up_or_left_out() -> None:
    report = ground(*at_risk(5), SETTINGS, ASKED)
    (row,) = report.rows
    assert (row.name, row.subject, row.handle, row.accounts) == ("5 journalists at risk", None, None, 5)
    assert row.parts.of(Ground.BACKFILLED) == 5 * 4 * WEEK
    assert (row.longest_hole, row.last_look) == (None, None)
    small = ground(*at_risk(4), SETTINGS, ASKED)
    assert small.rows == ()
    assert any(note.startswith("4 subjects at risk are left out") for note in small.notes)


def test_the_worst_covered_account_comes_first() -> None:
    rows = [listing(f"s{number}", number=number) for number in (1, 2)]
    covered = [span(START, END), span(at("2024-02-01"), END)]
    series: list[Series] = [
        posts(observed(row, coverage=part, created_at=START)) for row, part in zip(rows, covered, strict=True)
    ]
    report = ground(series, [Grounds(part) for part in covered], SETTINGS, ASKED)
    assert [row.subject for row in report.rows] == ["s2", "s1"]


def test_weeks_in_which_a_group_at_risk_was_smaller_are_in_no_sum_and_no_week_of_it() -> None:
    (early, *others), (seen, *alike) = at_risk(5)
    first = start_of_week(START + WEEK, "Asia/Tehran")
    began = replace(early.observed, created_at=first - 3 * WEEK, coverage=span(first - 3 * WEEK, first + 4 * WEEK))
    later = [weeks(replace(one.observed, created_at=first)) for one in others]
    (row,) = ground([weeks(began), *later], [seen, *alike], SETTINGS, Selection(NOW)).rows
    assert row.mondays[0] == day_of(first, "Asia/Tehran")
    assert row.parts.of(Ground.BACKFILLED) == 5 * 4 * WEEK


def test_whether_a_group_at_risk_is_shown_does_not_tell_when_the_first_of_them_began() -> None:
    (early, *others), grounds = at_risk(5)
    first = start_of_week(START + WEEK, "Asia/Tehran")
    began = replace(early.observed, created_at=first - 3 * WEEK, coverage=span(first - 3 * WEEK, first + 4 * WEEK))
    series = [weeks(began), *(weeks(replace(one.observed, created_at=first)) for one in others)]
    for until in (first - 4 * WEEK, first - WEEK, first + WEEK):
        (row,) = ground(series, grounds, SETTINGS, Selection(NOW, until=until)).rows
        assert (row.name, row.accounts) == ("5 journalists at risk", 5)
