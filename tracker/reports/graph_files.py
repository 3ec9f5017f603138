"""The network as a file for programs that draw graphs: GEXF 1.3, GraphML, or the edges as CSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree as Xml

from tracker.analysis.network_report import Edge, NetworkReport, Node, Tie
from tracker.analysis.report import CoverageState
from tracker.domain.errors import UsageError
from tracker.domain.instants import iso
from tracker.reports.cells import csv_writer, guard
from tracker.reports.files import writing
from tracker.reports.network import counts_of

Value = str | int | float | bool | None

_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML may hold, not even escaped."""

_GEXF, _GRAPHML = "http://gexf.net/1.3", "http://graphml.graphdrawing.org/xmlns"
_TYPES = {"gexf": {str: "string", int: "integer", float: "double", bool: "boolean"}}
_TYPES["graphml"] = {**_TYPES["gexf"], int: "int"}

NODE_VALUES: Mapping[str, tuple[type, Callable[[Node], Value]]] = {
    "name": (str, lambda node: node.name),
    "name_native": (str, lambda node: node.name_native or None),
    "subject": (str, lambda node: node.subject),
    "role": (str, lambda node: node.role.value),
    "country": (str, lambda node: node.country),
    "platform": (str, lambda node: None if node.platform is None else node.platform.value),
    "handle": (str, lambda node: node.handle),
    "pagerank": (float, lambda node: node.pagerank),
    "community": (int, lambda node: node.community),
    "in_degree": (int, lambda node: node.in_degree),
    "out_degree": (int, lambda node: node.out_degree),
    "in_posts": (int, lambda node: node.in_posts),
    "out_posts": (int, lambda node: node.out_posts),
    "coverage": (str, lambda node: node.state.value),
}
"""What a file says of a node: by name, its type, and where it comes from; None is left out."""

EDGE_VALUES: tuple[str, ...] = ("posts", *(tie.plural for tie in Tie))


def write_graph(report: NetworkReport, target: Path, force: bool = False) -> None:
    """Write the network in the format that the name's ending says; the file appears whole or not at all.

    Raises UsageError for another ending, or if the file exists and `force` is not given.
    """
    require_ending(target)
    with writing(target, force) as out:
        WRITERS[target.suffix.lower()](report, out)


def require_ending(target: Path) -> None:
    """Raise UsageError unless the name's ending says a format."""
    if target.suffix.lower() not in WRITERS:
        raise UsageError(f"{target} does not say which kind of graph; name it .gexf, .graphml or .csv (edges)")


def gexf(report: NetworkReport, out: TextIO) -> None:
    """GEXF 1.3, as Gephi reads it."""
    root = Xml.Element("gexf", {"xmlns": _GEXF, "version": "1.3"})
    meta = Xml.SubElement(root, "meta", {"lastmodifieddate": iso(report.as_of)[:10]})
    Xml.SubElement(meta, "creator").text = "tracker"
    Xml.SubElement(meta, "description").text = _clean(" ".join(report.notes))
    graph = Xml.SubElement(root, "graph", {"defaultedgetype": "directed", "mode": "static"})
    of_nodes = Xml.SubElement(graph, "attributes", {"class": "node"})
    for name, (kind, _) in NODE_VALUES.items():
        Xml.SubElement(of_nodes, "attribute", {"id": name, "title": name, "type": _TYPES["gexf"][kind]})
    of_edges = Xml.SubElement(graph, "attributes", {"class": "edge"})
    for name in EDGE_VALUES:
        Xml.SubElement(of_edges, "attribute", {"id": name, "title": name, "type": "integer"})
    Xml.SubElement(of_edges, "attribute", {"id": "at_least", "title": "at_least", "type": "boolean"})
    nodes = Xml.SubElement(graph, "nodes")
    for node in report.nodes:
        element = Xml.SubElement(nodes, "node", {"id": _clean(node.key), "label": _clean(node.name)})
        _values(Xml.SubElement(element, "attvalues"), "attvalue", "for", _of_node(node))
    edges = Xml.SubElement(graph, "edges")
    for number, edge in enumerate(report.edges):
        ends = {"source": _clean(edge.source.key), "target": _clean(edge.target.key)}
        element = Xml.SubElement(edges, "edge", {"id": str(number), **ends, "weight": str(edge.posts)})
        _values(Xml.SubElement(element, "attvalues"), "attvalue", "for", _of_edge(edge))
    _write(root, out)


def graphml(report: NetworkReport, out: TextIO) -> None:
    """GraphML, as most programs read it."""
    root = Xml.Element("graphml", {"xmlns": _GRAPHML})
    for name, (kind, _) in NODE_VALUES.items():
        _key(root, name, "node", _TYPES["graphml"][kind])
    for name in ("weight", *EDGE_VALUES):
        _key(root, name, "edge", "int")
    _key(root, "at_least", "edge", "boolean")
    graph = Xml.SubElement(root, "graph", {"id": "network", "edgedefault": "directed"})
    for node in report.nodes:
        element = Xml.SubElement(graph, "node", {"id": _clean(node.key)})
        _values(element, "data", "key", {f"node_{name}": value for name, value in _of_node(node).items()})
    for edge in report.edges:
        ends = {"source": _clean(edge.source.key), "target": _clean(edge.target.key)}
        values = {"weight": edge.posts, **_of_edge(edge)}
        element = Xml.SubElement(graph, "edge", ends)
        _values(element, "data", "key", {f"edge_{name}": value for name, value in values.items()})
    _write(root, out)


def edges_csv(report: NetworkReport, out: TextIO) -> None:
    """One row an edge, with the columns that programs look for: source, target, weight."""
    write_row = csv_writer(out)
    write_row(["source", "target", "type", "weight", "source_name", "target_name", *EDGE_VALUES[1:], "at_least"])
    for edge in report.edges:
        posts, *by_tie = map(str, counts_of(edge.ties))
        texts = (edge.source.key, edge.target.key, edge.source.name, edge.target.name)
        source, target, *names = (guard(_clean(text)) for text in texts)
        write_row([source, target, "directed", posts, *names, *by_tie, _said(edge.state is not CoverageState.FULL)])


WRITERS: Mapping[str, Callable[[NetworkReport, TextIO], None]] = {
    ".gexf": gexf,
    ".graphml": graphml,
    ".csv": edges_csv,
}
"""By the ending of the file's name."""


def _key(root: Xml.Element, name: str, domain: str, type_name: str) -> None:
    values = {"id": f"{domain}_{name}", "for": domain, "attr.name": name, "attr.type": type_name}
    Xml.SubElement(root, "key", values)


def _of_node(node: Node) -> dict[str, Value]:
    return {name: value_of(node) for name, (_, value_of) in NODE_VALUES.items()}


def _of_edge(edge: Edge) -> dict[str, Value]:
    counts = dict(zip(EDGE_VALUES, counts_of(edge.ties), strict=True))
    return {**counts, "at_least": edge.state is not CoverageState.FULL}


def _values(parent: Xml.Element, tag: str, naming: str, values: Mapping[str, Value]) -> None:
    """A child for each value: GEXF has it in an attribute, GraphML as text."""
    for name, value in values.items():
        if value is not None:
            child = Xml.SubElement(parent, tag, {naming: name})
            if naming == "for":
                child.set("value", _said(value))
            else:
                child.text = _said(value)


def _said(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else _clean(str(value))


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("", text)


def _write(root: Xml.Element, out: TextIO) -> None:
    Xml.indent(root)
    out.write('<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, encoding="unicode") + "\n")
