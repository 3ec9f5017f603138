"""The network's sheets and files: read back with a plain parser, they hold the graph and nothing that breaks it."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from tracker.analysis.network_report import Edge, Flow, NetworkReport, Node, Ties
from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.errors import UsageError
from tracker.domain.instants import from_iso
from tracker.domain.words import By, Platform, Role
from tracker.reports.formats import ReportFormat
from tracker.reports.graph_files import write_graph
from tracker.reports.network import edges_sheet, flows_sheet, network_sheets, nodes_sheet
from tracker.reports.sheet_writing import write_sheet, write_sheets

GEXF, GRAPHML = "{http://gexf.net/1.3}", "{http://graphml.graphdrawing.org/xmlns}"
FULL = Coverage(CoverageState.FULL, 1.0)
PARTIAL = Coverage(CoverageState.PARTIAL, 0.5)
NONE = Coverage(CoverageState.NONE, 0.0)


def node(key: str, name: str, coverage: Coverage = FULL, **fields: object) -> Node:
    whole = Node(key, key, name, "", Role.OFFICIAL, "IR", None, None, 1, 1, 5, 5, 0.25, 1, coverage)
    return replace(whole, **fields)  # type: ignore[arg-type]  # the fields differ in type


ANNA = node("anna", '=Anna "& <b>\x00\x1b\ud800\uffff', name_native="آنا [ساختگی]")
BORIS = node("boris", "Boris, [generated]", PARTIAL, role=Role.OUTLET)
CYRUS = node("@cyrus", "Cyrus [generated]\nsecond line", NONE, out_posts=None, out_degree=None)
EDGES = (
    Edge(ANNA, BORIS, Ties(reposts=3, mentions=2), CoverageState.FULL),
    Edge(BORIS, ANNA, Ties(forwards=4), CoverageState.PARTIAL),
    Edge(BORIS, CYRUS, Ties(quotes=1), CoverageState.PARTIAL),
)
REPORT = NetworkReport(
    from_iso("2024-06-01T00:00:00Z"),
    By.SUBJECT,
    (ANNA, BORIS, CYRUS),
    EDGES,
    (Flow(Role.OUTLET, Role.OFFICIAL, Ties(forwards=4, quotes=1), 2, CoverageState.PARTIAL),),
    False,
    (("posts", "How many."), ("pagerank", "A rank."), ("edge", "Who points.")),
    ("A note.",),
)


def written(folder: Path, name: str, report: NetworkReport = REPORT) -> Path:
    target = folder / name
    write_graph(report, target)
    return target


def test_gexf_holds_the_nodes_and_edges_with_their_values(tmp_path: Path) -> None:
    graph = Xml.parse(written(tmp_path, "a.gexf")).getroot().find(f"{GEXF}graph")
    assert graph is not None
    assert graph.get("defaultedgetype") == "directed"
    declared = {(block.get("class"), item.get("id")) for block in graph.iter(f"{GEXF}attributes") for item in block}
    nodes = list(graph.iter(f"{GEXF}node"))
    assert [(item.get("id"), item.get("label")) for item in nodes] == [
        ("anna", '=Anna "& <b>'),
        ("boris", "Boris, [generated]"),
        ("@cyrus", "Cyrus [generated]\nsecond line"),
    ]
    values = [{v.get("for"): v.get("value") for v in item.iter(f"{GEXF}attvalue")} for item in nodes]
    assert values[0]["name_native"] == "آنا [ساختگی]"
    assert (values[1]["role"], values[1]["country"], values[1]["pagerank"]) == ("outlet", "IR", "0.25")
    assert (values[1]["community"], values[1]["in_posts"], values[1]["coverage"]) == ("1", "5", "partial")
    assert "out_posts" not in values[2]
    edges = list(graph.iter(f"{GEXF}edge"))
    assert [(e.get("source"), e.get("target"), e.get("weight")) for e in edges] == [
        ("anna", "boris", "5"),
        ("boris", "anna", "4"),
        ("boris", "@cyrus", "1"),
    ]
    of_first = {v.get("for"): v.get("value") for v in edges[0].iter(f"{GEXF}attvalue")}
    assert of_first == {
        **dict.fromkeys(("forwards", "quotes", "replies"), "0"),
        **{"posts": "5", "reposts": "3", "mentions": "2", "at_least": "false"},
    }
    used = {("node", name) for one in values for name in one} | {("edge", name) for name in of_first}
    assert used <= declared


def test_graphml_holds_the_same(tmp_path: Path) -> None:
    root = Xml.parse(written(tmp_path, "a.graphml")).getroot()
    keys = {key.get("id"): key.get("attr.type") for key in root.iter(f"{GRAPHML}key")}
    assert (keys["node_pagerank"], keys["node_in_posts"], keys["edge_weight"]) == ("double", "int", "int")
    graph = root.find(f"{GRAPHML}graph")
    assert graph is not None
    assert graph.get("edgedefault") == "directed"
    nodes = {item.get("id"): {data.get("key"): data.text for data in item} for item in graph.iter(f"{GRAPHML}node")}
    assert nodes["anna"]["node_name"] == '=Anna "& <b>'
    assert nodes["anna"]["node_name_native"] == "آنا [ساختگی]"
    edges = [
        (item.get("source"), item.get("target"), {data.get("key"): data.text for data in item})
        for item in graph.iter(f"{GRAPHML}edge")
    ]
    assert [(source, target, data["edge_weight"]) for source, target, data in edges] == [
        ("anna", "boris", "5"),
        ("boris", "anna", "4"),
        ("boris", "@cyrus", "1"),
    ]
    assert [data["edge_at_least"] for *_, data in edges] == ["false", "true", "true"]
    assert {key for data in nodes.values() for key in data} | {key for *_, data in edges for key in data} <= set(keys)


def test_networkx_reads_both(tmp_path: Path) -> None:
    networkx = pytest.importorskip("networkx")
    for graph in (
        networkx.read_gexf(written(tmp_path, "a.gexf"), version="1.3"),
        networkx.read_graphml(written(tmp_path, "a.graphml")),
    ):
        assert set(graph.nodes) == {"anna", "boris", "@cyrus"}
        assert graph.edges["anna", "boris"]["weight"] == 5


def test_the_edges_as_csv_are_guarded_and_have_a_plain_weight(tmp_path: Path) -> None:
    with written(tmp_path, "edges.CSV").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], row["target"], row["weight"], row["at_least"]) for row in rows] == [
        ("anna", "boris", "5", "false"),
        ("boris", "anna", "4", "true"),
        ("boris", "'@cyrus", "1", "true"),
    ]
    assert rows[0]["source_name"].startswith("'=Anna")
    assert rows[0]["reposts"] == "3"


def test_an_empty_network_is_a_sound_file(tmp_path: Path) -> None:
    empty = replace(REPORT, nodes=(), edges=(), flows=())
    for name, tag in (("a.gexf", f"{GEXF}node"), ("a.graphml", f"{GRAPHML}node")):
        assert not list(Xml.parse(written(tmp_path, name, empty)).getroot().iter(tag))


def test_an_ending_that_says_no_format_writes_nothing(tmp_path: Path) -> None:
    for name in ("a.png", "a", ".gexf"):
        with pytest.raises(UsageError, match=r"\.gexf, \.graphml or \.csv"):
            write_graph(REPORT, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_there_stays_unless_forced(tmp_path: Path) -> None:
    target = written(tmp_path, "a.gexf")
    before = target.read_bytes()
    with pytest.raises(UsageError, match="exists already"):
        write_graph(replace(REPORT, edges=()), target)
    assert target.read_bytes() == before
    write_graph(replace(REPORT, edges=()), target, force=True)
    assert target.read_bytes() != before
    assert [path.name for path in tmp_path.iterdir()] == ["a.gexf"]


def test_the_same_network_is_the_same_file(tmp_path: Path) -> None:
    for ending in ("gexf", "graphml"):
        assert written(tmp_path, f"a.{ending}").read_bytes() == written(tmp_path, f"b.{ending}").read_bytes()


def table(report: NetworkReport = REPORT, width: int = 200) -> str:
    out = io.StringIO()
    write_sheet(nodes_sheet(report), ReportFormat.TABLE, out, width=width)
    return out.getvalue()


def test_what_comes_in_is_marked_in_the_heading_and_what_goes_out_in_the_row() -> None:
    first, *_ = (line for line in table().splitlines() if "PageRank" in line)
    assert "≥ pointed to by" in first
    assert "≥ posts in" in first
    assert "≥ posts out" not in first
    rows = {row.values[0]: row for row in nodes_sheet(REPORT).rows}
    assert rows["boris"].state is CoverageState.PARTIAL
    (of_boris,) = (line for line in table().splitlines() if line.startswith("Boris"))
    assert "≥ 5" in of_boris
    (of_cyrus,) = (line for line in table().splitlines() if line.startswith("Cyrus"))
    assert "no data" in of_cyrus
    assert "≥ posts in" not in table(replace(REPORT, complete=True))


def test_people_see_only_the_ways_of_pointing_that_occur_and_programs_see_all() -> None:
    shown = [column.key for column in edges_sheet(REPORT).used()]
    assert shown == ["source_name", "target_name", "posts", "reposts", "forwards", "quotes", "mentions"]
    assert {"replies", "source", "target"} <= {column.key for column in edges_sheet(REPORT).columns}
    assert [column.key for column in flows_sheet(REPORT).used()] == [
        *("source_role", "target_role", "pairs", "posts", "forwards", "quotes")
    ]


def test_json_holds_all_three_tables() -> None:
    out = io.StringIO()
    write_sheets(network_sheets(REPORT), ReportFormat.JSON, out)
    told = json.loads(out.getvalue())
    assert set(told) == {"nodes", "edges", "flows"}
    assert [row["posts"] for row in told["edges"]["rows"]] == [5, 4, 1]
    assert [row["complete"] for row in told["edges"]["rows"]] == [True, False, False]
    assert told["nodes"]["rows"][2]["out_posts"] is None
    assert told["nodes"]["rows"][0]["in_complete"] is False
    assert told["flows"]["rows"][0]["source_role"] == "outlet"
    assert told["nodes"]["definitions"]["pagerank"] == "A rank."
    assert told["nodes"]["notes"] == ["A note."]


def test_accounts_have_a_platform_and_a_handle() -> None:
    one = replace(ANNA, key="x:7", platform=Platform.X, handle="anna")
    sheet = nodes_sheet(replace(REPORT, by=By.ACCOUNT, nodes=(one,)))
    assert [row.values[sheet.place("handle")] for row in sheet.rows] == ["anna"]
    assert "handle" not in {column.key for column in nodes_sheet(REPORT).columns}
