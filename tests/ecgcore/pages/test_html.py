"""HTML: self-contained, well-formed, and hostile text stays text."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

from ecgcore.pages.document import Callout, Cell, Command, Document, Image, Section, Table, Text, Tone, visible
from ecgcore.pages.html import render_html

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</title><script>",
    "</style><b>",
    "-->&lt;<!--",
    "javascript:alert(1)",
]
hostile = st.one_of(
    st.sampled_from(ATTACKS), st.text(min_size=1), st.text(alphabet="<>&\"'`/=", min_size=1, max_size=30)
)


class Reader(HTMLParser):
    """Collects tags, attributes and the text of everything but the style; fails on unbalanced tags."""

    VOID = ("meta", "img")

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@given(hostile)
@settings(max_examples=60, deadline=None)
def test_hostile_text_never_becomes_markup(all_pages, text):
    for page in all_pages(text):
        found, harmless = read(render_html(page)), read(render_html(all_pages("x")[0]))
        assert found.tags <= harmless.tags
        assert {(t, n) for t, n, _ in found.attributes} <= {(t, n) for t, n, _ in harmless.attributes}
        for tag, name, value in found.attributes:
            if name in ("src", "href"):
                assert (tag, name) == ("img", "src")
                assert value.startswith("data:image/png;base64,")


@pytest.mark.parametrize("attack", [a for a in ATTACKS if set(a) & set("<>\"'")])
def test_attacks_never_appear_raw(all_pages, attack):
    for page in all_pages(attack):
        assert attack not in render_html(page)


@given(hostile)
@settings(max_examples=60, deadline=None)
def test_readers_see_the_text_itself(text):
    page = Document("t", "s", (Section("h", (Text(text),)),))
    assert visible(text) in " ".join("".join(read(render_html(page)).text).split())


def test_nothing_is_loaded_from_elsewhere(all_pages):
    for page in all_pages("x"):
        html = re.sub(r"base64,[A-Za-z0-9+/=]+", "", render_html(page))
        assert not re.search(r"https?://|//\w|<script|<link|<iframe|@import|url\(", html)
        assert "default-src 'none'" in html


def test_it_says_its_language_and_describes_images_and_headers(make_decision_page):
    reader = read(render_html(make_decision_page("ภาษาไทย")))
    assert ("html", "lang", "en") in reader.attributes
    assert ("img", "alt", "ภาษาไทย") in reader.attributes
    assert ("th", "scope", "col") in reader.attributes
    assert "caption" in reader.tags


def test_every_block_exactly():
    table = Table("cap", ("a", "b"), ((Cell("x", Tone.BAD), Cell("1", numeric=True)),), total_rows=3)
    page = Document("t", "s", (Section("h", (Text("p"), Callout("c", Tone.GOOD), table, Command("do", "ls <a>"))),))
    body = render_html(page).split("</header>\n")[1].split("</main>")[0]
    assert body == (
        "<section>\n<h2>h</h2>\n<p>p</p>\n"
        '<p class="callout good" role="note">c</p>\n'
        '<div class="scroll"><table>\n<caption>cap</caption>\n'
        '<thead><tr><th scope="col">a</th><th scope="col" class="numeric">b</th></tr></thead>\n'
        '<tbody>\n<tr><td class="bad">x</td><td class="numeric">1</td></tr>\n</tbody>\n</table></div>\n'
        '<p class="shown">1 of 3 rows shown</p>\n'
        "<p>do</p>\n<pre>ls &lt;a&gt;</pre>\n</section>\n"
    )


def test_it_can_be_written_as_utf8_whatever_the_text(all_pages):
    for page in all_pages("\ud800\u202e\x00\x1b[31m"):
        html = render_html(page).encode("utf-8").decode("utf-8")
        assert not set(html) & set("\u202e\x00\x1b")


@pytest.mark.parametrize(("width", "kind"), [(800, ' class="narrow"'), (1300, "")])
def test_a_figure_of_several_panels_gets_the_whole_width(width, kind):
    buffer = io.BytesIO()
    Picture.new("RGB", (width, 20), "white").save(buffer, format="PNG")
    page = Document("t", "s", (Section("a", (Image(buffer.getvalue(), "a plot"),)),))
    assert f"<figure{kind}><img" in render_html(page)
