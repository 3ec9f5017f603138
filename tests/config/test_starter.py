"""The starting set: what `init` writes, and that what ships is without fault."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.config.files import errors
from tracker.config.home import Home, check, load
from tracker.config.settings import Settings
from tracker.config.starter import STARTING_FILES, init, starter_folder
from tracker.domain.errors import ConfigError
from tracker.domain.words import Platform, Role

CHECKOUT = Path(__file__).parents[2]


def test_init_writes_the_files_of_the_projects_config(tmp_path: Path) -> None:
    started = init(tmp_path / "new" / "home")
    assert [str(path.relative_to(started.home.path)) for path in started.written] == list(STARTING_FILES)
    assert not started.kept
    for path in started.written:
        assert path.read_bytes() == (CHECKOUT / "config" / path.name).read_bytes()


def test_init_never_overwrites(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config.mkdir()
    home.watchlist.write_text("mine", encoding="utf-8")
    home.events.symlink_to(tmp_path / "elsewhere.csv")
    started = init(tmp_path)
    assert started.kept == (home.watchlist, home.events)
    assert started.written == (home.restrictions, home.settings)
    assert home.watchlist.read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "elsewhere.csv").exists()
    assert init(tmp_path).written == ()


def test_init_says_so_where_it_cannot_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot write .*; name another folder"):
        init(tmp_path / "file")


def test_a_new_home_is_without_error(tmp_path: Path) -> None:
    init(tmp_path)
    found = check(Home(tmp_path))
    assert errors(found) == []
    assert {problem.column for problem in found} == {"platform_id"}


def test_only_accounts_whose_id_is_known_are_collected_from_the_start() -> None:
    config = load(Home(CHECKOUT))
    assert {account.platform_id for account in config.watchlist.accounts if account.verified} == {
        27966935, 2247018338, 47813521, 1932851846, 1404590618, 1371618385, 1421528167, 3437747915, 2164583325,
        2164626723, 1600742850, 1472695399, 735331298,
    }  # fmt: skip
    assert all((account.platform_id is not None) is account.verified for account in config.watchlist.accounts)


def test_no_private_person_ships() -> None:
    listings = [listing for account in load(Home(CHECKOUT)).watchlist.accounts for listing in account.listings]
    assert {listing.role for listing in listings} == {Role.OFFICIAL, Role.STATE_BODY, Role.OUTLET}
    assert {listing.country for listing in listings} == {"IR"}
    assert {listing.platform for listing in listings} == set(Platform)
    assert all(listing.source and listing.name_native for listing in listings)


def test_every_shipped_restriction_and_event_has_its_source_and_a_time_zone() -> None:
    config = load(Home(CHECKOUT))
    assert len(config.restrictions) == 30
    assert all(restriction.source for restriction in config.restrictions)
    assert all(event.source for event in config.events)
    assert {restriction.country for restriction in config.restrictions} <= config.settings.zones.keys()


def test_every_shipped_event_is_an_edge_of_a_shipped_restriction() -> None:
    config = load(Home(CHECKOUT))
    for event in config.events:
        edges = {
            edge
            for restriction in config.restrictions
            if restriction.country == event.country and restriction.platform in event.platforms
            for edge in (restriction.start, restriction.end)
        }
        assert event.when in edges, event.id


def test_the_shipped_settings_are_the_defaults() -> None:
    shipped = load(Home(CHECKOUT)).settings
    assert shipped == Settings(zones=shipped.zones)


def test_the_shipped_settings_name_every_key() -> None:
    from tracker.config.toml import _KEYS

    text = (CHECKOUT / "config" / "settings.toml").read_text(encoding="utf-8")
    for keys in _KEYS.values():
        for key in keys:
            assert f"\n{key} = " in text or f"\n# {key} = " in text, key


def test_a_built_wheel_finds_its_starting_files(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=CHECKOUT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    code = "import sys; from pathlib import Path; from tracker.config.starter import init; init(Path(sys.argv[1]))"
    # -I keeps the checkout off the path, so that only the unpacked wheel can be imported.
    start = f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); {code}"
    subprocess.run([sys.executable, "-I", "-c", start, str(tmp_path / "home")], check=True)
    for file in STARTING_FILES:
        assert (tmp_path / "home" / file).read_bytes() == (CHECKOUT / file).read_bytes()


def test_a_checkout_uses_its_own_config() -> None:
    assert starter_folder() == CHECKOUT / "config"
