"""A browser that drives a page as a reader does, and remembers all that the page asked for or complained of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str:
    """The browser; without one the test fails in CI and is skipped, saying so, elsewhere."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        wanted = f"no browser to drive the page with: install one of {', '.join(BROWSERS)}"
        if os.environ.get("CI"):
            pytest.fail(wanted)
        pytest.skip(wanted)
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """An open page."""

    page: Page
    asked: list[str] = field(default_factory=list)
    """Every address that was requested."""
    said: list[str] = field(default_factory=list)
    """Everything that reached the console, violations of the policy included."""


@contextmanager
def visiting(browser: Browser, address: str, width: int = 1280, *, script: bool = True) -> Iterator[Visit]:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, accept_downloads=True, java_script_enabled=script
    )
    visit = Visit(context.new_page())
    context.on("request", lambda request: visit.asked.append(request.url))
    visit.page.on("console", lambda message: visit.said.append(message.text))
    visit.page.on("pageerror", lambda error: visit.said.append(str(error)))
    visit.page.goto(address)
    yield visit
    context.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        del format, arguments


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The folder on a web server of this machine; its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
