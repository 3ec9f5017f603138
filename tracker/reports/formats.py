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
    PARQUET = "parquet"
    XLSX = "xlsx"
    IDS = "ids"
    """Numeric ids only, one a line: the form to share."""

    @property
    def binary(self) -> bool:
        """Whether it is no text, and nothing for a terminal."""
        return self in (ExportFormat.PARQUET, ExportFormat.XLSX)
