"""Look over the lock files: every requirement pinned and with its hashes, and none with a known vulnerability.

The second needs pip-audit and its service; where either is missing, or does not know a package, that is said loudly
and is no failure. Exit code 1 for a requirement without hashes, or with a vulnerability.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 60.0
"""Seconds for all of the service's answers about one file."""
ANSWER = "5"
"""Seconds for one of them."""
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[A-Za-z0-9._,-]+\])?==[^ ;]+")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nobody has looked."""

    why: str


def requirements_of(text: str) -> Iterator[str]:
    """The requirements of a lock file, each on one line."""
    for line in text.replace("\\\n", " ").splitlines():
        said = line.partition(" #")[0].strip()
        if said and not said.startswith("#"):
            yield said


def loose_in(text: str) -> list[str]:
    """The requirements that are not pinned, or have no hash."""
    return [
        said.split()[0]
        for said in requirements_of(text)
        if not PINNED.match(said) or not HASH.search(said) or said.count("--hash") != len(HASH.findall(said))
    ]


def vulnerabilities_in(lock: Path, program: str | None, patience: float = PATIENCE) -> list[str] | Skipped:
    """What pip-audit, if there is such a program, knows of the versions in a lock file; Skipped if not of all."""
    if program is None:
        return Skipped("pip-audit is not installed (scripts/setup --dev)")
    command = [program, "--requirement", str(lock), "--disable-pip", "--require-hashes", "--format", "json",
               "--progress-spinner", "off", "--timeout", ANSWER]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience, check=False)
    except subprocess.TimeoutExpired:
        return Skipped(f"the service did not answer within {patience:g} seconds")
    try:
        found = json.loads(done.stdout)["dependencies"]
        vulnerable = [
            f"{one['name']} {one['version']}: {known['id']}" + _mended_in(known["fix_versions"])
            for one in found
            for known in one.get("vulns", ())
        ]
        unknown = sum("skip_reason" in one for one in found)
        if unknown and not vulnerable:
            return Skipped(f"of {unknown} of its {len(found)} packages the service knows nothing")
        return vulnerable
    except (ValueError, KeyError, TypeError):
        return Skipped(f"pip-audit could not look (exit code {done.returncode}); is its service reachable?")


def _mended_in(versions: Sequence[str]) -> str:
    return f", mended in {', '.join(versions)}" if versions else ""


def main(locks: Sequence[Path], program: str | None, patience: float = PATIENCE) -> int:
    """Say what there is to say of the lock files; returns the exit code."""
    wrong = 0
    for lock in locks:
        for said in loose_in(lock.read_text("utf-8")):
            wrong += 1
            print(f"locks: {lock.name}: {said} is not pinned with its SHA-256 hashes; lock it again")
        found = vulnerabilities_in(lock, program, patience)
        if isinstance(found, Skipped):
            print(f"locks: SKIPPED: {lock.name} was NOT compared with known vulnerabilities: {found.why}")
            continue
        for said in found:
            wrong += 1
            print(f"locks: {lock.name}: {said}")
        print(f"locks: {lock.name}: {len(found)} known vulnerabilities")
    return min(1, wrong)


if __name__ == "__main__":
    sys.exit(main(sorted(Path().glob("requirements*.txt")), shutil.which("pip-audit")))
