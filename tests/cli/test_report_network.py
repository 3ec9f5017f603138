"""`tracker report network` over the demo's data, against plain Python over the sandbox's own channels."""

from __future__ import annotations

import json
from collections import Counter
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tests.cli.commands import tracker
from tracker.analysis.network_report import NetworkReport
from tracker.cli.report_network import network_of
from tracker.cli.selecting import selection_of
from tracker.config.home import Home, load
from tracker.domain.instants import from_iso
from tracker.domain.words import By, Platform, PostKind, Protection, Role
from tracker.reports.formats import ReportFormat
from tracker.reports.graph_files import write_graph
from tracker.reports.network import network_sheets
from tracker.reports.sheet_writing import write_sheets
from tracker.runtime.audit import Deed, entries
from tracker.sandbox.telegram_demo import SUBJECTS_IN_DEMO, demo_world

AT_RISK = [subject for subject in SUBJECTS_IN_DEMO if subject.protection is Protection.AT_RISK]
NAMED = [subject for subject in SUBJECTS_IN_DEMO if subject.protection is Protection.NAMED]


@pytest.fixture(scope="module")
def report(demo: Path) -> NetworkReport:
    return answer(demo)


def answer(home: Path, by: By = By.SUBJECT, **asked: object) -> NetworkReport:
    config = load(Home(home))
    return network_of(config, selection_of(config, **asked), by)  # type: ignore[arg-type]


def forwards(since: int = 0, roles: frozenset[Role] = frozenset(Role)) -> Counter[tuple[str, str]]:
    """Who forwards whom how often, among those who may be named."""
    world = demo_world()
    ids = {channel.handle: channel.channel_id for channel in world}
    named = {ids[one.handle]: one for one in NAMED}
    return Counter(
        (named[channel_id].name, named[post.ref_author_id].name)
        for channel_id, subject in named.items()
        if subject.role in roles
        for post in world.posts(channel_id)
        if post.kind is PostKind.REPOST and post.posted_at >= since and post.ref_author_id in named
    )


def told(report: NetworkReport) -> Counter[tuple[str, str]]:
    return Counter({(edge.source.name, edge.target.name): edge.posts for edge in report.edges})


def test_the_edges_are_the_forwards_between_named_channels(demo: Path, report: NetworkReport) -> None:
    truth = forwards()
    assert len(truth) > 50
    assert told(report) == truth
    assert sum(edge.ties.forwards for edge in report.edges) == truth.total()
    assert told(answer(demo, By.ACCOUNT)) == truth
    assert told(answer(demo, platform=Platform.TELEGRAM)) == truth


def test_dates_and_filters_choose_the_posts(demo: Path) -> None:
    assert told(answer(demo, since="2020-09-01", country="IR")) == forwards(from_iso("2020-09-01T00:00:00+03:30"))
    assert told(answer(demo, role=Role.OUTLET)) == forwards(roles=frozenset({Role.OUTLET}))


def test_degrees_are_those_of_the_forwards(report: NetworkReport) -> None:
    truth = forwards()
    for node in report.nodes:
        assert node.in_degree == sum(target == node.name for _, target in truth)
        assert node.out_degree == sum(source == node.name for source, _ in truth)
        assert node.in_posts == sum(posts for (_, target), posts in truth.items() if target == node.name)


def test_nobody_at_risk_is_in_any_table_or_file(report: NetworkReport, tmp_path: Path) -> None:
    texts = []
    for ending in ("gexf", "graphml", "csv"):
        write_graph(report, tmp_path / f"a.{ending}")
        texts.append((tmp_path / f"a.{ending}").read_text("utf-8"))
    together = StringIO()
    write_sheets(network_sheets(report), ReportFormat.JSON, together)
    for text in (*texts, together.getvalue()):
        assert NAMED[-1].name in text
        assert NAMED[-1].name_native in text or text is texts[-1]
        for hidden in AT_RISK:
            for word in (hidden.name, hidden.name_native, hidden.handle.replace("_", "-") + '"', hidden.handle):
                assert word not in text


def test_no_edge_says_so(demo: Path) -> None:
    report = answer(demo, platform=Platform.X)
    assert report.nodes == ()
    assert any("points to another on the watchlist" in note for note in report.notes)


def test_the_command_writes_a_file_once(demo: Path, tmp_path: Path) -> None:
    target = tmp_path / "a.gexf"
    ran = tracker("report", "network", "-o", target, home=demo)
    assert (ran.code, ran.out) == (0, "")
    truth = forwards()
    assert f"wrote {len(NAMED)} nodes and {len(truth)} edges to {target}" in ran.err
    edges = list(Xml.parse(target).getroot().iter("{http://gexf.net/1.3}edge"))
    assert sum(int(edge.get("weight", "0")) for edge in edges) == truth.total()
    noted = [entry.facts["path"] for entry in entries(demo / "data", Deed.EXPORT)]
    assert noted.count(str(target)) == 1, "so that `forget` can tell what may still hold somebody"
    before = target.read_bytes()
    again = tracker("report", "network", "-o", target, home=demo)
    assert again.code == 2
    assert "--force" in again.err
    assert target.read_bytes() == before


def test_the_command_prints_one_table_and_json_all_three(demo: Path) -> None:
    flows = tracker("report", "network", "--table", "flows", "--format", "csv", home=demo)
    assert flows.out.startswith("source_role,target_role,pairs,posts")
    together = json.loads(tracker("report", "network", "--json", home=demo).out)
    assert {name: bool(part["rows"]) for name, part in together.items()} == {
        "nodes": True,
        "edges": True,
        "flows": True,
    }
