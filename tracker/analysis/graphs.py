"""Figures of a weighted directed graph. Nodes are numbered from 0; edges are arrays of their ends and weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import rustworkx
from numpy.typing import NDArray

Numbers = NDArray[np.int64]

ALPHA = 0.85
"""How often the reader whom PageRank imagines goes on along an edge, and does not start again anywhere."""
PRECISION = 1e-9
"""The last step of PageRank changed all nodes together by less."""


def pagerank(count: int, sources: Numbers, targets: Numbers, weights: Numbers) -> list[float]:
    """PageRank of each node, all together 1: Page and others, "The PageRank Citation Ranking", 1998.

    A node passes its rank on in proportion to the weights of its edges; one without edges to all nodes alike.
    """
    if not count:
        return []
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(count))
    graph.add_edges_from(list(zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True)))
    # The library multiplies its tolerance by the number of nodes.
    ranks = rustworkx.pagerank(graph, alpha=ALPHA, weight_fn=float, tol=PRECISION / count, max_iter=1000)
    return [ranks[node] for node in range(count)]


def communities(count: int, sources: Numbers, targets: Numbers, weights: Numbers) -> list[int]:
    """The community of each node, from 1, largest first, then that of the lowest node.

    The method of Blondel and others (Louvain, 2008) on the graph without directions: each node in order moves to
    the neighbouring community that raises modularity most, until none does; then communities become nodes, and so
    on. Reckoned in whole numbers and in the order of the nodes, so that the same graph always gives the same answer.
    """
    neighbours: list[dict[int, int]] = [{} for _ in range(count)]
    for source, target, weight in zip(sources.tolist(), targets.tolist(), weights.tolist(), strict=True):
        neighbours[source][target] = neighbours[source].get(target, 0) + weight
        neighbours[target][source] = neighbours[target].get(source, 0) + weight
    inner = [0] * count
    label = list(range(count))
    while True:
        moved = _settled(neighbours, inner)
        if moved is None:
            return _by_size(label)
        label = [moved[place] for place in label]
        neighbours, inner = _merged(neighbours, inner, moved)


def _settled(neighbours: Sequence[Mapping[int, int]], inner: Sequence[int]) -> list[int] | None:
    """The community of each node, numbered from 0 in order of their first nodes; None: no node wants to move."""
    weight = [sum(around.values()) + within for around, within in zip(neighbours, inner, strict=True)]
    total = sum(weight)
    community, size = list(range(len(weight))), list(weight)
    ever = False
    while True:
        calm = True
        for node, around in enumerate(neighbours):
            own, mine = community[node], weight[node]
            links: dict[int, int] = {}
            for other, between in around.items():
                there = community[other]
                links[there] = links.get(there, 0) + between
            size[own] -= mine
            best, gain = own, links.get(own, 0) * total - size[own] * mine
            here = gain
            for there, between in links.items():
                worth = between * total - size[there] * mine
                if worth > gain or (worth == gain > here and there < best):
                    best, gain = there, worth
            size[best] += mine
            if best != own:
                community[node] = best
                calm, ever = False, True
        if calm:
            break
    if not ever:
        return None
    number: dict[int, int] = {}
    return [number.setdefault(there, len(number)) for there in community]


def _merged(
    neighbours: Sequence[Mapping[int, int]], inner: Sequence[int], community: Sequence[int]
) -> tuple[list[dict[int, int]], list[int]]:
    """The graph whose nodes are the communities; `inner` is twice the weight between the members of each."""
    count = max(community) + 1
    merged: list[dict[int, int]] = [{} for _ in range(count)]
    within = [0] * count
    for node, around in enumerate(neighbours):
        here = community[node]
        within[here] += inner[node]
        for other, between in around.items():
            there = community[other]
            if there == here:
                within[here] += between
            else:
                merged[here][there] = merged[here].get(there, 0) + between
    return merged, within


def _by_size(label: Sequence[int]) -> list[int]:
    first = {there: place for place, there in reversed(list(enumerate(label)))}
    sizes = Counter(label)
    order = sorted(sizes, key=lambda there: (-sizes[there], first[there]))
    number = {there: place for place, there in enumerate(order, 1)}
    return [number[there] for there in label]
