"""A usage report as JSON. The keys and their order are a promise to those who read it with a program."""

from __future__ import annotations

import json
from datetime import date

from tracker.analysis.report import Coverage, UsageReport, UsageRow
from tracker.domain.instants import Instant, iso
from tracker.reports.usage_cells import share_of


def usage_json(report: UsageReport) -> str:
    """The report as one JSON object; times in ISO 8601, UTC; null where there is no data or nothing to say."""
    whole = {
        "as_of": iso(report.as_of),
        "definitions": dict(report.definitions),
        "rows": [_row(row) for row in report.rows],
        "notes": list(report.notes),
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n"


def _row(row: UsageRow) -> dict[str, object]:
    return {
        "subject": row.subject,
        "name": row.name,
        "role": row.role,
        "country": row.country,
        "platform": row.platform,
        "accounts": row.accounts,
        "posts": row.posts,
        "posts_restricted": row.posts_restricted,
        "posts_uncertain": row.posts_uncertain,
        "originals": row.originals,
        "replies": row.replies,
        "reposts": row.reposts,
        "quotes": row.quotes,
        "active_days": row.active_days,
        "per_week": _rounded(row.per_week),
        "first_post": _moment(row.first_post),
        "last_post": _moment(row.last_post),
        "level": row.level,
        "coverage": _coverage(row.coverage),
        "posts_throttled": row.posts_throttled,
        "longest_gap_days": _rounded(row.longest_gap_days),
        "at_risk": row.at_risk,
        "handle": row.handle,
    }


def _coverage(coverage: Coverage) -> dict[str, object]:
    fields: dict[str, object] = {
        "state": coverage.state,
        "share": share_of(coverage),
        "since": _moment(coverage.since),
        "until": _moment(coverage.until),
    }
    if coverage.accounts_without_data is not None:
        fields["accounts_without_data"] = coverage.accounts_without_data
    return fields


def _moment(moment: Instant | date | None) -> str | None:
    if moment is None:
        return None
    return moment.isoformat() if isinstance(moment, date) else iso(moment)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
