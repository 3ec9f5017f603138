"""A page says what its sheets say, escapes what it is told, and appears whole or not at all. Names are invented."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tracker.analysis.report import Coverage, CoverageState
from tracker.domain.errors import TrackerError, UsageError
from tracker.domain.instants import from_iso
from tracker.reports.columns import AT_LEAST, Column, Kind
from tracker.reports.page.build import index_html, pictures, sheets_of
from tracker.reports.page.content import Chapter, Download, Drawing, Headline, Page, Section
from tracker.reports.page.folder import new_folder, write_files
from tracker.reports.page.svg import embedded
from tracker.reports.page.table import table_of
from tracker.reports.sheet import Row, Sheet

NOW = from_iso("2021-03-13T00:00:00Z")
HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> \"quoted\" 'too' & \u202eevil\u2066 " + "w" * 400
)
LINK = "https://example.org/a?b=1&c=2"
NATIVE = "شخص ساختگی"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="marks" width="40" '
    'height="40"><style>text{fill:red}</style><script>alert(3)</script><defs><linearGradient id="g"/></defs>'
    '<path style="fill: url(#g); stroke: red" onclick="alert(4)" clip-path="url(#g)" d="M0,0h9"/>'
    '<a xlink:href="https://example.org/"><text>gone</text></a><use xlink:href="#g"/><text>&lt;kept&gt;</text></svg>'
)


def sheet(name: str = "usage", *, rows: tuple[Row, ...] | None = None) -> Sheet:
    columns = (
        Column("name", wraps=True),
        Column("name_native"),
        Column("country"),
        Column("posts", Kind.COUNT, mark=AT_LEAST, meaning="Posts that were public <when> we looked."),
        Column("per_week", Kind.NUMBER),
        Column("last_post", Kind.DAY, mark=AT_LEAST),
        Column("source"),
        Column("coverage", Kind.COVERAGE),
    )
    partial, none, full = CoverageState.PARTIAL, CoverageState.NONE, CoverageState.FULL
    default = (
        Row(
            (HOSTILE, NATIVE, "IR", 1234, 1234.5, NOW, "https://example.org/a?b=1&c=2", Coverage(partial, 0.5)),
            partial,
        ),
        Row(("silent", NATIVE, "EG", None, None, None, "javascript:alert(5)", Coverage(none, 0.0)), none),
        Row(("whole", None, "IR", 99, 2.0, NOW, "a book", Coverage(full, 1.0)), full),
    )
    return Sheet(name, "Usage <by> subject", NOW, columns, default if rows is None else rows, ("A note: 1 < 2.",))


def page(*sections: Section) -> Page:
    return Page(
        title=HOSTILE,
        as_of=NOW,
        asked=(("as of", "2021-03-13"),),
        command="tracker publish page --title '<b>'",
        headlines=(Headline("≥ 1,234", "posts <made>"),),
        sections=sections or (Section("usage", "Usage", sheets=(sheet(),)),),
        notices=("A rehearsal.",),
    )


def drawn(name: str) -> Drawing:
    return Drawing(name, "Bars", HOSTILE, SVG, b"PNG")


class Elements(HTMLParser):
    """Every element that the page has, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def html_of(*sections: Section) -> str:
    return index_html(page(*sections), [Download("data/usage.csv", "Usage", 1234)]).decode()


def test_what_it_is_told_never_becomes_an_element() -> None:
    elements = Elements(html_of(Section("usage", "Usage", drawings=(drawn("usage"),), sheets=(sheet(),))))
    assert len(elements.named("script")) == 1
    assert elements.named("img") == []
    assert not any(name.startswith("on") or name == "style" for _, has in elements.found for name in has)
    assert {link["href"] for link in elements.named("a") if "example" in (link["href"] or "")} == {
        "https://example.org/a?b=1&c=2"
    }
    assert not any((link["href"] or "").startswith("javascript") for link in elements.named("a"))


def test_the_policy_allows_its_own_style_and_script_and_nothing_else() -> None:
    html = html_of()
    (policy,) = [meta["content"] for meta in Elements(html).named("meta") if "http-equiv" in meta]
    hashes = [
        base64.b64encode(hashlib.sha256(html.split(f"<{tag}>")[1].split(f"</{tag}>")[0].encode()).digest()).decode()
        for tag in ("style", "script")
    ]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def test_marks_that_turn_the_direction_are_taken_out_and_names_are_isolated() -> None:
    html = html_of()
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", html)
    assert f'<bdi lang="fa">{NATIVE}</bdi>' in html
    assert html.count('lang="fa"') == 1  # the other native name is Egypt's: its language is not known


def test_cells_read_as_the_report_does_and_sort_by_what_they_are_worth() -> None:
    table = table_of(sheet())
    places = {column.key: place for place, column in enumerate(table.columns)}
    posts = [cells[places["posts"]] for cells, _ in table.rows]
    assert [(cell.text, cell.sort) for cell in posts] == [("≥ 1,234", "1234"), ("no data", ""), ("99", None)]
    assert [cells[places["per_week"]].text for cells, _ in table.rows] == ["1,234.5", "", "2.0"]
    last = [cells[places["last_post"]] for cells, _ in table.rows]
    assert [(cell.text, cell.when) for cell in last] == [
        ("≥ 2021-03-13", "2021-03-13"),
        ("no data", ""),
        ("2021-03-13",) * 2,
    ]
    assert [cells[places["coverage"]].sort for cells, _ in table.rows] == ["0.5", "0", "1"]


def test_headings_are_in_order_and_ids_are_there_once() -> None:
    first = Section("usage", "Usage", drawings=(drawn("usage"),), sheets=(sheet(),))
    second = Section("silence", "Silence", drawings=(drawn("silence"),), sheets=(sheet("silence"),))
    method = Section("method", "Method", chapters=(Chapter("Usage", ("All.",), (("posts", "Posts."),)),))
    elements = Elements(html_of(first, second, method))
    levels = [int(tag[1]) for tag, _ in elements.found if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [has["id"] for _, has in elements.found if "id" in has]
    assert len(ids) == len(set(ids))
    anchors = {link["href"] for link in elements.named("a") if (link["href"] or "").startswith("#")}
    assert anchors <= {f"#{name}" for name in ids}


def test_a_section_with_nothing_to_say_says_what_is_missing() -> None:
    html = html_of(Section("usage", "Usage", sheets=(sheet(rows=()),), missing=("No picture: nobody was seen.",)))
    assert "No picture: nobody was seen." in html
    assert "A note: 1 &lt; 2." in html
    assert "<table" not in html


def test_a_note_that_two_tables_of_a_section_share_is_printed_once() -> None:
    html = html_of(Section("usage", "Usage", sheets=(sheet(), sheet("again"))))
    assert html.count("A note: 1 &lt; 2.") == 1


def test_a_picture_keeps_its_shapes_and_loses_its_style_script_and_links() -> None:
    root = ElementTree.fromstring(embedded(SVG, "picture-x", 'A "title"'))
    tags = [element.tag.rpartition("}")[2] for element in root.iter()]
    assert tags == ["svg", "defs", "linearGradient", "path", "use", "text"]
    path = root[1]
    assert (path.get("fill"), path.get("stroke"), path.get("clip-path")) == (
        "url(#picture-x-g)",
        "red",
        "url(#picture-x-g)",
    )
    assert not {"style", "onclick"} & set(path.keys())
    assert root.get("aria-label") == 'A "title"'
    assert root[2].get("{http://www.w3.org/1999/xlink}href") == "#picture-x-g"
    assert root[3].text == "<kept>"


@pytest.mark.parametrize("bad", ["no svg", "<!DOCTYPE svg><svg/>"])
def test_what_is_no_svg_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="SVG"):
        embedded(bad, "x", "x")


def test_the_same_page_gives_the_same_bytes() -> None:
    assert html_of() == html_of()


def test_two_sheets_of_one_name_would_be_one_file() -> None:
    with pytest.raises(ValueError, match="two sheets"):
        list(sheets_of(page(Section("a", "A", sheets=(sheet(), sheet())))))


def test_drawings_are_files_too() -> None:
    assert pictures(page(Section("a", "A", drawings=(drawn("usage"),)))) == {"pictures/usage.png": b"PNG"}


def publish(target: Path, text: str = "", force: bool = False) -> None:
    with new_folder(target, force) as folder:
        write_files(folder, {"index.html": index_html(page(), []), "data/a.csv": text.encode()})


def test_a_folder_appears_whole_and_can_be_read_by_a_web_server(tmp_path: Path) -> None:
    publish(tmp_path / "page")
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
    assert oct((tmp_path / "page").stat().st_mode)[-3:] == "755"
    assert oct((tmp_path / "page/data/a.csv").stat().st_mode)[-3:] == "644"


def test_an_earlier_page_is_replaced_only_by_force(tmp_path: Path) -> None:
    target = tmp_path / "page"
    publish(target, "old")
    with pytest.raises(UsageError, match="--force"):
        publish(target, "new")
    assert (target / "data/a.csv").read_text() == "old"
    publish(target, "new", force=True)
    assert (target / "data/a.csv").read_text() == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


@pytest.mark.parametrize("kind", ["other", "added", "file", "link", "no parent"])
def test_what_is_not_a_page_is_left_alone_even_by_force(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "page"
    match kind:
        case "other":
            target.mkdir()
            (target / "index.html").write_text("mine")
        case "added":
            publish(target)
            (target / "thesis.txt").write_text("mine")
        case "file":
            target.write_text("mine")
        case "link":
            publish(tmp_path / "real")
            target.symlink_to(tmp_path / "real")
        case _:
            target = tmp_path / "nowhere" / "page"
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError):
        publish(target, force=True)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_may_become_the_page(tmp_path: Path) -> None:
    (tmp_path / "page").mkdir()
    publish(tmp_path / "page")
    assert (tmp_path / "page/index.html").exists()


def test_after_an_error_in_the_middle_the_earlier_page_stands(tmp_path: Path) -> None:
    target = tmp_path / "page"
    publish(target, "old")
    in_the_way = {"index.html": b"new", "index.html/data.csv": b"a file cannot be a folder too"}
    with pytest.raises(TrackerError, match="nothing was left"), new_folder(target, force=True) as folder:
        write_files(folder, in_the_way)
    assert (target / "data/a.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page"]
