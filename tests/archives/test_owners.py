"""Archives of X: whose they are is told by account.js, by its number before its handle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.archives.making import MINISTER, OFFICIAL, OTHER, Base, document, legacy_post, truth
from tests.store.making import listed
from tracker.domain.errors import UsageError


@pytest.fixture
def base(tmp_path: Path) -> Base:
    return Base(tmp_path, MINISTER)


def test_the_owner_of_an_archive_stands_in_account_js(base: Base, tmp_path: Path) -> None:
    document(tmp_path / "account.js", [{"account": {"username": "Sample_Minister"}}], "window.YTD.account.part0 = ")
    tweets = [{"tweet": legacy_post(number)} for number in range(30)]
    base.bring_in(document(tmp_path / "tweets.js", tweets, "window.YTD.tweets.part0 = "))
    assert base.posts() == truth(range(30))


def archive_of(folder: Path, username: str, account_id: str) -> Path:
    """The posts of an archive of X, with its account.js beside them."""
    owner = [{"account": {"username": username, "accountId": account_id}}]
    document(folder / "account.js", owner, "window.YTD.account.part0 = ")
    tweets = [{"tweet": legacy_post(number)} for number in range(3)]
    return document(folder / "tweets.js", tweets, "window.YTD.tweets.part0 = ")


def test_an_archive_is_whose_number_it_says_under_whatever_handle(base: Base, tmp_path: Path) -> None:
    outcome = base.bring_in(archive_of(tmp_path, "former_handle", str(OFFICIAL)), account="sample_minister")
    assert (base.posts(), outcome.of_others) == (truth(range(3)), ())
    (file,) = base.bring_in(archive_of(tmp_path, "former_handle", str(OFFICIAL))).files
    assert (file.known, file.not_listed) == (3, 0)


def test_an_archive_of_somebody_else_who_has_the_handle_is_not_taken_and_it_says_why(
    base: Base, tmp_path: Path
) -> None:
    outcome = base.bring_in(archive_of(tmp_path, "Sample_Minister", str(OTHER)))
    assert (base.posts(), outcome.files[0].not_listed) == ([], 3)
    assert outcome.of_others == (("Sample_Minister", OTHER, OFFICIAL, "tweets.js"),)


def test_an_archive_gives_its_number_to_an_account_that_is_known_by_its_handle_only(
    base: Base, tmp_path: Path
) -> None:
    base.watch(listed("sample_outlet"))
    outcome = base.bring_in(archive_of(tmp_path, "sample_outlet", str(OTHER)))
    assert base.rows("SELECT platform_id FROM account WHERE listed_handle = 'sample_outlet'") == [(OTHER,)]
    assert outcome.taken_to_be == (("sample_outlet", OTHER, "tweets.js"),)


def test_who_names_another_account_than_the_archive_does_is_refused(base: Base, tmp_path: Path) -> None:
    path = archive_of(tmp_path, "somebody", str(OTHER))
    with pytest.raises(UsageError, match=r"the archive of somebody, not of sample_minister"):
        base.bring_in(path, account="sample_minister")
    assert base.posts() == []
    (tmp_path / "account.js").unlink()
    assert base.bring_in(path, account="sample_minister").files[0].new == 3, "the control: nothing contradicts"


@pytest.mark.parametrize("account_id", ["", "9" * 5000, "-1"])
def test_an_account_js_whose_number_is_none_names_nobody(base: Base, tmp_path: Path, account_id: str) -> None:
    with pytest.raises(UsageError, match="--account @handle"):
        base.bring_in(archive_of(tmp_path, "sample_minister", account_id))
