"""Rows written by few statements are the rows that were given, wherever they are empty."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.making import ZONES, listed
from tracker.domain.words import Platform
from tracker.store.dialect import driver_of, insert_rows
from tracker.store.pages import INSERT_METRIC
from tracker.store.store import Store

COUNTERS = 8
MANY = 1_234
"""More than go into one statement."""


def written(path: Path, rows: list[tuple[int | None, ...]]) -> tuple[int, list[tuple[int | None, ...]]]:
    """How many rows were said to be written, and what the table holds, from a new store."""
    with closing(Store(path)) as store:
        store.sync([listed("sample", 1)], frozenset(Platform), ZONES)
        with store.transaction() as connection:
            count = insert_rows(connection, INSERT_METRIC, rows)
            return count, driver_of(connection).execute("SELECT * FROM metric").fetchall()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(empty=st.lists(st.sets(st.integers(0, COUNTERS - 1)), max_size=8), repeat=st.sampled_from((1, 13, 40)))
def test_what_is_empty_in_some_rows_or_in_all_stays_so(
    tmp_path_factory: pytest.TempPathFactory, empty: list[set[int]], repeat: int
) -> None:
    rows = [
        (1, post, 7, *(None if column in without else 100 * post + column for column in range(COUNTERS)))
        for post, without in enumerate(empty * repeat)
    ]
    assert written(tmp_path_factory.mktemp("rows") / "tracker.db", rows) == (len(rows), rows)


def test_a_column_that_is_filled_in_the_last_row_only_is_filled_there(tmp_path: Path) -> None:
    rows = [(1, post, 7, *(None,) * COUNTERS) for post in range(MANY - 1)]
    rows.append((1, MANY, 7, *range(COUNTERS)))
    assert written(tmp_path / "tracker.db", rows) == (MANY, rows)
