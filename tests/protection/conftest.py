"""The stage of the runtime's tests."""

from __future__ import annotations

from tests.faults.conftest import stage

__all__ = ["stage"]
