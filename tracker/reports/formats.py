"""The formats that reports and exports come in."""

from __future__ import annotations

from enum import StrEnum


class ReportFormat(StrEnum):
    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    MD = "md"


class ExportFormat(StrEnum):
    CSV = "csv"
    JSONL = "jsonl"
