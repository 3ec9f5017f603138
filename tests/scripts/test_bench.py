"""The benches run and say what they should. How fast anything is, no test says."""

from __future__ import annotations

import json
import shutil
from functools import partial

import pytest

from scripts.benches.__main__ import main
from scripts.benches.measuring import Effort, Metric, always, race
from scripts.benches.registry import BENCHES

TINY = Effort(rounds=1, share=0.001)
METRICS = {
    "store": {"over_executemany", "over_tweepy_orm"},
    "usage": {"over_window_functions"},
    "history": {
        "usage_over_index",
        "silence_over_index",
        "influence_over_index",
        "influence_over_posts_index",
    },
    "import": {"over_executemany", "over_twarc_flatten", "posts_per_second"},
    "network": {"pagerank_over_python", "all_over_python_pagerank"},
    "export": {"over_csv_module", "peak_megabytes", *(["over_sqlite_shell"] if shutil.which("sqlite3") else [])},
    "crawl": {
        f"{scenario}_{figure}"
        for scenario in ("rhythmic", "bursty")
        for figure in ("mean_over_uniform", "mean_over_oracle", "p95_over_uniform")
    },
    "month": {
        "posts_an_account",
        "posts_dollars",
        "posts_without_refresh_dollars",
        "counts_dollars",
        "counts_profiles_monthly_dollars",
    },
    "start": {"milliseconds_more", "over_sqlite_utils"},
}


def test_every_bench_has_a_name() -> None:
    assert set(BENCHES) == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_a_bench_gives_its_ratios_as_json(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--json"], TINY) == 0
    told = json.loads(capsys.readouterr().out)
    assert {bench: set(figures) for bench, figures in told.items()} == {name: METRICS[name]}
    assert all(isinstance(figure, int | float) for figure in told[name].values())


def test_a_bench_tells_a_reader_the_seconds_the_targets_and_whether_they_are_met(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["store"], TINY) == 0
    told = capsys.readouterr().out
    assert told.startswith("store: 3 pages of 100 posts")
    for way in ("tracker", "executemany", "tweepy and ORM"):
        assert any(line.split()[-1] == "s" for line in told.splitlines() if line.strip().startswith(way))
    for line in told.splitlines()[-2:]:
        assert ("met: at least" in line) != ("MISSED: at least" in line)


def test_a_name_that_is_no_bench_ends_with_2_and_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["store", "stroe"], TINY)
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert "'stroe'" in error
    assert all(name in error.splitlines()[-1] for name in BENCHES)


def test_a_target_is_met_at_its_very_value() -> None:
    assert Metric("faster", 8.0, at_least=8).met
    assert not Metric("faster", 7.99, at_least=8).met
    assert Metric("milliseconds", 120.0, at_most=120).met
    assert not Metric("milliseconds", 120.1, at_most=120).met


def test_contestants_take_turns() -> None:
    turns: list[str] = []
    seconds = race({name: always(partial(turns.append, name)) for name in "abc"}, rounds=3)
    assert turns == list("abcabcabc")
    assert set(seconds) == set("abc")
