"""PageRank, degrees and communities of a network, against PageRank in plain Python."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scripts.benches.measuring import Effort, Metric, Result, always, race
from tracker.analysis.graphs import ALPHA, PRECISION, communities, pagerank

NODES, EDGES = 10_000, 100_000

Numbers = NDArray[np.int64]
Graph = tuple[int, Numbers, Numbers, Numbers]
"""How many nodes; sources, targets and weights of the edges."""


def network(effort: Effort) -> Result:
    """All figures of a node beside the one of them that a reader could write down in ten lines."""
    graph = generated(effort.of(NODES), effort.of(EDGES))
    rows = list(zip(*(column.tolist() for column in graph[1:]), strict=True))
    apart = sum(abs(ours - theirs) for ours, theirs in zip(pagerank(*graph), plainly(graph[0], rows), strict=True))
    if apart > 10 * PRECISION:
        raise AssertionError("the two ways do not give the same PageRank")
    seconds = race(
        {
            "PageRank": always(lambda: pagerank(*graph)),
            "degrees and communities": always(lambda: (degrees(graph), communities(*graph))),
            "PageRank, plain Python": always(lambda: plainly(graph[0], rows)),
        },
        effort.rounds,
    )
    ours, others, theirs = seconds.values()
    return Result(
        f"PageRank, degrees and communities of {graph[0]:,} nodes and {len(rows):,} edges",
        (
            Metric("pagerank_over_python", theirs / ours, at_least=5),
            Metric("all_over_python_pagerank", theirs / (ours + others), at_least=0.5),
        ),
        seconds,
    )


def generated(nodes: int, edges: int) -> Graph:
    """Distinct edges between groups of nodes, most of them inside a group and to the few that all point to."""
    chance = np.random.default_rng(1)
    sources = chance.integers(0, nodes, 3 * edges)
    near = sources - sources % 100 + (100 * chance.random(sources.size) ** 3).astype(np.int64)
    far = (nodes * chance.random(sources.size) ** 3).astype(np.int64)
    targets = np.minimum(np.where(chance.random(sources.size) < 0.7, near, far), nodes - 1)
    codes = np.unique((sources * nodes + targets)[sources != targets])
    codes = np.sort(chance.permutation(codes)[:edges])
    return nodes, codes // nodes, codes % nodes, chance.geometric(0.3, codes.size).astype(np.int64)


def degrees(graph: Graph) -> list[Numbers]:
    """How many edges go out and come in, and their weights, node by node."""
    nodes, sources, targets, weights = graph
    return [
        np.bincount(ends, weighed, nodes).astype(np.int64)
        for ends in (sources, targets)
        for weighed in (None, weights)
    ]


def plainly(nodes: int, edges: Sequence[tuple[int, int, int]]) -> list[float]:
    """PageRank by power iteration over dictionaries, to the same precision."""
    out: dict[int, dict[int, float]] = {}
    for source, target, weight in edges:
        out.setdefault(source, {})[target] = weight
    for source, around in out.items():
        total = sum(around.values())
        out[source] = {target: weight / total for target, weight in around.items()}
    rank = dict.fromkeys(range(nodes), 1 / nodes)
    while True:
        lost = sum(value for node, value in rank.items() if node not in out)
        new = dict.fromkeys(range(nodes), (1 - ALPHA + ALPHA * lost) / nodes)
        for source, around in out.items():
            passed = ALPHA * rank[source]
            for target, share in around.items():
                new[target] += passed * share
        step = sum(abs(new[node] - value) for node, value in rank.items())
        rank = new
        if step < PRECISION:
            return list(rank.values())
