"""The published page, driven in a browser as a reader does, and judged against the data that it was made from."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from tests.cli.browsing import Visit, browsing, serving, visiting
from tests.cli.commands import TRACKER, tracker
from tests.reports.test_page import html_of as hostile_html
from tracker.domain.words import Protection
from tracker.sandbox.telegram_demo import SUBJECTS_IN_DEMO
from tracker.sandbox.x_data import sample_posts

PHONE = 390


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as one:
        yield one


@pytest.fixture(scope="module", params=["file", "http"])
def address(request: pytest.FixtureRequest, demo: Path) -> Iterator[str]:
    """The page that the demo publishes, from the disk and from a web server."""
    folder = demo / "page"
    if request.param == "file":
        yield (folder / "index.html").as_uri()
        return
    with serving(folder) as url:
        yield url


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[Visit]:
    """The page in a window of a desk; whatever was done, it complained of nothing and asked nobody else."""
    with visiting(browser, address) as one:
        yield one
        own = address.rsplit("/", 1)[0]
        assert one.said == []
        assert [url for url in one.asked if not url.startswith((own, "data:"))] == []
        assert one.page.context.service_workers == []


def table(visit: Visit, name: str) -> Locator:
    return visit.page.locator(f"table[aria-labelledby='{name}-table']")


def column(visit: Visit, name: str, heading: str) -> list[str]:
    """The cells of a column, in the order of the page."""
    titles = table(visit, name).locator("thead th").all_inner_texts()
    place = next(number for number, title in enumerate(titles, 1) if title.startswith(heading))
    return table(visit, name).locator(f"tbody tr > :nth-child({place})").all_text_contents()


def numbers(cells: list[str]) -> list[float]:
    return [float(re.sub(r"[^0-9.]", "", cell)) for cell in cells if cell and cell != "no data"]


def test_a_click_sorts_by_number_and_a_second_one_turns_the_order(visit: Visit) -> None:
    heading = table(visit, "usage-by-subject").locator("th", has_text="posts").first
    for order in ("descending", "ascending"):
        heading.get_by_role("button").click()
        assert heading.get_attribute("aria-sort") == order
        cells = column(visit, "usage-by-subject", "posts")
        assert "≥ 1,699" in cells
        assert numbers(cells) == sorted(numbers(cells), reverse=order == "descending")


def test_the_keyboard_sorts_and_what_has_no_data_comes_last_in_either_order(visit: Visit) -> None:
    heading = table(visit, "influence").locator("th", has_text="followers")
    button = heading.get_by_role("button")
    for order in ("descending", "ascending"):
        button.focus()
        visit.page.keyboard.press("Enter" if order == "descending" else "Space")
        assert heading.get_attribute("aria-sort") == order
        cells = column(visit, "influence", "followers")
        known = [cell for cell in cells if cell and cell != "no data"]
        assert 0 < len(known) < len(cells)
        assert cells[: len(known)] == known
        assert numbers(known) == sorted(numbers(known), reverse=order == "descending")


def test_the_first_stop_of_the_keyboard_leads_past_the_contents(visit: Visit) -> None:
    visit.page.keyboard.press("Tab")
    focused = visit.page.locator(":focus")
    assert focused.inner_text() == "Skip to the figures"
    assert focused.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
    visit.page.keyboard.press("Enter")
    assert visit.page.url.endswith("#content")


def test_a_long_table_shows_fifty_rows_until_asked_for_all_or_searched(visit: Visit) -> None:
    rows = table(visit, "usage-by-subject").locator("tbody tr:visible")
    assert rows.count() == 50
    sheet = visit.page.locator(".sheet", has=table(visit, "usage-by-subject"))
    sheet.get_by_role("searchbox").fill("MFA_Russia")
    assert rows.count() == 1
    assert "1 of 673 rows" in sheet.inner_text()
    sheet.get_by_role("searchbox").fill("")
    sheet.get_by_role("button", name="Show all 673 rows").click()
    assert rows.count() == 673


def test_every_download_gives_the_bytes_of_its_file(visit: Visit, demo: Path, address: str) -> None:
    links = visit.page.locator("#downloads a[download]")
    offered = [str(link.get_attribute("href")) for link in links.all()]
    there = {path.relative_to(demo / "page").as_posix() for path in (demo / "page").rglob("*") if path.is_file()}
    assert set(offered) == there - {"index.html"}
    with visit.page.expect_download() as event:
        visit.page.locator("#downloads a[href='data/usage-by-subject.csv']").click()
    assert event.value.path().read_bytes() == (demo / "page/data/usage-by-subject.csv").read_bytes()


@pytest.mark.parametrize("width", [PHONE, 768, 1280])
def test_nothing_is_wider_than_the_window(browser: Browser, address: str, width: int) -> None:
    with visiting(browser, address, width) as one:
        assert one.page.evaluate("document.documentElement.scrollWidth") == width
        assert one.said == []


def test_it_prints_with_all_rows_and_without_buttons(visit: Visit) -> None:
    pdf = visit.page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF-")
    visit.page.emulate_media(media="print")
    assert table(visit, "usage-by-subject").locator("tbody tr:visible").count() == 673
    assert visit.page.locator(".tools:visible").count() == 0


def test_without_scripts_all_rows_are_there(browser: Browser, address: str) -> None:
    with visiting(browser, address, script=False) as one:
        assert table(one, "usage-by-subject").locator("tbody tr:visible").count() == 673
        assert one.page.locator("button").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(visit: Visit, scheme: str) -> None:
    visit.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    faint = visit.page.evaluate(CONTRAST)
    assert faint == []


CONTRAST = """() => {
  const light = (color) => {
    const part = (value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = color.match(/[0-9.]+/g).map((value) => part(Number(value) / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (it) => {
    for (; it; it = it.parentElement) {
      const color = getComputedStyle(it).backgroundColor;
      if (!color.endsWith(", 0)")) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const faint = new Set();
  for (const it of document.querySelectorAll("body *:not(svg, svg *, script)")) {
    if (![...it.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) continue;
    const [a, b] = [light(getComputedStyle(it).color), light(ground(it))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.add(`${it.tagName} ${it.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}"""


def test_the_headlines_are_those_of_the_data(visit: Visit) -> None:
    posts = [post for post in sample_posts() if post.country == "CN"]
    users = len({post.handle for post in posts})
    said = visit.page.locator(".headlines li").all_inner_texts()
    named = 678 - sum(one.protection is Protection.AT_RISK for one in SUBJECTS_IN_DEMO)
    assert [re.sub(r"\s+", " ", text) for text in said[:2]] == [
        f"{users} of {named} named accounts, of {users} subjects, posted on a platform while it was restricted for "
        "them",
        f"{len(posts):,} posts made while restricted (CN {len(posts):,})",
    ]
    assert said[-1].split()[:3] == [str(named), "of", str(named)]


def test_the_tables_are_those_of_the_data(demo: Path) -> None:
    truth = Counter(post.handle.lower() for post in sample_posts())
    with (demo / "page/data/usage-by-subject.csv").open(encoding="utf-8", newline="") as file:
        told = {row["subject"]: row["posts"] for row in csv.DictReader(file) if row["platform"] == "x"}
    assert {subject: int(posts) for subject, posts in told.items() if posts != "0"} == truth


def test_every_section_is_there_and_has_its_picture(visit: Visit) -> None:
    for name in ("usage", "activity", "influence", "silence", "network", "timeline"):
        assert visit.page.locator(f"#{name} figure svg").count() == 1, name
    for name in ("restrictions", "coverage", "left-out", "method", "downloads"):
        assert visit.page.locator(f"#{name} h2").count() == 1, name
    assert "ooni.org" in visit.page.locator("#restrictions").inner_text()
    assert "6 of the chosen subjects are at risk" in visit.page.locator("#left-out").inner_text()


def test_nobody_at_risk_is_named_anywhere_in_the_folder(demo: Path) -> None:
    at_risk = [one for one in SUBJECTS_IN_DEMO if one.protection is Protection.AT_RISK]
    named = [one for one in SUBJECTS_IN_DEMO if one.protection is not Protection.AT_RISK]
    texts = [path.read_bytes() for path in (demo / "page").rglob("*") if path.is_file()]
    assert len(at_risk) == 6

    def found(words: str) -> bool:
        return any(re.search(re.escape(words).encode() + rb"(?![0-9])", text) for text in texts)

    for one in at_risk:
        assert not any(map(found, (one.handle, one.handle.replace("_", "-"), one.name, one.name_native)))
    assert all(found(one.name) for one in named)  # the search does find who is there


def test_the_package_tells_of_every_file_of_data(demo: Path) -> None:
    data = demo / "page/data"
    resources = json.loads((data / "datapackage.json").read_bytes())["resources"]
    about = {"datapackage.json", "METHOD.md"}
    assert {one["path"] for one in resources} == {path.name for path in data.iterdir()} - about
    with (data / "silence_at_risk.csv").open(encoding="utf-8", newline="") as file:
        heading = next(csv.reader(file))
    (one,) = (one for one in resources if one["path"] == "silence_at_risk.csv")
    assert [field["name"] for field in one["schema"]["fields"]] == heading
    assert "usage-by-country.csv" in (data / "METHOD.md").read_text("utf-8")


def test_the_printed_command_makes_the_same_bytes(demo: Path, tmp_path: Path) -> None:
    page = (demo / "page/index.html").read_text("utf-8")
    printed = re.search(r"<code><bdi>tracker (publish page .*?)</bdi>", page)
    assert printed is not None
    assert str(demo) not in page
    words = shlex.split(html.unescape(printed[1]))
    ran = tracker(*(tmp_path / "page" if word == "page" else word for word in words), home=demo)
    assert ran.code == 0, ran.err
    done = subprocess.run(["diff", "-r", demo / "page", tmp_path / "page"], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[:500]


def test_an_earlier_page_needs_force_and_anything_else_is_refused(demo: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for options in ([], ["--force"]):
        ran = tracker("publish", tmp_path, *options, home=demo)
        assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    refused = tracker("publish", demo / "page", home=demo)
    assert (refused.code, "--force" in refused.err) == (2, True)


def test_a_place_that_cannot_be_written_ends_with_one_line(demo: Path, tmp_path: Path) -> None:
    read_only = Path("/proc") if os.geteuid() == 0 else tmp_path
    tmp_path.chmod(0o500)
    ran = tracker("publish", read_only / "page", "--platform", "telegram", home=demo)
    tmp_path.chmod(0o700)
    assert (ran.code, ran.err.count("\n")) == (1, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_leaves_the_earlier_page(demo: Path, tmp_path: Path) -> None:
    shutil.copytree(demo / "page", tmp_path / "page")
    command = f"ulimit -f 64; '{TRACKER}' --home '{demo}' publish '{tmp_path}/page' --role outlet --force"
    ran = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr.count("\n")) == (1, 1), ran.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert (tmp_path / "page/index.html").read_bytes() == (demo / "page/index.html").read_bytes()


def test_hostile_words_do_nothing_in_a_browser(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(hostile_html(), "utf-8")
    for width in (PHONE, 1280):
        with visiting(browser, (tmp_path / "index.html").as_uri(), width) as one:
            assert one.page.evaluate("document.documentElement.scrollWidth") == width
            assert "<script>alert(1)</script>" in one.page.locator("tbody th").first.inner_text()
            assert (one.said, len(one.asked)) == ([], 1)


def test_a_filter_that_lets_nobody_pass_is_named(demo: Path, tmp_path: Path) -> None:
    ran = tracker("publish", tmp_path / "page", "--country", "BR", home=demo)
    assert ran.code == 2
    assert "--country BR" in ran.err
    assert list(tmp_path.iterdir()) == []
