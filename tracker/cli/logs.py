"""The daemon's log: lines for people or JSON for programs, and no credential in either."""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from tracker.domain.words import LogFormat

if TYPE_CHECKING:
    from tracker.config.credentials import Secret

HIDDEN = "***"
SHORTEST = 6
"""What is shorter could be a word of any message; it is hidden only where it stands as an address's password."""

_USERINFO = re.compile(r"(?<=://)[^/\s@]+(?=@)")
_BEARER = re.compile(r"(?i)(?<=bearer )\S{20,}")
_KEY = re.compile(r"[A-Za-z0-9_+=%-]{100,}")
"""As long as a token or a Telegram session written as text; nothing else in a log is."""


class Redaction(logging.Filter):
    """Takes every credential out of a record, of its message, its arguments, its exception and its stack."""

    def __init__(self) -> None:
        super().__init__()
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, secrets: Iterable[Secret]) -> None:
        """Hide these too, and what is secret within them if they are addresses. What was known stays hidden."""
        known = self._known.union(*(_spellings(secret.reveal()) for secret in secrets))
        if known != self._known:
            longest_first = sorted(known, key=len, reverse=True)
            self._known, self._pattern = known, re.compile("|".join(map(re.escape, longest_first)))

    def clean(self, text: str) -> str:
        """The text without credentials."""
        if self._pattern is not None:
            text = self._pattern.sub(HIDDEN, text)
        for shape in (_USERINFO, _BEARER, _KEY):
            text = shape.sub(HIDDEN, text)
        return text

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.clean(record.getMessage()), None
        if record.exc_info:
            record.exc_text, record.exc_info = logging.Formatter().formatException(record.exc_info), None
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        if record.stack_info:
            record.stack_info = self.clean(record.stack_info)
        return True


def _spellings(secret: str) -> set[str]:
    """The secret and its parts, as they are and as they stand in an address."""
    parts = {secret}
    if "://" in secret:
        try:
            address = urlsplit(secret)
            password, user = address.password or "", address.username or ""
        except ValueError:
            return {secret}
        rest = re.split(r"[/?&;=#]", f"{address.path}?{address.query}#{address.fragment}")
        parts |= {password, user, *(part for part in rest if len(part) >= 8)}
        host = (address.hostname or "") if "." not in address.netloc else ""
        # Apprise writes tokens where others have a host, which urlsplit makes lower-case.
        parts |= {host, address.netloc} if address.scheme not in ("http", "https") else set()
    spelt = parts | {unquote(part) for part in parts} | {quote(part, "") for part in parts}
    return {part for part in spelt if len(part) >= SHORTEST}


class JsonLines(logging.Formatter):
    """One object a line, in ASCII: `time` (UTC), `level`, `logger`, `message`, and `exception` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            said["exception"] = record.exc_text
        return json.dumps(said)


@contextmanager
def logging_to_stderr(format: LogFormat) -> Iterator[Redaction]:
    """Log to standard error in this format, also what no thread catches; gives what keeps credentials out."""
    redaction = Redaction()
    handler = logging.StreamHandler(sys.stderr)
    as_json = format is LogFormat.JSON or (format is LogFormat.AUTO and not sys.stderr.isatty())
    handler.setFormatter(JsonLines() if as_json else logging.Formatter("%(asctime)s %(message)s"))
    handler.addFilter(redaction)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("alembic").setLevel(logging.WARNING)  # a new database is no news
    logging.captureWarnings(True)
    before = threading.excepthook

    def uncaught(caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            said = (caught.exc_type, caught.exc_value, caught.exc_traceback)
            logging.getLogger("tracker").critical("a thread has ended in an error", exc_info=said)

    threading.excepthook = uncaught
    try:
        yield redaction
    finally:
        threading.excepthook = before
        logging.captureWarnings(False)
