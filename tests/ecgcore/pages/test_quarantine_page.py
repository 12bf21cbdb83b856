"""The quarantine page."""

from __future__ import annotations

from ecgcore.pages.markdown import render_markdown
from ecgcore.pages.quarantine_page import QuarantineLine, QuarantinePage, quarantine_document


def test_entries_and_rules_are_counted():
    lines = [QuarantineLine("a.csv", i, "lvef-range", "150", "1 to 100", "2026-11-19") for i in (2, 3)]
    lines.append(QuarantineLine("b.pdf", None, "blank-page", "0 dark pixels", "scan again", "2026-11-20"))
    text = render_markdown(
        quarantine_document(QuarantinePage("2026-11-20", tuple(lines), ("1/rows.csv", "2/rows.csv")))
    )
    assert "3 open entries" in text
    assert "1/rows.csv" in text and "2/rows.csv" in text
    assert "| lvef-range | 0 | 2 | 1 to 100 |" in text and "| blank-page | 1 | 0 | scan again |" in text
    assert "| b.pdf |  | 2026-11-20 | blank-page | 0 dark pixels | scan again |" in text


def test_an_empty_quarantine_says_so():
    text = render_markdown(quarantine_document(QuarantinePage("2026-11-20", (), ())))
    assert "Nothing is in quarantine." in text
    assert "rows.csv" not in text


def test_many_entries_are_capped_and_counted(make_quarantine_page):
    assert "200 of 950 rows shown" in render_markdown(make_quarantine_page(entries=950))
