"""The look at the lock files fails for what is loose or vulnerable, and says loudly when nobody could look."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from scripts.locks import loose_in, main, requirements_of

ROOT = Path(__file__).parents[2]
LOCKS = sorted(ROOT.glob("requirements*.txt"))
HASH = "--hash=sha256:" + "0" * 64


UNKNOWN = {
    "dependencies": [
        {"name": "sample", "version": "1.0", "vulns": []},
        {"name": "other", "skip_reason": "Dependency not found on PyPI and could not be audited: other (1.0)"},
    ]
}


def program(folder: Path, code: str) -> str:
    """A program that stands where pip-audit would."""
    path = folder / "pip-audit"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{code}\n", "utf-8")
    path.chmod(0o700)
    return str(path)


def answering(*vulnerabilities: str) -> str:
    known = [{"id": name, "fix_versions": ["2.0"]} for name in vulnerabilities]
    said = {"dependencies": [{"name": "sample", "version": "1.0", "vulns": known}], "fixes": []}
    return f"print({json.dumps(said)!r})\nsys.exit({int(bool(vulnerabilities))})"


def test_every_locked_requirement_is_pinned_and_has_its_hashes() -> None:
    assert len(LOCKS) == 2
    for lock in LOCKS:
        text = lock.read_text("utf-8")
        assert len(list(requirements_of(text))) > 30
        assert loose_in(text) == []


@pytest.mark.parametrize(
    "line",
    ["sample", "sample==1.0", f"sample>=1.0 {HASH}", f"sample==1.0 {HASH[:-1]}", f"sample==1.0 {HASH} --hash=md5:00"],
)
def test_a_loose_requirement_is_found(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert loose_in(f"good==1.0 \\\n    {HASH}\n") == []
    (tmp_path / "requirements.txt").write_text(f"# a comment\n{line}\n", "utf-8")
    assert main([tmp_path / "requirements.txt"], None) == 1
    assert "is not pinned" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("code", "patience", "why"),
    [
        (None, 9, "pip-audit is not installed"),
        ("sys.exit('no connection')", 9, "is its service reachable?"),
        ("print('{}')", 9, "is its service reachable?"),
        ("time.sleep(600)", 0.2, "did not answer"),
        (f"print({json.dumps(UNKNOWN)!r})", 9, "of 1 of its 2 packages the service knows nothing"),
    ],
)
def test_where_nobody_could_look_it_is_said_and_is_no_failure(
    code: str | None, patience: float, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(LOCKS, None if code is None else program(tmp_path, code), patience) == 0
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(LOCKS)
    assert all("SKIPPED" in line and why in line for line in said)


def test_a_known_vulnerability_is_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(LOCKS, program(tmp_path, answering()), 9) == 0
    assert main(LOCKS, program(tmp_path, answering("PYSEC-0")), 9) == 1
    assert "sample 1.0: PYSEC-0, mended in 2.0" in capsys.readouterr().out
