"""What people and spreadsheets do to a CSV file."""

from __future__ import annotations

import codecs

import pytest

from tests.config.files import PERSON, REPORTER, assert_one_error, errors, file_of, read_watchlist, watchlist_of
from tracker.config.csvfile import Layout, column_letter, read_rows, write_rows
from tracker.config.problems import Findings
from tracker.config.watchlist import LAYOUT

FILE = "config/watchlist.csv"
HEADER = ",".join(column for column in LAYOUT.columns if column not in LAYOUT.optional)
ROW = "minister-of-examples,Example Minister,وزیر نمونه,official,IR,,,,x,exampleminister,1234567,,,invented"


def lines(*texts: str) -> bytes:
    return "\n".join(texts).encode()


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [False, True])
def test_what_excel_and_others_write_is_read_alike(separator: str, end: str, bom: bool) -> None:
    usual, _ = watchlist_of(PERSON, REPORTER)
    listings, problems = read_watchlist(file_of(LAYOUT, [PERSON, REPORTER], separator, end, bom))
    assert not problems
    assert listings == usual
    assert listings[0].name_native == "وزیر نمونه"


def test_comments_and_empty_lines_are_passed_over_but_counted() -> None:
    listings, problems = read_watchlist(lines("# about, this file", "", HEADER, "# a comment", ",,,,", "", ROW, ""))
    assert not problems
    assert [listing.line for listing in listings] == [7]


def test_comments_that_a_spreadsheet_has_put_into_quotation_marks_are_still_comments() -> None:
    comment = '"# save as ""CSV UTF-8"", with commas"' + "," * 13
    listings, problems = read_watchlist(lines(comment, HEADER, comment, ROW))
    assert not problems
    assert [listing.line for listing in listings] == [4]


def test_a_line_that_names_the_separator_is_obeyed() -> None:
    listings, problems = read_watchlist(b"sep=;\r\n" + file_of(LAYOUT, [PERSON], ";"))
    assert not problems
    assert [listing.line for listing in listings] == [3]


def test_a_line_break_inside_a_cell_keeps_the_count_of_lines() -> None:
    broken = ROW.replace("invented", '"invented\n# for this\nfile"')
    listings, problems = read_watchlist(lines(HEADER, broken, ROW.replace(",IR,", ",XX,")))
    assert listings[0].source == "invented # for this file"
    assert_one_error(problems[:1], f"{FILE}:5: column country", "unknown country 'XX'", "ISO 3166-1")


def test_columns_may_stand_in_any_order_and_case() -> None:
    swapped = Layout(tuple(reversed(LAYOUT.columns)))
    data = file_of(swapped, [PERSON])
    listings, problems = read_watchlist(data.replace(b'"platform_id"', b'" Platform_ID "'))
    assert not problems
    assert listings[0].platform_id == 1234567


def test_empty_columns_at_the_end_do_not_matter() -> None:
    listings, problems = read_watchlist(lines(HEADER + ",,", ROW + ",,"))
    assert not problems
    assert len(listings) == 1


def test_an_unknown_column_is_named_with_the_one_that_was_meant() -> None:
    _, problems = read_watchlist(lines(HEADER.replace("until", "untill"), ROW))
    assert_one_error(problems, f"{FILE}:1: column untill", "unknown column 'untill' (M)", "did you mean until?")


def test_an_additional_column_is_to_be_deleted() -> None:
    _, problems = read_watchlist(lines(HEADER + ",weather", ROW + ",good"))
    assert_one_error(problems, f"{FILE}:1: column weather", "unknown column 'weather' (O)", "delete it")


def test_a_column_without_a_name_is_called_by_its_letter() -> None:
    _, problems = read_watchlist(lines("," + HEADER, "," + ROW))
    assert_one_error(problems, f"{FILE}:1: column A", "has no name", "name it")


def test_a_missing_column_is_reported_once_and_not_for_each_row() -> None:
    row = ROW.replace(",official", "")
    _, problems = read_watchlist(lines(HEADER.replace(",role", ""), row, row.replace("exampleminister,1", "other,2")))
    assert_one_error(problems, f"{FILE}:1: column role", "missing column", "add it")


def test_a_duplicate_column_is_named_with_both_its_places() -> None:
    _, problems = read_watchlist(lines(HEADER + ",name", ROW + ",Other"))
    assert_one_error(
        problems, f"{FILE}:1: column name", "duplicate column: it stands twice, in B and O", "delete one"
    )


def test_too_many_cells_are_shown_with_the_letter_of_their_column() -> None:
    _, problems = read_watchlist(lines(HEADER, ROW + ",more"))
    assert_one_error(problems, f"{FILE}:2: column O", "too many cells: 'more'", "quotation marks")


def test_too_few_cells_are_counted() -> None:
    _, problems = read_watchlist(lines(HEADER, ROW, "minister,Example"))
    assert_one_error(problems, f"{FILE}:3", "too few cells: 2 in place of 14", "add the separators")


def test_a_file_without_a_header_line_is_empty() -> None:
    for data in (b"", codecs.BOM_UTF8, b"\n\n", b"# only a comment\n"):
        _, problems = read_watchlist(data)
        assert_one_error(problems, f"{FILE}:1", "the file is empty", ",".join(LAYOUT.columns))


def test_a_first_line_that_names_no_column_is_told_once() -> None:
    _, problems = read_watchlist(lines(ROW, ROW))
    assert_one_error(problems, f"{FILE}:1", "names the columns is missing", ",".join(LAYOUT.columns))


@pytest.mark.parametrize(("separator", "name"), [("\t", "tabs"), ("|", "'|'")])
def test_another_separator_is_named_and_the_rows_are_checked_all_the_same(separator: str, name: str) -> None:
    _, problems = read_watchlist(file_of(LAYOUT, [PERSON | {"country": "XX"}], separator))
    assert_one_error(problems[:1], FILE, f"separated by {name}", "commas or semicolons")
    assert_one_error(problems[1:], f"{FILE}:2: column country", "unknown country 'XX'", "ISO 3166-1")


def test_a_quotation_mark_that_is_never_closed_hides_no_other_fault() -> None:
    opened = ROW.replace("Example Minister", '"Example Minister')
    _, problems = read_watchlist(lines(HEADER, opened, ROW.replace(",official,", ",oficial,")))
    assert_one_error(problems[:1], f"{FILE}:2", "never closed", "close it")
    assert_one_error(problems[1:], f"{FILE}:3: column role", "unknown role 'oficial'", "did you mean official?")


def test_a_header_that_cannot_be_read_is_one_fault_and_not_one_for_each_column() -> None:
    _, problems = read_watchlist(lines('"subject"s,' + HEADER, ROW, ROW))
    assert_one_error(problems, f"{FILE}:1", "after a closing quotation mark", "twice")


def test_text_behind_a_closing_quotation_mark_is_a_fault_of_its_line() -> None:
    _, problems = read_watchlist(lines(HEADER, ROW, ROW.replace("Example Minister", '"Example" Minister')))
    assert_one_error(problems, f"{FILE}:3", "after a closing quotation mark", "twice")


def test_a_huge_cell_is_refused_with_its_size() -> None:
    _, problems = watchlist_of(PERSON | {"source": "x" * 5000})
    assert_one_error(problems, f"{FILE}:2: column source", "huge cell of 5000 characters", "shorten it to 4000")


def test_a_cell_beyond_what_the_parser_takes_hides_no_other_fault() -> None:
    _, problems = watchlist_of(PERSON | {"source": "x" * 200_000}, REPORTER | {"role": "jurnalist"})
    assert_one_error(problems[:1], f"{FILE}:2", "a huge cell begins here", "a quotation mark is probably not closed")
    assert_one_error(problems[1:], f"{FILE}:3: column role", "unknown role 'jurnalist'", "did you mean journalist?")


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", " =HYPERLINK(1)", "\r=x"])
def test_a_cell_that_looks_like_a_formula_is_refused(cell: str) -> None:
    _, problems = watchlist_of(PERSON | {"name": cell})
    assert_one_error(problems, f"{FILE}:2: column name", "looks like a formula", "begin it with another character")


def test_a_control_character_is_refused_and_shown_escaped() -> None:
    _, problems = watchlist_of(PERSON | {"name": "Exam\x1b[31mple"})
    assert_one_error(
        problems, f"{FILE}:2: column name", r"a control character: 'Exam\x1b[31mple'", "type the text anew"
    )


@pytest.mark.parametrize("unseen", ["\u202e", "\u2066", "\u200b", "\ufeff"])
def test_what_is_not_seen_and_changes_how_others_look_is_refused(unseen: str) -> None:
    _, problems = watchlist_of(PERSON | {"name": f"Exam{unseen}ple"})
    assert_one_error(problems, f"{FILE}:2: column name", "a character that is not seen", "type the text anew")
    _, problems = watchlist_of(PERSON | {"name_native": "می\u200cشود"})
    assert errors(problems) == [], "Persian spells with the non-joiner"


@pytest.mark.parametrize("lost", ["???? ?????", "Exam\ufffdple"])
def test_letters_that_a_wrong_character_set_has_lost_are_noticed(lost: str) -> None:
    _, problems = watchlist_of(PERSON | {"name_native": lost})
    assert_one_error(problems, f"{FILE}:2: column name_native", "letters were lost", "save the file as UTF-8")


def test_persian_that_was_opened_in_a_western_character_set_is_noticed() -> None:
    garbled = "سید علی".encode().decode("cp1252", errors="ignore")
    _, problems = watchlist_of(PERSON | {"name_native": garbled})
    assert_one_error(problems, f"{FILE}:2: column name_native", "letters were garbled", "restore the text")


@pytest.mark.parametrize(
    ("encoding", "name", "line"),
    [
        ("cp1256", "Windows-1256 (Arabic script)", 2),
        ("utf-16", "UTF-16", 1),
        ("utf-16-le", "UTF-16", 1),
        ("utf-16-be", "UTF-16", 1),
        ("utf-32", "UTF-32", 1),
    ],
)
def test_a_wrong_encoding_is_named_and_the_rows_are_checked_all_the_same(encoding: str, name: str, line: int) -> None:
    # Windows-1256 has no Persian yeh, so a spreadsheet writes the Arabic one.
    person = PERSON | {"name_native": "وزير علي", "role": "oficial"}
    data = file_of(LAYOUT, [person]).decode().encode(encoding)
    _, problems = read_watchlist(data)
    assert_one_error(problems[:1], f"{FILE}:{line}", f"not UTF-8; it seems to be {name}", "CSV UTF-8")
    assert_one_error(problems[1:], f"{FILE}:2: column role", "unknown role 'oficial'", "did you mean official?")


def test_a_western_encoding_is_told_from_an_arabic_one() -> None:
    data = file_of(LAYOUT, [PERSON | {"name_native": "Müller, José"}]).decode().encode("cp1252")
    _, problems = read_watchlist(data)
    assert_one_error(problems, f"{FILE}:2", "Windows-1252", "CSV UTF-8")


def test_nul_bytes_are_reported_with_their_line() -> None:
    _, problems = read_watchlist(lines(HEADER, ROW, ROW.replace("1234567", "7654321\0").replace("r,1", "s,1")))
    assert_one_error(problems[:1], f"{FILE}:3", "1 NUL byte", "type the line anew")


@pytest.mark.parametrize(("start", "kind"), [(b"PK\x03\x04", ".xlsx"), (b"\xd0\xcf\x11\xe0", ".xls")])
def test_a_workbook_is_no_text_file(start: bytes, kind: str) -> None:
    _, problems = read_watchlist(start + b"\x00\xff rest")
    assert_one_error(problems, FILE, kind, "CSV UTF-8")


def test_what_is_written_is_read_back_with_awkward_texts() -> None:
    layout = Layout(("one", "two"))
    rows = [{"one": 'a "quoted" text', "two": "with, comma; and\nline"}, {"one": "فارسی", "two": "#no comment"}]
    findings = Findings("file.csv")
    found = read_rows(write_rows(layout, rows), layout, findings)
    assert not findings.problems
    assert [{column: row.text(column) for column in layout.columns} for row in found] == rows


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [column_letter(index) for index in (0, 25, 26, 51, 52, 701, 702)] == [
        "A",
        "Z",
        "AA",
        "AZ",
        "BA",
        "ZZ",
        "AAA",
    ]


def test_all_faults_of_a_file_are_found_at_once() -> None:
    rows = [PERSON | {"country": "XX"}, REPORTER | {"role": "spy"}, PERSON | {"subject": "other", "from": "someday"}]
    _, problems = watchlist_of(*rows)
    assert [(problem.line, problem.column) for problem in errors(problems)] == [
        (2, "country"),
        (3, "role"),
        (4, "from"),
    ]
