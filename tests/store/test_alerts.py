"""What somebody was told is remembered, and forgotten where it would say too much."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.making import NOW, claim, listed, one, opened, page, post, profile, rows, sync, the_account, write
from tracker.domain.errors import SchemaError
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.words import Protection
from tracker.store import schema
from tracker.store.alerts import Told
from tracker.store.dialect import writing_engine
from tracker.store.reader import Reader
from tracker.store.store import Store

NAMED, AT_RISK = listed("reporter", 77), listed("reporter", 77, protection=Protection.AT_RISK)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "tracker.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with opened(path, NAMED, listed("ministry", 55)) as store:
        yield store


def test_a_change_is_remembered_once_a_track_and_untold_until_it_was_delivered(store: Store) -> None:
    assert store.told(1) == {}
    store.remember_change(1, "own", "alarm", NOW, None)
    store.remember_change(1, "account", "suspended", NOW, NOW)
    assert store.told(1) == {"own": Told("alarm", None), "account": Told("suspended", NOW)}
    assert store.untold() == [1]
    store.remember_change(1, "own", "alarm", NOW, NOW + 5)
    assert store.told(1)["own"] == Told("alarm", NOW + 5)
    assert store.untold() == []
    assert store.told(2) == {}


def test_the_beginning_of_an_alarm_goes_when_its_subject_becomes_at_risk(store: Store, path: Path) -> None:
    """It follows from the times of posts, and would give them away."""
    moment = 1_664_555_333
    store.remember_change(1, "own", "alarm", moment, NOW)
    store.remember_change(2, "own", "alarm", NOW, NOW)
    sync(store, AT_RISK, listed("ministry", 55))
    assert rows(path, "SELECT account_id FROM alert") == [(2,)]
    everything = b"".join(file.read_bytes() for file in path.parent.iterdir())
    assert moment.to_bytes(4, "big") not in everything


def test_an_account_that_is_removed_takes_its_alerts_along(store: Store, path: Path) -> None:
    store.remember_change(1, "own", "alarm", NOW, NOW)
    with store.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM account WHERE id = 1")
    assert rows(path, "SELECT * FROM alert") == []


def test_a_database_of_the_first_schema_gains_the_table_and_keeps_what_it_has(path: Path) -> None:
    path.parent.mkdir()
    engine = writing_engine(path)
    schema.upgrade(engine, "0001")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO account (platform, subject, listed_handle, handle, protection, collected, failures, "
            "next_visit_at, leased_until) VALUES ('x', 's', 'h', 'h', 'named', 1, 0, 0, 0)"
        )
    with pytest.raises(SchemaError, match="run `tracker db upgrade`"):
        Store(path)
    schema.upgrade(engine)
    engine.dispose()
    with opened(path) as store:
        store.remember_change(1, "own", "alarm", NOW, None)
        assert store.untold() == [1]
    assert one(path, "SELECT subject FROM account") == "s"


def test_a_report_knows_the_state_its_first_day_and_the_handles_of_a_named_account(store: Store, path: Path) -> None:
    named, _ = claim(store)
    store.identify(named.id, profile(77, "reporter", NOW))
    store.identify(named.id, profile(77, "reporter_new", NOW + 9))
    visit = store.begin_visit(named.id, NOW)
    store.end_visit(named, visit, OutcomeKind.SUSPENDED, "", NOW + 10, NOW)
    store.end_visit(named, visit, OutcomeKind.SUSPENDED, "", NOW + 20, NOW)
    reader = Reader(path)
    (series,) = reader.series([NAMED])
    reader.close()
    assert (series.observed.state, series.observed.state_since) == ("suspended", NOW + 10)
    assert [tuple(seen) for seen in series.observed.handles] == [
        ("reporter", NOW, NOW),
        ("reporter_new", NOW + 9, NOW + 9),
    ]


def test_of_an_account_at_risk_no_handle_is_read(path: Path) -> None:
    with opened(path, AT_RISK) as store:
        account = the_account(store)
        store.identify(account.id, profile(77, "reporter", NOW))
        assert store.series(account.id, AT_RISK).observed.handles == ()


def test_the_daemon_reads_the_same_series_as_a_report(store: Store, path: Path) -> None:
    account, _ = claim(store)
    write(store, account, page(*(post(number, NOW - number) for number in range(1, 9))))
    assert store.ids_of([NAMED]) == {account.id: NAMED}
    series = store.series(account.id, NAMED)
    reader = Reader(path)
    (other,) = reader.series([NAMED])
    reader.close()
    assert series.observed == other.observed
    assert repr(series) == repr(other)
