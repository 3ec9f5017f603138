"""Fuzzing at length, from the command line: each case has a number, with which it can be done again."""

from __future__ import annotations

import sys
import time
import traceback
from collections import Counter
from pathlib import Path
from random import Random, SystemRandom
from tempfile import TemporaryDirectory

from tests.hostile.fuzzing import CASES

TOLD = 5
"""Failures of one kind that are shown; the others are counted."""


def main(cases: int, first: int) -> int:
    """Do so many cases of each kind from this number on. Returns how many failed."""
    failed: Counter[str] = Counter()
    began = time.monotonic()
    with TemporaryDirectory(prefix="tracker-fuzz-") as folder:
        for number in range(first, first + cases):
            for kind, case in CASES.items():
                try:
                    case(Random(number), Path(folder))
                except Exception:  # noqa: BLE001  # whatever is raised is what is looked for
                    failed[kind] += 1
                    if failed[kind] <= TOLD:
                        print(f"fuzz: {kind} case {number} failed")
                        traceback.print_exc(limit=-4)
            if (number - first + 1) % 5000 == 0:
                print(f"fuzz: {number - first + 1:,} cases of each kind, {failed.total():,} failed", flush=True)
    print(f"fuzz: {cases * len(CASES):,} cases in {time.monotonic() - began:.0f} s, {failed.total():,} failed")
    return failed.total()


if __name__ == "__main__":
    asked = [int(word.replace("_", "").replace(",", "")) for word in sys.argv[1:]] or [25_000]
    sys.exit(min(1, main(asked[0], asked[1] if len(asked) > 1 else SystemRandom().randrange(2**40))))
