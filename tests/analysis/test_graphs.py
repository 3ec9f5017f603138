"""PageRank and communities, against slow and plain ways to reckon them."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from scripts.benches.network import generated, plainly
from tracker.analysis.graphs import communities, pagerank

Edges = list[tuple[int, int, int]]


def columns(edges: Edges) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], ...]:
    return tuple(np.array(edges, np.int64).reshape(-1, 3).T)


def ranks(count: int, edges: Edges) -> list[float]:
    return pagerank(count, *columns(edges))


def parts(count: int, edges: Edges) -> list[int]:
    return communities(count, *columns(edges))


def modularity(edges: Edges, label: list[int]) -> float:
    """As Newman defines it, for a weighted graph without directions."""
    total = 2 * sum(weight for *_, weight in edges)
    degree = [0] * len(label)
    for source, target, weight in edges:
        degree[source] += weight
        degree[target] += weight
    inside = sum(2 * weight for source, target, weight in edges if label[source] == label[target]) / total
    expected = sum(
        degree[one] * degree[other]
        for one, other in product(range(len(label)), repeat=2)
        if label[one] == label[other]
    )
    return inside - expected / total**2


def clique(*members: int, weight: int = 1) -> Edges:
    return [(one, other, weight) for one in members for other in members if one < other]


def random_edges(seed: int) -> tuple[int, Edges]:
    count, *arrays = generated(40 + seed, 150)
    return count, list(zip(*(column.tolist() for column in arrays), strict=True))


def test_pagerank_is_the_solution_of_its_equations() -> None:
    count, edges = random_edges(1)
    found = np.array(ranks(count, edges))
    matrix = np.zeros((count, count))
    for source, target, weight in edges:
        matrix[target, source] = weight
    out = matrix.sum(axis=0)
    matrix[:, out == 0] = 1
    matrix /= matrix.sum(axis=0)
    exact = np.linalg.solve(np.eye(count) - 0.85 * matrix, np.full(count, 0.15 / count))
    assert found == pytest.approx(exact, abs=1e-8)
    assert found.sum() == pytest.approx(1)


def test_rank_flows_to_who_is_pointed_to_in_proportion_to_the_weights() -> None:
    first, second, third = ranks(3, [(0, 1, 3), (0, 2, 1)])
    assert second > third > first
    assert (second - first) == pytest.approx(3 * (third - first))


def test_pagerank_in_plain_python_agrees() -> None:
    for seed in range(5):
        count, edges = random_edges(seed)
        assert ranks(count, edges) == pytest.approx(plainly(count, edges), abs=1e-8)


def test_cliques_with_one_bridge_are_communities() -> None:
    edges = [*clique(0, 2, 4, 6), *clique(1, 3, 5), (2, 3, 1)]
    assert parts(7, edges) == [1, 2, 1, 2, 1, 2, 1]


def test_communities_are_numbered_by_size_and_then_by_their_first_node() -> None:
    edges = [*clique(5, 6), *clique(0, 1), *clique(2, 3, 4)]
    assert parts(7, edges) == [2, 2, 1, 1, 1, 3, 3]


def test_weights_decide_where_numbers_of_edges_do_not() -> None:
    ring = [(0, 1, 9), (1, 2, 1), (2, 3, 9), (3, 0, 1)]
    assert parts(4, ring) == [1, 1, 2, 2]


def test_no_merger_of_two_communities_would_do_better() -> None:
    for seed in range(6):
        count, edges = random_edges(seed)
        label = parts(count, edges)
        best = modularity(edges, label)
        assert best > 0.3

        for one, other in product(set(label), repeat=2):
            assert modularity(edges, [one if mine == other else mine for mine in label]) <= best + 1e-12
        turned = [(target, source, weight) for source, target, weight in reversed(edges)]
        assert modularity(edges, parts(count, turned)) == pytest.approx(best)


def test_the_best_division_of_a_small_graph_is_found() -> None:
    edges = [*clique(0, 1, 2), *clique(3, 4, 5), (2, 3, 1)]
    best = max(modularity(edges, list(label)) for label in product(range(3), repeat=6))
    assert modularity(edges, parts(6, edges)) == pytest.approx(best)


def test_a_graph_without_nodes_has_no_figures() -> None:
    assert ranks(0, []) == []
    assert parts(0, []) == []
