"""The command line of the long runs; `scripts/soak` starts it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from scripts.soaks.registry import soaks


def main(arguments: Sequence[str]) -> int:
    """Make the run that is named. Returns 0 if all was as it should be, else 1; a wrong command line exits with 2."""
    parser = argparse.ArgumentParser("scripts/soak", description="Let the tracker run while everything fails.")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    commands = parser.add_subparsers(dest="name", metavar="NAME", required=True)
    for name, soak in soaks().items():
        command = commands.add_parser(name, help=soak.about, description=soak.about)
        command.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
        for option, (kind, default, about) in soak.options.items():
            command.add_argument(f"--{option}", type=kind, default=default, help=f"{about} (default: {default})")
    asked = vars(parser.parse_args(arguments))
    as_json, name = asked.pop("json"), asked.pop("name")
    report = soaks()[name].start(**asked)
    if as_json:
        print(json.dumps({**report.figures, "wrong": report.wrong}, indent=2))
    else:
        print("\n".join(report.lines))
        print("\n".join(f"WRONG: {sentence}" for sentence in report.wrong) or "all is as it should be")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
