"""Numbers longer than any that a platform gives, which Python refuses to convert: not understood, and no more."""

from __future__ import annotations

import json

import pytest
import requests

from tests.collectors.walking import failed
from tests.collectors.x_stage import NOW, answering
from tracker.collectors import reaching, x_posts
from tracker.collectors.telegram_web import TelegramWebCollector
from tracker.config.settings import TelegramSettings
from tracker.domain.instants import MINUTE
from tracker.domain.outcomes import OutcomeKind
from tracker.domain.records import Target, Walk
from tracker.sandbox.x_replies import Reply

LONG = "9" * 5000
GONE = "https://api.twitter.com/2/problems/resource-not-found"


def test_an_error_about_a_post_that_cannot_be_hides_no_other() -> None:
    problems = [{"title": "Not Found Error", "type": GONE, "resource_id": name} for name in (LONG, "5", "٦", "")]
    found = x_posts.decode(json.dumps({"errors": problems}).encode(), [5, 6], NOW)
    assert (set(found.missing), set(found.hidden)) == ({5}, set())


@pytest.mark.parametrize("said", [LONG, "Mon, 01 Jan 2022 00:00:00 +99999999999999", "soon"])
def test_a_wait_that_is_none_is_ten_minutes(said: str) -> None:
    with answering(lambda _: Reply(429, headers={"Retry-After": said})) as url:
        settings = TelegramSettings(web_url=url, web_pace=0)
        collector = TelegramWebCollector(settings, lambda: NOW)
        failure = failed(collector.fetch(Target("generated", 5), Walk()))
        collector.close()
    assert (failure.kind, failure.until) == (OutcomeKind.RATE_LIMITED, NOW + 10 * MINUTE)


def test_a_date_that_is_none_tells_no_time() -> None:
    response = requests.Response()
    response.headers["Date"] = "Mon, 01 Jan 2022 00:00:00 +99999999999999"
    assert reaching._date_of(response) is None
    response.headers["Date"] = "Mon, 03 Jan 2022 00:00:00 GMT"
    assert reaching._date_of(response) == 1_641_168_000
