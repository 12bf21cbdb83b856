"""The terminal: text as it is, verdicts in colour, nothing cut where the terminal is narrow."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.pages.document import (
    Callout,
    Cell,
    Command,
    Document,
    Image,
    Link,
    Section,
    Table,
    Text,
    Tone,
    sentence,
    visible,
)
from ecgcore.pages.terminal import print_document, render_terminal

hostile = st.one_of(
    st.sampled_from(["[red]x[/red]", "[link=http://e.x]x[/]", ":smile:", "\x1b[31mred", "\x1b]8;;http://e.x\x07x"]),
    st.text(min_size=1),
)


def document(*blocks) -> Document:
    return Document("t", "s", (Section("h", blocks),))


@given(hostile)
@settings(max_examples=12, deadline=None)
def test_no_control_code_comes_from_the_text(make_ingest_page, text):
    shown = render_terminal(make_ingest_page(text))
    assert {c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs")} <= {"\n"}


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20))
@settings(max_examples=40, deadline=None)
def test_what_stands_in_a_page_is_shown_as_it_is(text):
    table = Table(text, (text, "b"), ((Cell(text), Cell(text, Tone.BAD)),), 1)
    blocks = (Text(text), Callout(text, Tone.GOOD), table, Command(text, text), Link(text, text), Image(b"", text))
    assert render_terminal(document(*blocks)).count(text) >= 10


def test_no_markdown_is_left(make_decision_page):
    shown = render_terminal(make_decision_page("ecg_000001.pdf"), width=200)
    assert "> 0.75" in shown and "ecg_000001.pdf" in shown
    assert not any(escape in shown for escape in ("&gt;", "\\_", "| ---", "**", "\n# ", "\n## ", "```"))


def test_every_block_exactly():
    table = Table("cap", ("a", "b"), ((Cell("x", Tone.BAD), Cell("1", numeric=True)),), total_rows=3)
    blocks = (
        Text("p"),
        Callout("c", Tone.BAD),
        table,
        Command("do", "ls"),
        Link("rows", "q.csv"),
        Image(b"", "A plot"),
    )
    lines = [line.rstrip() for line in render_terminal(document(*blocks), width=20).splitlines()]
    assert [line for line in lines if line] == [
        "t", "s", "h ──────────────────", "p", "attention: c", "cap", " a   b", " ─────", " x   1",
        "1 of 3 rows shown", "do:", "  ls", "rows: q.csv", "Figure in the HTML", "page: A plot",
    ]  # fmt: skip


@pytest.mark.parametrize(("tone", "code"), [(Tone.GOOD, "32"), (Tone.CAUTION, "33"), (Tone.BAD, "1;31")])
def test_a_verdict_has_its_colour(tone, code):
    table = Table("cap", ("verdict",), ((Cell("decided", tone),),), 1)
    assert f"\x1b[{code}mdecided\x1b[0m" in render_terminal(document(table), colour=True)
    assert "\x1b" not in render_terminal(document(table))


def test_what_one_types_has_a_style_and_keeps_its_backticks_where_there_is_none():
    table = Table("cap", ("a", "b"), ((Cell("`x`.pdf"), sentence("see `y`")),), 1)
    page = document(Text("run `ecg status` first"), table)
    coloured = render_terminal(page, colour=True)
    assert "run \x1b[1;36mecg status\x1b[0m first" in coloured and "see \x1b[1;36my\x1b[0m" in coloured
    assert "`x`.pdf" in coloured
    assert "run `ecg status` first" in render_terminal(page)


def test_a_file_is_a_link():
    table = Table("cap", ("file",), ((Cell("a.pdf", target="/srv/inbox/a b.pdf"),),), 1)
    shown = render_terminal(document(table, Link("rows", "/srv/q/rows.csv")), colour=True)
    assert (
        ";file:///srv/inbox/a%20b.pdf\x1b\\a.pdf" in shown and ";file:///srv/q/rows.csv\x1b\\/srv/q/rows.csv" in shown
    )


@pytest.mark.parametrize("width", [40, 80, 200])
def test_verdicts_and_numbers_stay_whole_at_any_width(make_decision_page, width):
    shown = render_terminal(make_decision_page("scar"), width=width)
    for whole in ("inconclusive", "pass", "0.805 to 0.865", "12,345"):
        assert whole in shown
    assert all(len(line) <= width for line in shown.splitlines() if "ecg promote" not in line)


def test_a_command_is_never_broken_into_lines():
    command = "ecg promote " + "long-word " * 30
    assert visible(command) in render_terminal(document(Command("do", command)), width=40)


def test_a_table_shows_its_first_rows_and_counts_them():
    table = Table("cap", ("a", "empty"), tuple((Cell(f"row {i}"), Cell("")) for i in range(50)), 1_934)
    shown = render_terminal(document(table))
    assert "row 19" in shown and "row 20" not in shown and "20 of 1,934 rows shown" in shown
    assert "empty" not in shown


def test_what_is_no_terminal_gets_neither_colour_nor_a_narrow_line(capsys):
    print_document(document(Callout("word " * 20 + "end", Tone.BAD)))
    assert "attention: " + "word " * 20 + "end" in capsys.readouterr().out
