"""The benches by name. A new one is a file, a line here, and its targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from scripts.benches.crawl import crawl
from scripts.benches.export import export
from scripts.benches.history import history
from scripts.benches.imports import import_bench
from scripts.benches.measuring import Effort, Result
from scripts.benches.month import month
from scripts.benches.network import network
from scripts.benches.start import start
from scripts.benches.store import store
from scripts.benches.usage import usage

BENCHES: Mapping[str, Callable[[Effort], Result]] = {
    "store": store,
    "usage": usage,
    "history": history,
    "export": export,
    "import": import_bench,
    "network": network,
    "crawl": crawl,
    "month": month,
    "start": start,
}
