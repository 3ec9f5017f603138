"""Who watches over the daemon: the service manager, a ping, the metrics, a health check, and what hides secrets."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from tracker.config.credentials import given
from tracker.runtime.metrics import Meters
from tracker.runtime.ping import Ping
from tracker.runtime.pulse import Pulse
from tracker.runtime.service import ServiceManager

if TYPE_CHECKING:
    from tracker.cli.logs import Redaction
    from tracker.collectors.protocol import Collector
    from tracker.config.home import Config, Home
    from tracker.domain.words import Platform
    from tracker.runtime.local import Openers


class Vigil:
    """All of them together, as the settings say."""

    def __init__(self, home: Home, redaction: Redaction, say: Callable[[str], None]) -> None:
        self._home, self._redaction, self._say = home, redaction, say
        self._ping = Ping(say)
        self.meters = Meters(say)
        self.pulse = Pulse(home.pulse, ServiceManager(), when_whole=(self._ping.send, self._write_metrics))

    def take_up(self, config: Config) -> None:
        """Go by this configuration from now on. Raises ConfigError, and changes nothing, if it cannot be used."""
        settings = config.settings
        in_settings = [*settings.alerts.urls, *([settings.health.ping_url] if settings.health.ping_url else [])]
        self._redaction.learn([*in_settings, *given()])
        self._ping.take_up(config)
        self.meters.path = self._home.path / settings.health.metrics_file if settings.health.metrics_file else None

    def learning(self, openers: Openers) -> Openers:
        """The same openers; each hides first what stands in the credentials now: they may have been exchanged."""

        def opened(opener: Callable[[], Collector]) -> Collector:
            self._redaction.learn(given())
            return opener()

        known: dict[Platform, Callable[[], Collector]] = {
            platform: partial(opened, opener) for platform, opener in openers.items()
        }
        return known

    def say_if_never_fed(self, config: Config) -> None:
        """A watchdog that is shorter than two ticks would end the daemon whatever it does."""
        watchdog, tick = self.pulse.service.watchdog, config.settings.visits.tick
        if watchdog is not None and watchdog < 2 * tick:
            self._say(f"WatchdogSec is {watchdog:g} s, a tick comes every {tick} s: make it at least 30min")

    def _write_metrics(self) -> None:
        self.meters.write(self.pulse.beats)
