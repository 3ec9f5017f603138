"""The command line of the benches; `scripts/bench` starts it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from scripts.benches.measuring import Effort, Metric, Result
from scripts.benches.registry import BENCHES


def main(arguments: Sequence[str], effort: Effort) -> int:
    """Run the benches that are named, or all. Returns 0, targets met or not; a name that is none exits with 2."""
    parser = argparse.ArgumentParser("scripts/bench", description="Measure the tracker beside other ways.")
    parser.add_argument("names", metavar="NAME", nargs="*", help=f"{', '.join(BENCHES)}; all if none is given")
    parser.add_argument("--json", action="store_true", help="print {name: {metric: ratio}}")
    asked = parser.parse_args(arguments)
    for name in asked.names:
        if name not in BENCHES:
            parser.error(f"there is no bench {name!r}; there are: {', '.join(BENCHES)}")
    results = {}
    for name in dict.fromkeys(asked.names or BENCHES):
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        results[name] = BENCHES[name](effort)
        if not asked.json:
            print(_told(name, results[name]), flush=True)
    if asked.json:
        print(json.dumps({name: _figures(result) for name, result in results.items()}, indent=2))
    return 0


def _figures(result: Result) -> dict[str, float]:
    return {metric.name: round(metric.value, 3) for metric in result.metrics}


def _told(name: str, result: Result) -> str:
    lines = [f"{name}: {result.task}", *(f"  {line}" for line in result.lines)]
    lines += [f"  {way:<28}{seconds:>10.4f} s" for way, seconds in result.seconds.items()]
    lines += [f"  {metric.name:<28}{metric.value:>10.2f}{_judged(metric)}" for metric in result.metrics]
    return "\n".join(lines)


def _judged(metric: Metric) -> str:
    return f"   {'met' if metric.met else 'MISSED'}: {metric.target}" if metric.target else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Effort()))
