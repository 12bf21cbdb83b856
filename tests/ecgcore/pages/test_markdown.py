"""Markdown: tables keep their shape and hostile text stays text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.pages.document import Callout, Cell, Command, Document, Image, Link, Section, Table, Text, Tone
from ecgcore.pages.markdown import render_markdown

hostile = st.one_of(
    st.sampled_from(
        ["<script>x</script>", "a|b", "[x](javascript:1)", "![x](http://e.x/p.png)", "`` ` ``", "# h", "1. x", "- x"]
    ),
    st.text(min_size=1),
    st.text(alphabet="<>|`*_[]()#!\\&~\n- 1.", min_size=1, max_size=30),
)


def outside_fences(markdown):
    return re.sub(r"(?m)^(`{3,})\n.*\n\1$", "", markdown)


@given(hostile)
@settings(max_examples=80, deadline=None)
def test_no_markup_comes_from_the_text(all_pages, text):
    for page in all_pages(text):
        markdown = outside_fences(render_markdown(page))
        assert "<" not in markdown
        without_code = re.sub(r"(?<![\\`])`[^`<>&|\[\]~$\\]+`(?!`)", "", markdown.replace("\\\\", ""))
        assert not re.search(r"(?<!\\)[\[\]`~$]", without_code)
        assert "://" not in markdown


@given(hostile)
@settings(max_examples=80, deadline=None)
def test_tables_keep_their_columns(text):
    table = Table(text, (text, "b"), ((Cell(text), Cell("1")),), total_rows=1)
    lines = render_markdown(Document("t", "s", (Section("h", (table,)),))).splitlines()
    rows = [line for line in lines if re.match(r"\|", line)]
    assert [len(re.findall(r"(?<!\\)\|", row.replace("\\\\", ""))) for row in rows] == [3, 3, 3]


@given(hostile)
@settings(max_examples=80, deadline=None)
def test_a_command_stays_inside_its_fence(text):
    page = Document("t", "s", (Section("h", (Command("do", text), Text("after"))),))
    assert outside_fences(render_markdown(page)).endswith("do\n\n\n\nafter\n\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# x", "\\# x"),
        ("1. x", "&#49;. x"),
        ("- x", "\\- x"),
        ("0.838 of 895", "&#48;.838 of 895"),
        ("12 files", "12 files"),
        ("a_b*c", "a\\_b\\*c"),
        ("http://a.b", "http:\\//a.b"),
        ("AT&T <b>", "AT&amp;T &lt;b&gt;"),
        ("then `ecg promote my_model`", "then `ecg promote my_model`"),
        ("`<b>`, `a|b`", "\\`&lt;b&gt;\\`, \\`a\\|b\\`"),
    ],
)
def test_paragraphs_exactly(text, expected):
    assert render_markdown(Document("t", "s", (Section("h", (Text(text),)),))) == f"# t\n\ns\n\n## h\n\n{expected}\n\n"


def test_every_block_exactly():
    table = Table("cap", ("a", "b"), ((Cell("x|y"), Cell("0.838")),), total_rows=3)
    blocks = (Callout("c", Tone.BAD), table, Command("do", "ls"), Link("rows", "q/rows.csv"), Image(b"", "a plot"))
    assert render_markdown(Document("t", "s", (Section("h", blocks),))) == (
        "# t\n\ns\n\n## h\n\n> **Attention:** c\n\n"
        "cap\n\n| a | b |\n| --- | --- |\n| x\\|y | 0.838 |\n\n1 of 3 rows shown\n\n"
        "do\n\n```\nls\n```\n\nrows\n\n```\nq/rows.csv\n```\n\nFigure in the HTML page: a plot\n\n"
    )
