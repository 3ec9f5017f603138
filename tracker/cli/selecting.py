"""From the options that reports have in common to what is asked, and to the accounts that it is asked of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.cli.options import as_of_instant, start_of
from tracker.domain.errors import UsageError
from tracker.domain.words import Platform, Role

if TYPE_CHECKING:
    from tracker.analysis.question import Selection
    from tracker.config.home import Config
    from tracker.domain.subjects import ListedAccount


def selection_of(
    config: Config,
    *,
    since: str | None = None,
    until: str | None = None,
    country: str | None = None,
    role: Role | None = None,
    platform: Platform | None = None,
    as_of: str | None = None,
) -> Selection:
    """What the options ask for. Raises UsageError if no time lies between them."""
    from tracker.analysis.question import Selection

    # Without a country, days begin in the default zone.
    zone = config.settings.zone(country) if country else config.settings.default_zone
    selection = Selection(
        as_of=as_of_instant(as_of, config, zone),
        since=start_of(since, "--from", zone),
        until=start_of(until, "--until", zone),
        country=country,
        role=role,
        platform=platform,
    )
    if selection.since is not None and selection.since >= selection.end:
        raise UsageError("nothing lies between --from and --until (or --as-of); give an earlier --from")
    return selection


def chosen(config: Config, selection: Selection) -> list[ListedAccount]:
    """The listed accounts that pass the filters. Raises UsageError that says which filter left nobody."""
    accounts = [account for account in config.watchlist.accounts if any(map(selection.asks_for, account.listings))]
    if not accounts:
        raise UsageError(_what_emptied(config, selection))
    return accounts


def _what_emptied(config: Config, selection: Selection) -> str:
    listings = [listing for account in config.watchlist.accounts for listing in account.listings]
    for option, wanted, has in (
        ("--country", selection.country, [listing.country for listing in listings]),
        ("--role", selection.role, [listing.role for listing in listings]),
        ("--platform", selection.platform, [listing.platform for listing in listings]),
    ):
        if wanted is not None and wanted not in has:
            return f"{option} {wanted}: the watchlist lists nobody there; it has {', '.join(sorted(set(has)))}"
    return "no row of the watchlist passes all these filters together; drop one"
