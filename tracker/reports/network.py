"""A report on the network as sheets: nodes, edges, flows between roles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tracker.analysis.network_report import Edge, Flow, NetworkReport, Node, Tie, Ties
from tracker.analysis.report import CoverageState
from tracker.domain.words import By
from tracker.reports.columns import AT_LEAST, Column, Kind
from tracker.reports.sheet import Row, Sheet

_NODE = (
    Column("key", rank=9),
    Column("name", wraps=True),
    Column("name_native", heading="native name", wraps=True, rank=8),
    Column("role", rank=3),
    Column("country", rank=4),
)
_OF_ACCOUNT = (Column("platform", rank=1), Column("handle", rank=2))
_IN = (
    Column("in_degree", Kind.COUNT, heading="pointed to by", rank=2),
    Column("in_posts", Kind.COUNT, heading="posts in", unit="posts"),
)
_OUT = (
    Column("out_degree", Kind.COUNT, heading="points to", mark=AT_LEAST, rank=2),
    Column("out_posts", Kind.COUNT, heading="posts out", unit="posts", mark=AT_LEAST),
)
_OF_GRAPH = (
    Column("pagerank", Kind.NUMBER, heading="PageRank", digits=4),
    Column("community", Kind.COUNT, rank=1),
    Column("in_complete", Kind.FLAG, shown=False, meaning="Whether in_degree and in_posts are exact, not at least."),
    Column("coverage", Kind.COVERAGE, rank=5),
)
_TIES = (
    Column("posts", Kind.COUNT, unit="posts", mark=AT_LEAST),
    *(Column(tie.plural, Kind.COUNT, unit="posts", mark=AT_LEAST, rank=2) for tie in Tie),
)
_EDGE = (
    Column("source", shown=False),
    Column("source_name", heading="who points", wraps=True),
    Column("target", shown=False),
    Column("target_name", heading="to whom", wraps=True),
    *_TIES,
    Column("complete", Kind.FLAG, shown=False, meaning="Whether the counts are exact, not at least."),
)
_FLOW = (
    Column("source_role", heading="from"),
    Column("target_role", heading="to"),
    Column("pairs", Kind.COUNT, mark=AT_LEAST),
    *_TIES,
    Column("complete", Kind.FLAG, shown=False, meaning="Whether the counts are exact, not at least."),
)


def network_sheets(report: NetworkReport) -> tuple[Sheet, Sheet, Sheet]:
    """Nodes, edges and flows, each with the notes and what its words mean."""
    return nodes_sheet(report), edges_sheet(report), flows_sheet(report)


def nodes_sheet(report: NetworkReport) -> Sheet:
    """One row a node. What comes in has "≥" in its heading if any source is not fully covered."""
    known_whole = report.complete
    inward = [column if known_whole else replace(column, heading=f"{AT_LEAST}{column.title}") for column in _IN]
    columns = (*_NODE, *(_OF_ACCOUNT if report.by is By.ACCOUNT else ()), *inward, *_OUT, *_OF_GRAPH)
    rows = [_node_row(node, report) for node in report.nodes]
    return _sheet(report, "nodes", f"Network: who is pointed to, by {report.by}", columns, rows, lead="name")


def edges_sheet(report: NetworkReport) -> Sheet:
    """One row a pair of ends and direction."""
    rows = [_edge_row(edge) for edge in report.edges]
    return _sheet(report, "edges", f"Network: who points to whom, by {report.by}", _EDGE, rows, lead="source_name")


def flows_sheet(report: NetworkReport) -> Sheet:
    """One row a pair of roles and direction."""
    rows = [_flow_row(flow) for flow in report.flows]
    return _sheet(report, "flows", "Network: from role to role", _FLOW, rows)


def _sheet(
    report: NetworkReport, name: str, title: str, columns: Iterable[Column], rows: Iterable[Row], lead: str = ""
) -> Sheet:
    meanings = dict(report.definitions)
    rows = tuple(rows)
    told = tuple(
        replace(column, meaning=meanings.get(column.key, column.meaning), shown=column.shown and _occurs(place, rows))
        for place, column in enumerate(columns)
    )
    keys = {column.key for column in told}
    others = {"in_degree", "out_degree", "in_posts", "out_posts", "pagerank", "community", "pairs"}
    words = tuple((word, said) for word, said in report.definitions if word not in keys and word not in others)
    return Sheet(name, title, report.as_of, told, rows, report.notes, words, lead)


def _occurs(place: int, rows: Sequence[Row]) -> bool:
    """Whether the column has a value other than 0: people need not see the ways of pointing that nobody uses."""
    return any(row.values[place] not in (None, 0) for row in rows)


def _node_row(node: Node, report: NetworkReport) -> Row:
    of_account = (node.platform, node.handle) if report.by is By.ACCOUNT else ()
    return Row(
        (
            node.key,
            node.name,
            node.name_native or None,
            node.role,
            node.country,
            *of_account,
            node.in_degree,
            node.in_posts,
            node.out_degree,
            node.out_posts,
            node.pagerank,
            node.community,
            report.complete,
            node.coverage,
        ),
        node.state,
    )


def _edge_row(edge: Edge) -> Row:
    ends = (edge.source.key, edge.source.name, edge.target.key, edge.target.name)
    return Row((*ends, *counts_of(edge.ties), edge.state is CoverageState.FULL), edge.state)


def _flow_row(flow: Flow) -> Row:
    return Row(
        (flow.source, flow.target, flow.pairs, *counts_of(flow.ties), flow.state is CoverageState.FULL), flow.state
    )


def counts_of(ties: Ties) -> tuple[int, ...]:
    """The weight, then the posts of each kind in the order of Tie."""
    return (ties.posts, ties.reposts, ties.forwards, ties.quotes, ties.replies, ties.mentions)
