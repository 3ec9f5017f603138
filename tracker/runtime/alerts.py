"""Telling somebody when an account falls silent, posts again, or enters or leaves a state such as suspended.

One message a change, remembered in the database. A message that could not be delivered is tried again after a later
visit; collecting waits for it only a few seconds, and not again for a while.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracker.analysis.question import Selection
from tracker.analysis.series import PostSeries, Series
from tracker.analysis.silence import judgements_of, listed_at, state_at, weekly_verdict
from tracker.analysis.silence_report import Judgement, Track, Verdict
from tracker.analysis.units import is_at_risk
from tracker.collectors.registry import require_way_of_alerts
from tracker.config.credentials import alert_urls
from tracker.config.home import Config
from tracker.domain.instants import DAY, MINUTE, Clock, Instant, day_of
from tracker.domain.subjects import ListedAccount, Listing
from tracker.domain.wording import plural
from tracker.runtime.messenger import Messenger
from tracker.runtime.observer import Observer
from tracker.store.store import Store

PAUSE = 5 * MINUTE
"""After a failed delivery nothing is sent for so long, lest a dead server slow down the visits."""
CALM = "calm"
"""In place of a verdict of which one is told: nothing out of the ordinary."""
ACCOUNT = "account"
"""In place of a track: the state of the account."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What holds of one track now, and how to say it if it is news."""

    track: str
    word: str
    since: Instant | None
    title: str
    body: str


class Alerts:
    """Judges an account after its visit and tells of what has changed. Safe to use from several workers."""

    def __init__(self, store: Store, clock: Clock, observer: Observer) -> None:
        self._store, self._clock, self._observer = store, clock, observer
        self._lock = threading.Lock()
        self._config: Config | None = None
        self._messenger: Messenger | None = None
        self._listed: dict[int, ListedAccount] = {}
        self._quiet_until: Instant = 0
        self._failing = False

    def take_up(self, config: Config, environment: Mapping[str, str] = os.environ) -> None:
        """Use this configuration from now on. Raises ConfigError, and changes nothing, if it cannot be used."""
        require_way_of_alerts(config.settings, environment)
        urls = (*config.settings.alerts.urls, *alert_urls(environment))
        messenger = Messenger(urls) if urls else None
        with self._lock:
            self._config, self._messenger, self._listed = config, messenger, {}
            self._quiet_until = 0

    def after_visit(self, account_id: int) -> None:
        """Tell of what has changed of this account, and of what could not be told before."""
        with self._lock:
            if self._messenger is None:
                return
            self._tell(account_id)
            if self._clock() >= self._quiet_until:
                for other in self._store.untold():
                    if other != account_id:
                        self._tell(other)

    def _tell(self, account_id: int) -> None:
        told = self._store.told(account_id)
        for finding in self._findings(account_id):
            known = told.get(finding.track)
            if finding.word != (CALM if known is None else known.verdict):
                self._store.remember_change(account_id, finding.track, finding.word, finding.since, None)
            elif known is None or known.told_at is not None:
                continue
            if self._deliver(finding):
                now = self._clock()
                self._store.remember_change(account_id, finding.track, finding.word, finding.since, now)

    def _deliver(self, finding: Finding) -> bool:
        if self._messenger is None or self._clock() < self._quiet_until:
            return False
        failure = self._messenger.send(finding.title, finding.body)
        if failure is None:
            self._failing = False
            return True
        self._quiet_until = self._clock() + PAUSE
        if not self._failing:
            self._failing = True
            self._observer.untold(f"a message could not be delivered ({failure}); it is tried again later")
        return False

    def _findings(self, account_id: int) -> Iterator[Finding]:
        assert self._config is not None
        if account_id not in self._listed:
            self._listed = self._store.ids_of(self._config.watchlist.accounts)
        account, now = self._listed.get(account_id), self._clock()
        listing = None if account is None else listed_at(account, Selection(as_of=now))
        if account is None or listing is None:
            return
        series = self._store.series(account_id, account)
        if is_at_risk(series) and not self._config.settings.alerts.at_risk:
            return
        yield self._state_of(series, listing, now)
        if isinstance(series, PostSeries):
            for judgement in judgements_of(series, listing, self._config.settings, now):
                if judgement.verdict.judged:
                    yield _named(judgement)
        else:
            zone = self._config.settings.zone(listing.country)
            for track in Track:
                verdict = weekly_verdict(series, track, zone, self._config.settings, now)
                if verdict.judged:
                    yield _at_risk(listing, track, verdict)

    def _state_of(self, series: Series, listing: Listing, now: Instant) -> Finding:
        assert self._config is not None
        state = state_at(series.observed, now)
        who = _who(listing, at_risk=is_at_risk(series))
        if state is None:
            return Finding(ACCOUNT, CALM, None, f"{who}: can be read again", f"{who} can be read again.")
        since = None if is_at_risk(series) else series.observed.state_since
        seen = (
            "" if since is None else f", first seen on {day_of(since, self._config.settings.zone(listing.country))}"
        )
        body = f"{who}: {state}{seen}. This is a state of the account, not silence."
        return Finding(ACCOUNT, state.value, since, f"{who}: {state}", body)


def _named(one: Judgement) -> Finding:
    """What is said of a named account."""
    who, what = _who(one.listing, at_risk=False), _posts(one.track)
    last = "" if one.last_post is None else f"; last post {day_of(one.last_post, one.zone)}"
    if one.verdict is not Verdict.ALARM:
        return Finding(one.track.value, CALM, None, f"{who}: {what} again", f"{who}: {what} again{last}.")
    replayed = (
        f"In {one.backtest.years:.1f} years of its past this rule would have been wrong "
        f"{plural(one.backtest.false_alarms, 'time')}. "
        if one.backtest.seconds
        else ""
    )
    body = (
        f"{who}: no {what} for {(one.silence or 0) / DAY:.1f} days{last}. Longest gap before: "
        f"{(one.longest_gap or 0) / DAY:.1f} days; an alarm is raised beyond {(one.limit or 0) / DAY:.1f}. "
        f"{replayed}A silence says nothing of its cause."
    )
    return Finding(one.track.value, Verdict.ALARM.value, one.since, f"{who}: unusually silent ({what})", body)


def _at_risk(listing: Listing, track: Track, verdict: Verdict) -> Finding:
    """What is said of a person at risk: neither who nor when."""
    who, what = _who(listing, at_risk=True), _posts(track)
    if verdict is not Verdict.ALARM:
        return Finding(track.value, CALM, None, f"{who}: {what} again", f"{who}: {what} again.")
    body = f"{who}: no {what} for whole weeks, longer than ever before. A silence says nothing of its cause."
    return Finding(track.value, Verdict.ALARM.value, None, f"{who}: unusually silent ({what})", body)


def _posts(track: Track) -> str:
    return "posts of its own" if track is Track.OWN else "reposts"


def _who(listing: Listing, *, at_risk: bool) -> str:
    where = f"{listing.role.value.replace('_', ' ')}, {listing.country}, {listing.platform}"
    return f"a person at risk ({where})" if at_risk else f"{listing.name} (@{listing.handle}, {where})"
