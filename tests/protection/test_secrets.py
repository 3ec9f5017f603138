"""A canary in place of every credential, by the environment and by files: no output, file or log ever shows one."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import TRACKER
from tests.cli.test_logs import Log
from tests.faults.test_operation import wait_until
from tests.hostile.test_places import here
from tests.protection.scene import Scene, environment, played
from tests.store.making import rows
from tracker.cli.logs import Redaction
from tracker.config.credentials import CREDENTIALS, given
from tracker.domain.instants import WEEK
from tracker.sandbox.x_faults import XFault
from tracker.sandbox.x_server import BEARER_TOKEN

NOWHERE = "127.0.0.1:9"
SECRETS = {
    "x_bearer_token": "canarytoken0123456789abcdef",
    "telegram_api_hash": "ca9a77ca9a77ca9a77ca9a77ca9a77ca",
    "x_proxy": f"socks5h://canaryuser1:canarypass1@{NOWHERE}",
    "telegram_proxy": f"socks5h://canaryuser2:canarypass2@{NOWHERE}",
    "alert_urls": f"json://canaryuser3:canarypass3@{NOWHERE}/canaryhook3",
    "ping_url": f"http://{NOWHERE}/canaryping-4d1f",
}
TRACES = (b"canarytoken", b"ca9a77ca9a77", b"canaryuser", b"canarypass", b"canaryhook", b"canaryping")
LOOKS = (
    "status",
    "status --json",
    "status --health",
    "cost",
    "check",
    "verify",
    "audit",
    "report usage",
    "db upgrade",
)


def by_environment(_folder: Path, secrets: dict[str, str]) -> dict[str, str]:
    return {f"TRACKER_{name.upper()}": secret for name, secret in secrets.items()}


def by_files(folder: Path, secrets: dict[str, str]) -> dict[str, str]:
    folder.mkdir()
    for name, secret in secrets.items():
        (folder / name).write_text(secret, "ascii")
        (folder / name).chmod(0o600)
    return {"CREDENTIALS_DIRECTORY": str(folder)}


@pytest.fixture(params=[by_environment, by_files])
def trackers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trackers]:
    with played(tmp_path / "home") as scene:
        yield Trackers(scene, tmp_path, request.param)


class Trackers:
    """Starts trackers that were given canaries, and keeps all that they say."""

    def __init__(self, scene: Scene, folder: Path, giving: object) -> None:
        self.scene, self.folder, self.giving = scene, folder, giving
        self.said = b""
        self._times = 0

    def environment(self, secrets: dict[str, str]) -> dict[str, str]:
        self._times += 1
        clean = {name: value for name, value in environment(self.scene.home).items() if "TRACKER" not in name}
        folder = self.folder / f"credentials{self._times}"
        return {**clean, **self.giving(folder, {"telegram_api_id": "1", **secrets})}  # type: ignore[operator]

    def start(self, secrets: dict[str, str], *words: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [TRACKER, "--home", str(self.scene.home), *words],
            env=self.environment(secrets),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def ends(self, process: subprocess.Popen[bytes], *, told: bool = False) -> int:
        if told:
            process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=60)
        self.said += said
        assert b"Traceback" not in said
        return process.returncode


def without(*names: str) -> dict[str, str]:
    return {name: secret for name, secret in SECRETS.items() if name not in names}


def test_no_secret_is_in_any_file_or_output(trackers: Trackers) -> None:
    scene = trackers.scene
    trackers.ends(trackers.start(SECRETS, "collect"))  # through proxies that are not there
    trackers.ends(trackers.start(without("x_proxy", "telegram_proxy"), "collect", "--all"))  # refused
    scene.x.fail(XFault.OK_HTML, 1)
    right = {**without("x_proxy", "telegram_proxy"), "x_bearer_token": BEARER_TOKEN}
    trackers.ends(trackers.start(right, "collect", "--all"))
    scene.configure(now=scene.now + WEEK)
    asked = len(scene.x.log)
    daemon = trackers.start(without("x_proxy", "telegram_proxy"), "run", "--log-format", "json")
    wait_until(lambda: len(scene.x.log) > asked)
    wait_until(lambda: (scene.home / "data" / "tracker.prom").exists())
    assert trackers.ends(daemon, told=True) == 0
    for broken in ("x_proxy", "telegram_proxy", "alert_urls", "ping_url", "telegram_api_hash"):
        words = {**right, broken: SECRETS[broken].replace("://", ":/ /", 1) + "\u00e4"}
        if trackers.giving is by_environment:
            trackers.ends(trackers.start(words, "run"), told=broken in ("alert_urls", "ping_url"))
    for looks in LOOKS:
        done = here(*looks.split(), home=scene.home)
        trackers.said += (done.out + done.err).encode()
    assert rows(scene.database, "SELECT * FROM visit")
    assert [trace for trace in TRACES if trace in trackers.said] == []
    assert BEARER_TOKEN.encode() not in trackers.said
    key = key_of(scene)
    for path in scene.home.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert [trace for trace in TRACES if trace in data] == [], path
            assert (key in data) is (path.name == "telegram.session"), path


def key_of(scene: Scene) -> bytes:
    """What lets anybody in who has it: the key of Telegram's session, which is in its file and nowhere else."""
    ((key,),) = rows(scene.home / "data" / "telegram.session", "SELECT auth_key FROM sessions")
    assert len(key) == 256
    return bytes(key)


def test_every_credential_has_a_canary() -> None:
    assert {*SECRETS, "telegram_api_id"} == set(CREDENTIALS)


@pytest.mark.parametrize("name", SECRETS)
def test_a_log_without_the_filter_would_show_it(name: str) -> None:
    """The control."""
    environment = by_environment(Path(), SECRETS)
    redaction = Redaction()
    redaction.learn(given(environment))
    assert any(trace in Log(None).speak(SECRETS[name]).encode() for trace in TRACES)
    assert not any(trace in Log(redaction).speak(SECRETS[name]).encode() for trace in TRACES)
