"""How an exported file came about: all that is needed to read it rightly and to make it again."""

from __future__ import annotations

import hashlib
import platform
import shlex
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker import __version__
from tracker.analysis.definitions import definitions
from tracker.analysis.question import Selection
from tracker.analysis.report import CoverageState
from tracker.analysis.series import Observed
from tracker.config.home import Config
from tracker.domain.instants import iso
from tracker.domain.intervals import BEGINNING, Intervals, span
from tracker.domain.restrictions import Restriction
from tracker.domain.subjects import ListedAccount
from tracker.domain.words import BANNING_KINDS, Protection
from tracker.reports.cells import markdown
from tracker.reports.formats import ExportFormat
from tracker.store.schema import HEAD

MARK = "<!-- influence-tracker: rendered from datapackage.json at each export; what is written here is lost -->\n"

_ABOUT_RESTRICTIONS = frozenset({"posts_restricted", "posts_uncertain"})
_JUDGED = frozenset({"posts", "daily", "usage"})
"""The nouns whose rows are judged by restrictions."""
_GUARD = (
    "In CSV, a text that begins with = + - @, a tab or a carriage return has an apostrophe before it, so that no "
    "spreadsheet computes it."
)
_IDS = (
    "An id means something together with its platform only, and on Telegram with its channel: take one platform at a "
    "time, with --platform. X allows to share ids, and no posts."
)


@dataclass(frozen=True, slots=True)
class Ask:
    """What the user asked for."""

    noun: str
    format: ExportFormat
    selection: Selection
    excel: bool = False


def command_of(ask: Ask, file: str) -> str:
    """The command that makes the same bytes again from the same database and configuration, all times explicit."""
    selection = ask.selection
    parts = ["tracker", "export", ask.noun, "--format", ask.format.value]
    for option, value in (
        ("--from", None if selection.since is None else iso(selection.since)),
        ("--until", None if selection.until is None else iso(selection.until)),
        ("--country", selection.country),
        ("--role", selection.role),
        ("--platform", selection.platform),
        ("--as-of", iso(selection.as_of)),
    ):
        parts += [option, str(value)] if value is not None else []
    parts += ["--excel"] if ask.excel else []
    return shlex.join([*parts, "-o", file if not file.startswith("-") else f"./{file}"])


def method_of(
    ask: Ask,
    target: Path,
    config: Config,
    accounts: Sequence[ListedAccount],
    observed: Sequence[Observed],
    *,
    libraries: Mapping[str, str] | None = None,
    words: Sequence[tuple[str, str]] = (),
    notes: Sequence[str] = (),
) -> dict[str, object]:
    """How the file comes about.

    `accounts` are the chosen ones, `observed` what was looked at of the named ones; `words` are what is to be known
    besides the columns.
    """
    judged = ask.noun in _JUDGED and ask.format is not ExportFormat.IDS
    if judged:
        words = [(word, said) for word, said in definitions(config.settings) if word in _ABOUT_RESTRICTIONS]
    return {
        "what": ask.noun,
        "command": command_of(ask, target.name),
        "as_of": iso(ask.selection.as_of),
        "inputs": _inputs(config),
        "versions": {
            "tracker": __version__,
            "schema of the database": HEAD,
            "Python": platform.python_version(),
            "SQLite": sqlite3.sqlite_version,
            **(libraries or {}),
        },
        "coverage": _coverage(observed, ask.selection),
        "left_out": left_out(accounts, config),
        "restrictions": _restrictions(config.restrictions, accounts, ask.selection) if judged else [],
        "definitions": [list(pair) for pair in words],
        "notes": [*_format_notes(ask.format), *notes],
    }


def _inputs(config: Config) -> dict[str, str]:
    home = config.home
    found = {
        path.relative_to(home.path).as_posix(): _digest(path)
        for path in (home.settings, home.restrictions, home.events)
    }
    return {home.watchlist.relative_to(home.path).as_posix(): config.watchlist.digest, **found}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "there is none"


def _coverage(observed: Sequence[Observed], selection: Selection) -> dict[str, object]:
    states = [_state(one, selection) for one in observed]
    covered = [one.coverage for one in observed if one.coverage]
    looks = [one.last_look for one in observed if one.last_look is not None]
    return {
        "accounts": len(observed),
        **{state.value: states.count(state) for state in CoverageState},
        "first_covered": _iso(min((since for part in covered if (since := part.since) is not None), default=None)),
        "last_covered": _iso(max((until for part in covered if (until := part.until) is not None), default=None)),
        "last_look": _iso(max(looks, default=None)),
    }


def _state(one: Observed, selection: Selection) -> CoverageState:
    """Of the time asked for in which the account was listed and existed, up to its last look."""
    asked = Intervals.of(selection.bounds(listing) for listing in one.account.listings if selection.asks_for(listing))
    begun = one.created_at if one.created_at is not None else one.coverage.since
    looked = selection.end if one.last_look is None else min(selection.end, one.last_look)
    asked &= span(BEGINNING if begun is None else begun, max(looked, BEGINNING))
    if not one.coverage & asked:
        return CoverageState.NONE
    return CoverageState.PARTIAL if asked - one.coverage else CoverageState.FULL


def _iso(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


def left_out(accounts: Iterable[ListedAccount], config: Config) -> list[str]:
    """Who of the accounts is in no file, and why."""
    smallest = config.settings.report.smallest_group
    at_risk = {account.subject for account in accounts if account.protection is Protection.AT_RISK}
    if not at_risk:
        return []
    number = f"{len(at_risk)}" if len(at_risk) >= smallest else f"Fewer than {smallest}"
    return [
        f"{number} of the chosen subjects are at risk: journalists and activists whom naming could endanger. Nothing "
        "finer than counts by week is kept of them, and no export holds them."
    ]


def _restrictions(
    restrictions: Iterable[Restriction], accounts: Sequence[ListedAccount], selection: Selection
) -> list[dict[str, str]]:
    """Those that decided, in the order of their file."""
    listings = {
        (listing.country, listing.platform)
        for account in accounts
        for listing in account.listings
        if selection.asks_for(listing) and account.protection is not Protection.AT_RISK
    }
    return [
        {
            "country": one.country,
            "platform": one.platform,
            "kind": one.kind.value,
            "scope": one.scope.value,
            "from": one.starts_as_written,
            "until": one.ends_as_written,
            "source": one.source,
        }
        for one in restrictions
        if one.kind in BANNING_KINDS and any(one.concerns(*where) for where in listings)
    ]


def _format_notes(format: ExportFormat) -> list[str]:
    match format:
        case ExportFormat.CSV:
            return [_GUARD]
        case ExportFormat.IDS:
            return [_IDS]
        case ExportFormat.XLSX:
            return ["Excel knows no time zones: all times are UTC, as their headings say."]
        case _:
            return []


def method_md(resources: Sequence[Mapping[str, Any]]) -> str:
    """METHOD.md of the files that a package tells of."""
    parts = [
        MARK,
        "# How these files came about\n",
        "Every file here was made by one command, which makes the same bytes again from the same database and the "
        "same configuration: run it in the tracker's home (or say `tracker --home DIR export …`), let it write into "
        "another folder, and compare the SHA-256. What the columns mean stands below and in `datapackage.json`.\n",
    ]
    return "\n".join([*parts, *(_file_md(resource) for resource in resources)])


def _file_md(resource: Mapping[str, Any]) -> str:
    method = resource["method"]
    restrictions = [
        [one[key] for key in ("country", "platform", "kind", "scope", "from", "until", "source")]
        for one in method["restrictions"]
    ]
    fields = resource["schema"]["fields"]
    sections = [
        f"## {markdown(resource['path'])}\n",
        "```sh\n" + method["command"].replace("\n", " ") + "\n```\n",
        _table(
            ("", ""),
            [
                ("what", method["what"]),
                ("rows", f"{resource['rows']:,}"),
                ("bytes", f"{resource['bytes']:,}"),
                ("SHA-256", resource["hash"].removeprefix("sha256:")),
                ("as of", method["as_of"]),
                *((f"SHA-256 of {file}", digest) for file, digest in method["inputs"].items()),
                *((f"version: {name}", version) for name, version in method["versions"].items()),
            ],
        ),
        "### Coverage\n",
        _coverage_md(method["coverage"]),
        "### Left out\n",
        _list(method["left_out"] or ["Nobody who passes the filters was left out."]),
        "### Columns\n",
        _table(
            ("column", "type", "unit", "meaning"),
            [(one["name"], one["type"], one.get("unit", ""), one["description"]) for one in fields],
        ),
    ]
    if method["definitions"]:
        sections += ["### Definitions\n", _table(("word", "meaning"), method["definitions"])]
    if restrictions:
        headings = ("country", "platform", "kind", "scope", "from", "until", "source")
        sections += ["### Restrictions that were judged by, as written\n", _table(headings, restrictions)]
    if method["notes"]:
        sections += ["### Notes\n", _list(method["notes"])]
    return "\n".join(sections)


def _coverage_md(coverage: Mapping[str, Any]) -> str:
    if not coverage["accounts"]:
        return "No named account was chosen.\n"
    first, last = coverage["first_covered"] or "never", coverage["last_covered"] or "never"
    return (
        f"Of {coverage['accounts']:,} named accounts, {coverage['full']:,} are fully covered in the time asked for "
        f"up to their last look, {coverage['partial']:,} partly (counts are at least what is said), and of "
        f"{coverage['none']:,} nothing was seen, which is not 0. First covered moment: {first}; last: {last}; last "
        f"look: {coverage['last_look'] or 'never'}.\n"
    )


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    cells = [
        "| " + " | ".join(cell if number == 1 else markdown(str(cell)) for cell in line) + " |"
        for number, line in enumerate(lines)
    ]
    return "\n".join(cells) + "\n"


def _list(sentences: Iterable[str]) -> str:
    return "".join(f"- {markdown(sentence)}\n" for sentence in sentences)
