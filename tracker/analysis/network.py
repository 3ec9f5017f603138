"""Who on the watchlist points to whom: edges between subjects or accounts, and what they make of the nodes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tracker.analysis.graphs import communities, pagerank
from tracker.analysis.network_report import Edge, Flow, NetworkReport, Node, Tie, Ties
from tracker.analysis.network_words import AT_RISK, definitions
from tracker.analysis.question import Selection
from tracker.analysis.references import AMBIGUOUS, References
from tracker.analysis.report import CoverageState
from tracker.analysis.rows import coverage_of
from tracker.analysis.series import Series
from tracker.analysis.units import Unit, is_at_risk, unit_of
from tracker.analysis.window import window_notes
from tracker.config.settings import Settings
from tracker.domain.restrictions import Exposure
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.wording import are, plural
from tracker.domain.words import By, Role

Numbers = NDArray[np.int64]

_UNRESTRICTED = Exposure()
_ROLES = tuple(Role)
_OFFSET = 1 << 38
"""More than the number of seconds from the year 1 to the year 10000."""


def network(
    references: References, series: Sequence[Series], settings: Settings, selection: Selection, by: By = By.SUBJECT
) -> NetworkReport:
    """The network of the selection, from its accounts' series and what their posts point to.

    `by` is SUBJECT or ACCOUNT. The series are of the sources; `references` may hold more time than was asked for.
    """
    units = _units_of_named(references, series, settings, selection)
    pointers = _pointers_of(references, selection, by)
    members = _members(references.accounts, by)
    places = np.unique(np.concatenate([pointers.source, pointers.target]))
    keys = sorted((members[place][0].latest.name, _key(members[place], by), int(place)) for place in places)
    order = np.array([place for _, _, place in keys], np.int64)
    number = np.full(len(members), -1, np.int64)
    number[order] = np.arange(order.size)
    sources, targets, ties = _grouped(number[pointers.source], number[pointers.target], pointers.tie)
    weights = ties.sum(axis=1)
    nodes = _nodes([members[place] for place in order], units, selection, by, sources, targets, weights)
    edges = [
        Edge(nodes[source], nodes[target], Ties(*counts), _at_least_unless(nodes[source].state))
        for source, target, counts in zip(sources.tolist(), targets.tolist(), ties.tolist(), strict=True)
    ]
    complete = _all_full(units)
    return NetworkReport(
        selection.as_of,
        by,
        tuple(sorted(nodes, key=lambda node: (-node.in_posts, -node.pagerank, node.name, node.key))),
        tuple(sorted(edges, key=lambda edge: (-edge.posts, edge.source.key, edge.target.key))),
        _flows(pointers, units),
        complete,
        definitions(settings),
        (*window_notes(series, selection), *_notes(references, units, nodes, pointers, complete, by)),
    )


@dataclass(frozen=True, slots=True)
class _Pointers:
    """Aligned arrays: one entry for each post and each node that it points to."""

    source: Numbers
    """Numbers of nodes, as `target`."""
    target: Numbers
    tie: Numbers
    source_role: Numbers
    """Places in _ROLES, as `target_role`."""
    target_role: Numbers
    own: int
    """How many posts point to an account of the same subject; they are left out."""
    ambiguous: int
    """How many posts hold a handle that two listed accounts have borne."""


def _units_of_named(
    references: References, series: Iterable[Series], settings: Settings, selection: Selection
) -> list[Unit]:
    """The sources, each for as long as a row that passes the filters held, where that time was asked for."""
    return [
        unit_of(one, listing, _UNRESTRICTED, selection, settings)
        for one in series
        if not is_at_risk(one) and one.observed.account.subject not in references.at_risk
        for listing in one.observed.account.listings
        if selection.asks_for(listing) and selection.bounds(listing).length > 0
    ]


class _Listings:
    """All rows of the accounts, to be found by account and instant without a step in Python for each post."""

    def __init__(self, accounts: Sequence[ListedAccount], selection: Selection) -> None:
        rows = sorted(
            ((place, listing) for place, account in enumerate(accounts) for listing in account.listings),
            key=lambda row: (row[0], row[1].since),
        )
        self._place = np.array([place for place, _ in rows], np.int64)
        self._start = self._place * (2 * _OFFSET) + np.array([row.since for _, row in rows], np.int64) + _OFFSET
        self._until = np.array([row.until for _, row in rows], np.int64)
        self.asked = np.array([selection.asks_for(row) for _, row in rows], np.bool_)
        self.role = np.array([_ROLES.index(row.role) for _, row in rows], np.int64)

    def at(self, places: Numbers, times: Numbers) -> Numbers:
        """The row of each account that held at each instant; -1: none did."""
        if not self._place.size:
            return np.full(places.shape, -1)
        found = np.searchsorted(self._start, places * (2 * _OFFSET) + times + _OFFSET, side="right") - 1
        held = (found >= 0) & (self._place[found] == places) & (times < self._until[found])
        return np.where(held, found, -1)


def _pointers_of(references: References, selection: Selection, by: By) -> _Pointers:
    listings = _Listings(references.accounts, selection)
    times = references.posted_at
    of_source = listings.at(references.source, times)
    in_time = times < selection.end
    if selection.since is not None:
        in_time &= times >= selection.since
    asked = in_time & (of_source >= 0)
    asked[asked] = listings.asked[of_source[asked]]
    ambiguous = asked & (references.target == AMBIGUOUS)
    of_target = listings.at(references.target, times)
    held = asked & (of_target >= 0)
    subjects = _subject_numbers(references.accounts)
    same = held.copy()
    same[held] = subjects[references.source[held]] == subjects[references.target[held]]
    kept = np.flatnonzero(held & ~same)
    nodes = subjects if by is By.SUBJECT else np.arange(len(references.accounts))
    account, target = references.source[kept], nodes[references.target[kept]]
    post, tie = references.post_id[kept], references.tie[kept]
    # A post counts once for each node, in the first way of Tie.
    order = np.lexsort((tie, target, post, account))
    first = np.ones(order.size, np.bool_)
    first[1:] = (np.diff(account[order]) != 0) | (np.diff(post[order]) != 0) | (np.diff(target[order]) != 0)
    order = order[first]
    return _Pointers(
        nodes[account[order]],
        target[order],
        tie[order],
        listings.role[of_source[kept[order]]],
        listings.role[of_target[kept[order]]],
        _posts(references, same),
        _posts(references, ambiguous),
    )


def _posts(references: References, which: NDArray[np.bool_]) -> int:
    """How many posts the entries belong to."""
    pairs = np.column_stack([references.source[which], references.post_id[which]])
    return len(np.unique(pairs, axis=0))


def _subject_numbers(accounts: Sequence[ListedAccount]) -> Numbers:
    number: dict[str, int] = {}
    return np.array([number.setdefault(account.subject, len(number)) for account in accounts], np.int64)


def _members(accounts: Sequence[ListedAccount], by: By) -> list[list[ListedAccount]]:
    """The accounts of each node, by its number."""
    if by is By.ACCOUNT:
        return [[account] for account in accounts]
    of_subject: defaultdict[str, list[ListedAccount]] = defaultdict(list)
    for account in accounts:
        of_subject[account.subject].append(account)
    return list(of_subject.values())


def _key(accounts: Sequence[ListedAccount], by: By) -> str:
    return ":".join(accounts[0].latest.account_key) if by is By.ACCOUNT else accounts[0].subject


def _grouped(sources: Numbers, targets: Numbers, ties: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The distinct pairs of ends, in order, and for each how many entries it has of each tie."""
    pairs, of_pair = np.unique(np.column_stack([sources, targets]), axis=0, return_inverse=True)
    counts = np.bincount(of_pair.ravel() * len(Tie) + ties, minlength=len(pairs) * len(Tie))
    return pairs[:, 0], pairs[:, 1], counts.reshape(-1, len(Tie)).astype(np.int64)


def _nodes(
    members: Sequence[Sequence[ListedAccount]],
    units: Iterable[Unit],
    selection: Selection,
    by: By,
    sources: Numbers,
    targets: Numbers,
    weights: Numbers,
) -> list[Node]:
    """The nodes in the order of `members`, to whose places the edges refer."""
    count = len(members)
    in_degree, out_degree = (np.bincount(ends, minlength=count).tolist() for ends in (targets, sources))
    in_posts, out_posts = (
        np.bincount(ends, weights, minlength=count).astype(np.int64).tolist() for ends in (targets, sources)
    )
    ranks = pagerank(count, sources, targets, weights)
    groups = communities(count, sources, targets, weights)
    of_account: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        of_account[_key([unit.observed.account], By.ACCOUNT)].append(unit)
    nodes: list[Node] = []
    for place, accounts in enumerate(members):
        own = [unit for account in accounts for unit in of_account[_key([account], By.ACCOUNT)]]
        coverage = coverage_of(own, single=True)
        looked_at = coverage.state is not CoverageState.NONE or out_posts[place] > 0
        row = _present_row(accounts, selection)
        nodes.append(
            Node(
                key=_key(accounts, by),
                subject=row.subject,
                name=row.name,
                name_native=row.name_native,
                role=row.role,
                country=row.country,
                platform=row.platform if by is By.ACCOUNT else None,
                handle=accounts[0].handle if by is By.ACCOUNT else None,
                in_degree=in_degree[place],
                out_degree=out_degree[place] if looked_at else None,
                in_posts=in_posts[place],
                out_posts=out_posts[place] if looked_at else None,
                pagerank=ranks[place],
                community=groups[place],
                coverage=coverage,
            )
        )
    return nodes


def _present_row(accounts: Iterable[ListedAccount], selection: Selection) -> Listing:
    """The last row that began in the time asked for or before."""
    rows = [row for account in accounts for row in account.listings]
    begun = [row for row in rows if row.since < selection.end]
    return max(begun or rows, key=lambda row: (row.since, row.until, row.line))


def _flows(pointers: _Pointers, units: Sequence[Unit]) -> tuple[Flow, ...]:
    roles = pointers.source_role * len(_ROLES) + pointers.target_role
    flows: list[Flow] = []
    for code in np.unique(roles).tolist():
        here = roles == code
        source, target = _ROLES[code // len(_ROLES)], _ROLES[code % len(_ROLES)]
        ends = np.column_stack([pointers.source[here], pointers.target[here]])
        counts = np.bincount(pointers.tie[here], minlength=len(Tie)).tolist()
        full = _all_full([unit for unit in units if unit.listing.role is source])
        state = CoverageState.FULL if full else CoverageState.PARTIAL
        flows.append(Flow(source, target, Ties(*counts), len(np.unique(ends, axis=0)), state))
    return tuple(sorted(flows, key=lambda flow: (-flow.posts, _ROLES.index(flow.source), _ROLES.index(flow.target))))


def _all_full(units: Iterable[Unit]) -> bool:
    """Whether everybody's time was fully covered; of those who had not begun there is nothing to cover."""
    begun = [unit for unit in units if not unit.sight.empty]
    return bool(begun) and all(unit.sight.full for unit in begun)


def _at_least_unless(state: CoverageState) -> CoverageState:
    """There is an edge, so something was seen: exactly, or at least."""
    return CoverageState.FULL if state is CoverageState.FULL else CoverageState.PARTIAL


def _notes(
    references: References,
    units: Sequence[Unit],
    nodes: Iterable[Node],
    pointers: _Pointers,
    complete: bool,
    by: By,
) -> Iterator[str]:
    what = "subject" if by is By.SUBJECT else "account"
    asked: defaultdict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        asked[_key([unit.observed.account], by)].append(unit)
    alone = [asked[key] for key in sorted(asked.keys() - {node.key for node in nodes})]
    if not pointers.source.size and units:
        sources = plural(len(asked), what)
        yield f"No post that is stored of the {sources} asked for points to another on the watchlist."
    elif alone:
        unseen = sum(not any(unit.known for unit in own) for own in alone)
        without = f", {unseen} of them because there is no data" if unseen else ""
        yield f"{plural(len(alone), 'named ' + what)} asked for {are(len(alone))} at no end of an edge{without}."
    if pointers.own:
        yield f"{plural(pointers.own, 'post')} pointing to the subject's own accounts {are(pointers.own)} left out."
    if pointers.ambiguous:
        yield (
            f"{plural(pointers.ambiguous, 'post')} with a handle that two listed accounts have borne "
            f"{are(pointers.ambiguous)} not counted as mentioning either."
        )
    if not complete and pointers.source.size:
        yield (
            "Not everybody whose posts were asked for is fully covered: what comes into a node is at least what is "
            "said, and degrees, PageRank and communities are those of the edges that are known."
        )
    if references.at_risk:
        yield AT_RISK
