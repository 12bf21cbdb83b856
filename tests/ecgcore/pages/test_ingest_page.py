"""The ingest page: counts, alerts, and the order of its files."""

from __future__ import annotations

from ecgcore.pages.ingest_page import CautionLine, FileLine
from ecgcore.pages.markdown import render_markdown

NOTHING = {
    "files_seen": 0,
    "counts_by_state": {},
    "rows_by_state": {},
    "alerts": (),
    "rules": (),
    "files": (),
    "cautions": (),
}


def test_every_state_is_shown_and_the_total(make_ingest_page):
    text = render_markdown(make_ingest_page(alerts=(), rows_by_state={}))
    for line in ("| accepted | 2 |", "| waiting | 0 |", "| quarantined | 1 |", "| excluded | 0 |", "| total | 3 |"):
        assert line in text


def test_counts_that_do_not_add_up_are_said(make_ingest_page):
    assert "do not add up: 4 files seen, 3 with a state" in render_markdown(make_ingest_page(files_seen=4))
    assert "do not add up" not in render_markdown(make_ingest_page())


def test_an_empty_inbox_is_good_news(make_ingest_page):
    page = make_ingest_page(
        files_seen=0, counts_by_state={}, rows_by_state={}, alerts=(), rules=(), files=(), cautions=(), studies=0
    )
    text = render_markdown(page)
    assert "The inbox was empty" in text
    assert "Nothing is in quarantine." in text


def test_a_file_that_was_not_taken_in_is_named_and_no_ingest_with_one_is_all_good(make_ingest_page):
    text = render_markdown(make_ingest_page(**NOTHING, left_alone={"2024/a.pdf": "outside-ecg-and-cmr"}))
    assert "Files of the inbox that were not taken in: 1." in text and "The inbox was empty" not in text
    assert "| 2024/a.pdf | outside-ecg-and-cmr | move reports into ecg/" in text


def test_what_programs_leave_behind_is_listed_and_needs_nobody(make_ingest_page):
    text = render_markdown(make_ingest_page(**NOTHING, left_alone={"ecg/Thumbs.db": "system-file"}))
    assert "| ecg/Thumbs.db | system-file | nothing |" in text
    assert "not taken in" not in text


def test_unusual_reports_are_counted_and_named(make_ingest_page):
    lines = (CautionLine("grid-left", "send the PDF", ("ecg/a.png", "ecg/b.png")),)
    text = render_markdown(make_ingest_page(cautions=lines))
    flat = (CautionLine("flat-lead", "look", ("ecg/a.png",), {"ecg/a.png": "V3, V5"}),)
    assert "flat-lead: V3, V5" in render_markdown(make_ingest_page(cautions=flat))
    for line in ("| grid-left | 2 | send the PDF |", "| ecg/a.png | grid-left |", "| ecg/b.png | grid-left |"):
        assert line in text
    quiet = {"alerts": (), "counts_by_state": {"accepted": 3}, "rows_by_state": {}}
    assert "Unusual reports: 2." in render_markdown(make_ingest_page(cautions=lines, **quiet))
    assert "Nothing to do" in render_markdown(make_ingest_page(cautions=(), **quiet))
    assert "No report that was read is unusual." in render_markdown(make_ingest_page(cautions=()))


def test_what_needs_action_comes_first_and_the_rest_is_counted(make_ingest_page):
    files = tuple(FileLine(f"a{i:03d}.pdf", "accepted", "", "", "") for i in range(300))
    late = FileLine("z.pdf", "quarantined", "blank-page", "0", "scan again")
    text = render_markdown(make_ingest_page(files=(*files, late)))
    assert text.index("z.pdf") < text.index("a000.pdf")
    assert "200 of 301 rows shown" in text
    assert "a299.pdf" not in text


def test_what_was_not_read_of_a_table_is_said(make_ingest_page):
    page = {"alerts": (), "counts_by_state": {"accepted": 3}, "rows_by_state": {}, "cautions": ()}
    text = render_markdown(make_ingest_page(**page, not_read={"cmr/labels.csv": "columns ward, height"}))
    assert "Nothing to do, unless a column that was not read matters; these stand below." in text
    assert "| cmr/labels.csv | columns ward, height |" in text
    assert "not read" not in render_markdown(make_ingest_page(**page, not_read={})).lower()


def test_rows_of_a_table_to_look_at_are_named_and_need_attention(make_ingest_page):
    page = {"alerts": (), "counts_by_state": {"accepted": 3}, "rows_by_state": {}, "cautions": ()}
    hidden = CautionLine("hidden-rows", "delete those that do not count", ("cmr/a.xlsx, rows 3, 4",))
    text = render_markdown(make_ingest_page(**page, table_cautions=(hidden,)))
    assert "Tables with rows or columns to look at: 1." in text
    assert "| cmr/a.xlsx, rows 3, 4 | hidden-rows | delete those that do not count |" in text
    assert "Nothing to do" not in text
    assert "to look at" not in render_markdown(make_ingest_page(**page)).replace("Reports to look at", "")
