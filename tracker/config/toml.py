"""Reads settings.toml, strictly: every key is known, every value has its type and lies within its bounds.

What is not written there keeps its default. The sections mirror the dataclasses of `tracker.config.settings`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from tracker.config.countries import country
from tracker.config.encoding import decode
from tracker.config.problems import BadValueError, Findings, Problem, nearest
from tracker.config.settings import (
    LEAST_WEB_PACE,
    SANDBOX,
    AlertSettings,
    BudgetSettings,
    EvidenceSettings,
    HealthSettings,
    LogSettings,
    PriceSettings,
    ProxySettings,
    RefreshSettings,
    ReportSettings,
    RetentionSettings,
    Settings,
    SilenceSettings,
    TelegramSettings,
    VisitSettings,
    XSettings,
)
from tracker.config.values import (
    Reader,
    allowance,
    api_url,
    database,
    instant,
    kept,
    key_file,
    length,
    lengths,
    log_format,
    metrics_file,
    number,
    on_this_machine,
    ping_url,
    platforms,
    proxy,
    seconds,
    secrets,
    server,
    stamp_url,
    telegram_choice,
    truth,
    web_url,
    whole,
    zone,
)

SETTINGS = "config/settings.toml"

_TOP = "top"
_ZONES = "zones"
_KEYS: Mapping[str, Mapping[str, Reader]] = {
    _TOP: {"platforms": platforms, "database": database},
    "time": {"default_zone": zone, "approximate_days": whole(0, 366), "clock_start": instant},
    "x": {
        "api_url": api_url,
        "connect_timeout": seconds("0.1s", "5m"),
        "read_timeout": seconds("0.1s", "5m"),
        "retries": whole(0, 10),
        "backoff": seconds("0s", "5m"),
        "depth": whole(1, 1_000_000),
        "expand_referenced": truth,
        "counts_archive": truth,
    },
    "telegram": {
        "server": server,
        "server_key": key_file,
        "timeout": seconds("0.1s", "5m"),
        "pace": seconds("0s", "5m"),
        "source": telegram_choice,
        "web_url": web_url,
        "web_pace": seconds("0s", "5m"),
    },
    "visits": {
        "requests_a_day": number(0.01, 1_440),
        "shortest_interval": length("1s", "365d"),
        "longest_interval": length("1s", "365d"),
        "profile_interval": length("1s", "365d"),
        "retry_after": length("1s", "7d"),
        "tick": length("1s", "1h"),
    },
    "report": {
        "active_days": whole(1, 3650),
        "occasional_days": whole(1, 3650),
        "infrequent_days": whole(1, 3650),
        "lapsed_days": whole(1, 3650),
        "level_coverage": number(0, 1),
        "freshness": length("0s", "365d"),
        "smallest_group": whole(1, 1000),
    },
    "silence": {"factor": number(1, 100), "covered_days": whole(1, 3650), "active_days": whole(1, 3650)},
    "alerts": {"urls": secrets, "at_risk": truth},
    "refresh": {"on": truth, "ages": lengths("1h", "3650d"), "sweep": length("1h", "3650d"), "forget_deleted": truth},
    "proxy": {
        "x": proxy(telegram=False),
        "telegram": proxy(telegram=True),
        "others_directly": truth,
        "from_environment": truth,
    },
    "budget": {
        "x_per_day": allowance(dollars=True),
        "x_per_month": allowance(dollars=True),
        "telegram_per_day": allowance(dollars=False),
        "telegram_per_month": allowance(dollars=False),
    },
    "retention": {
        "raw_answers": kept("1d", "3650d"),
        "texts": kept("1d", "3650d"),
        "at_risk_weeks": kept("35d", "3650d"),
    },
    "log": {"format": log_format},
    "health": {"ping_url": ping_url, "ping_interval": length("10s", "1d"), "metrics_file": metrics_file},
    "evidence": {"stamp_url": stamp_url},
    "prices": {
        "post": number(0, 1000),
        "user": number(0, 1000),
        "counts_recent": number(0, 1000),
        "counts_all": number(0, 1000),
    },
}
"""How each key is read, by section; `top` are the keys before the first section."""

_SECTIONS = (*(section for section in _KEYS if section != _TOP), _ZONES)
# Each of these is larger than the one before it.
_ASCENDING = {
    "visits": ("shortest_interval", "longest_interval"),
    "report": ("active_days", "occasional_days", "infrequent_days", "lapsed_days"),
}


def read_settings(data: bytes, file: str = SETTINGS) -> tuple[Settings, list[Problem]]:
    """The settings and all problems of the file; a value that is wrong keeps its default."""
    findings = Findings(file)
    text = decode(data, findings)
    parsed = _parse(text, findings) if text is not None else {}
    lines = _Lines(text or "")
    found: dict[str, dict[str, object]] = {section: {} for section in (*_KEYS, _ZONES)}
    for key, value in parsed.items():
        if key in _SECTIONS and isinstance(value, dict):
            _read_section(key, value, found[key], lines, findings)
        elif key in _SECTIONS:
            findings.error(
                lines.of(_TOP, key), key, "is a section, not a value", f"write [{key}] on a line of its own"
            )
        else:
            _read_section(_TOP, {key: value}, found[_TOP], lines, findings)
    settings = _settings(found)
    _check_order(settings, lines, findings)
    _check_pace(settings.telegram, lines, findings)
    return settings, findings.problems


def _parse(text: str, findings: Findings) -> dict[str, object]:
    try:
        return dict(tomllib.loads(text.replace("\r\n", "\n")))
    except (ValueError, RecursionError) as error:
        # Besides TOMLDecodeError: numbers with too many digits, impossible offsets, brackets nested too deep.
        place = re.search(r" \(at line ([0-9]+), column ([0-9]+)\)", str(error))
        line = int(place[1]) if place else text.count("\n") + 1 if "end of document" in str(error) else 0
        wrong = re.sub(r"\s+", " ", str(error)[: place.start() if place else 200])
        at = f" at character {place[2]}" if place else ""
        findings.error(line, "", f"not TOML{at}: {wrong}", 'write key = value, with texts in "quotation marks"')
        return {}


def _read_section(
    section: str, values: Mapping[str, object], found: dict[str, object], lines: _Lines, findings: Findings
) -> None:
    for key, value in values.items():
        line, name = lines.of(section, key), key if section == _TOP else f"{section}.{key}"
        try:
            if section == _ZONES:
                found[country(key)] = zone(value)
            elif key in _KEYS[section]:
                found[key] = _KEYS[section][key](value)
            else:
                kind = "section" if isinstance(value, dict) else "key"
                findings.error(line, name, f"unknown {kind}", _advice(section, key))
        except BadValueError as bad:
            findings.error(line, name, bad.wrong, bad.right)


def _advice(section: str, key: str) -> str:
    """Where an unknown key probably belongs."""
    own = (*_KEYS[section], *(_SECTIONS if section == _TOP else ()))
    if near := nearest(key, own):
        return f"did you mean {near}?"
    for other, keys in _KEYS.items():
        if key in keys:
            return "it belongs before the first section" if other == _TOP else f"it belongs to [{other}]"
    return f"known are {', '.join(own)}"


def _settings(found: Mapping[str, Mapping[str, object]]) -> Settings:
    sections = {
        "x": _changed(XSettings(), found["x"]),
        "telegram": _changed(TelegramSettings(), found["telegram"]),
        "visits": _changed(VisitSettings(), found["visits"]),
        "report": _changed(ReportSettings(), found["report"]),
        "silence": _changed(SilenceSettings(), found["silence"]),
        "alerts": _changed(AlertSettings(), found["alerts"]),
        "refresh": _changed(RefreshSettings(), found["refresh"]),
        "retention": _changed(RetentionSettings(), found["retention"]),
        "evidence": _changed(EvidenceSettings(), found["evidence"]),
        "prices": _changed(PriceSettings(), found["prices"]),
        "budget": _changed(BudgetSettings(), found["budget"]),
        "proxy": _changed(ProxySettings(), found["proxy"]),
        "log": _changed(LogSettings(), found["log"]),
        "health": _changed(HealthSettings(), found["health"]),
        "zones": MappingProxyType(dict(found[_ZONES])),
    }
    settings: Settings = _changed(Settings(), {**found[_TOP], **found["time"], **sections})
    return settings


def _changed(base: Any, values: Mapping[str, object]) -> Any:
    """A copy of a frozen dataclass; the readers of _KEYS have given each value its field's type."""
    return replace(base, **values)


def _check_order(settings: Settings, lines: _Lines, findings: Findings) -> None:
    for section, keys in _ASCENDING.items():
        values = [getattr(getattr(settings, section), key) for key in keys]
        for index in range(1, len(keys)):
            smaller, larger = keys[index - 1], keys[index]
            if values[index] < values[index - 1]:
                findings.error(
                    lines.of(section, larger, smaller),
                    f"{section}.{larger}",
                    f"is less than {smaller}",
                    f"write more than {smaller}",
                )


def _check_pace(settings: TelegramSettings, lines: _Lines, findings: Findings) -> None:
    """Telegram's own pages are asked at most once a second, whatever a file says; a rehearsal's as it likes."""
    if settings.web_pace < LEAST_WEB_PACE and settings.web_url != SANDBOX and not on_this_machine(settings.web_url):
        findings.error(
            lines.of("telegram", "web_pace"),
            "telegram.web_pace",
            f"asks {settings.web_url} more than once in {LEAST_WEB_PACE:g} s, for which Telegram bans",
            f'write "{LEAST_WEB_PACE:g}s" or more',
        )


class _Lines:
    """On which line a key stands: the TOML parser does not say."""

    _HEADER = re.compile(r"\s*\[+\s*([^\[\]]+?)\s*\]+\s*(?:#.*)?$")
    _KEY = re.compile(r"""\s*([\w-]+|"[^"]*"|'[^']*')\s*(?:\.\s*([\w-]+|"[^"]*"|'[^']*')\s*)?[=.]""")

    def __init__(self, text: str) -> None:
        self._lines: dict[tuple[str, str], int] = {}
        section = _TOP
        for at, line in enumerate(text.split("\n"), start=1):
            if header := self._HEADER.match(line):
                section = header[1].strip("\"'")
                self._lines.setdefault((_TOP, section), at)
            elif key := self._KEY.match(line):
                first, second = key[1].strip("\"'"), (key[2] or "").strip("\"'")
                self._lines.setdefault((section, first), at)
                if second:
                    self._lines.setdefault((first, second), at)

    def of(self, section: str, *keys: str) -> int:
        """The line of the first of these keys that is there, else of their section, else 0."""
        places = [*((section, key) for key in keys), (_TOP, section)]
        return next((self._lines[place] for place in places if place in self._lines), 0)
