"""What is done once, or now and then, goes through the proxy too: signing in to Telegram, X's files of ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.collectors.ways import HTTP, ONLY_THE_PROXY_KNOWS, SECRET, SOCKS, Kind, Listener, proxy_at
from tests.collectors.x_stage import Stage
from tests.sandbox.telegram_rehearsal import API_HASH, NOW, server_key
from tracker.collectors.telegram_login import LoginError, Prompts, login
from tracker.collectors.telegram_session import Server
from tracker.collectors.x import XCollector
from tracker.config.proxy import Proxy
from tracker.config.settings import XSettings
from tracker.domain.outcomes import Failure
from tracker.domain.records import Job, JobStatus, Ruling
from tracker.sandbox.proxies import MtProxy
from tracker.sandbox.telegram_logins import CODE
from tracker.sandbox.telegram_server import TelegramServer
from tracker.sandbox.telegram_tl import Login
from tracker.sandbox.x_server import BEARER_TOKEN

PHONE, PASSWORD = "99966200077", "گذرواژه‌ی ساختگی"
MTPROXY = Kind(MtProxy, f"mtproxy://{SECRET}@127.0.0.1:{{port}}")


def sign_in(session: Path, proxy: Proxy | None, host: str, port: int, key: str) -> str:
    """A whole sign-in, with phone, code and password, to a Telegram that would be at this address."""
    prompts = Prompts(lambda: f"+{PHONE}", lambda: CODE, lambda: PASSWORD)
    return login(session, 1, API_HASH, prompts, Server(host, port, key), proxy=proxy)


@pytest.mark.parametrize("kind", [SOCKS, HTTP, MTPROXY])
def test_a_whole_sign_in_goes_through_the_proxy(kind: Kind, tmp_path: Path, listener: Listener) -> None:
    host = "127.0.0.1" if kind is MTPROXY else ONLY_THE_PROXY_KNOWS
    with TelegramServer(key=server_key()) as telegram:
        telegram.logins.add(Login(7, PHONE, PASSWORD))
        place, key = (telegram.address.host, telegram.address.port), telegram.address.public_key
        with MtProxy(place, SECRET) if kind is MTPROXY else kind.server(place) as server:
            proxy = proxy_at(kind.address, server)
            said = sign_in(tmp_path / "private" / "telegram.session", proxy, host, listener.port, key)
    assert said.startswith("Logged in to Telegram.")
    assert len(server.asked) >= 1
    assert listener.heard == 0


def test_control_a_sign_in_without_a_proxy_is_heard_on_the_direct_way(tmp_path: Path, listener: Listener) -> None:
    with pytest.raises(LoginError):
        sign_in(tmp_path / "telegram.session", None, "127.0.0.1", listener.port, server_key().pem)
    assert listener.heard >= 1


def ask_what_is_deleted(url: str, proxy: Proxy | None, ids: list[int]) -> Job | Failure:
    """A compliance job from its beginning to its end; its rulings are read, too."""
    collector = XCollector(XSettings(api_url=url, retries=0), BEARER_TOKEN, lambda: NOW, proxy)
    try:
        job = collector.compliance.create()
        if isinstance(job, Failure):
            return job
        assert collector.compliance.upload(job, ids) is None
        for _ in range(2):
            found = collector.compliance.job(job.job_id)
            assert not isinstance(found, Failure), found
            job = found
        assert {ruling.post_id for ruling in _rulings(collector, job)} == set(ids)
        return job
    finally:
        collector.close()


def _rulings(collector: XCollector, job: Job) -> tuple[Ruling, ...]:
    rulings = collector.compliance.rulings(job)
    assert not isinstance(rulings, Failure), rulings
    return rulings


@pytest.mark.parametrize("kind", [SOCKS, HTTP])
def test_a_compliance_job_and_its_files_go_through_the_proxy(kind: Kind, stage: Stage, listener: Listener) -> None:
    gone = [1_372_966_999_991_541_000 + number for number in range(3)]
    host, _, port = stage.server.url.removeprefix("http://").partition(":")
    with kind.server((host, int(port))) as server:
        proxy = proxy_at(kind.address, server)
        job = ask_what_is_deleted(f"http://{ONLY_THE_PROXY_KNOWS}:{listener.port}", proxy, gone)
    assert isinstance(job, Job), job
    assert job.status is JobStatus.COMPLETE
    assert {asked.host for asked in server.asked} == {ONLY_THE_PROXY_KNOWS}
    assert listener.heard == 0


def test_control_a_compliance_job_without_a_proxy_is_heard_on_the_direct_way(listener: Listener) -> None:
    assert isinstance(ask_what_is_deleted(f"http://127.0.0.1:{listener.port}", None, [1]), Failure)
    assert listener.heard == 1
