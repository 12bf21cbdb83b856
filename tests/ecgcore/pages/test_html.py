"""HTML: self-contained, well-formed, and hostile text stays text."""

from __future__ import annotations

import io
import re
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as Picture

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
    digest,
    sentence,
    visible,
)
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
FOLDER = Path("/srv/ecg/pages")
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


TAGS = {
    "html", "head", "meta", "title", "style", "body", "main", "header", "h1", "h2", "p", "nav", "ul", "li", "a",
    "section", "div", "table", "caption", "thead", "tbody", "tr", "th", "td", "abbr", "pre", "figure", "img",
    "figcaption", "details", "summary", "code",
}  # fmt: skip
ATTRIBUTES = {
    ("html", "lang"), ("meta", "charset"), ("meta", "http-equiv"), ("meta", "content"), ("meta", "name"),
    ("p", "class"), ("p", "role"), ("nav", "aria-label"), ("a", "href"), ("section", "id"), ("div", "class"),
    ("th", "scope"), ("th", "class"), ("td", "class"), ("td", "data-column"), ("abbr", "title"), ("pre", "title"),
    ("figure", "class"), ("img", "alt"), ("img", "src"),
}  # fmt: skip


@given(hostile)
@settings(max_examples=25, deadline=None)
def test_hostile_text_never_becomes_markup(all_pages, text):
    for page in all_pages(text):
        found = read(render_html(page, FOLDER))
        assert found.tags <= TAGS
        assert {(t, n) for t, n, _ in found.attributes} <= ATTRIBUTES
        for tag, name, value in found.attributes:
            if name == "src":
                assert tag == "img" and value.startswith("data:image/png;base64,")
            if name == "href":
                address = urlsplit(value)
                assert tag == "a" and not address.scheme and not address.netloc and not address.path.startswith("/")


@pytest.mark.parametrize("attack", [a for a in ATTACKS if set(a) & set("<>\"'")])
def test_attacks_never_appear_raw(all_pages, attack):
    for page in all_pages(attack):
        assert attack not in render_html(page)


@given(hostile)
@settings(max_examples=60, deadline=None)
def test_readers_see_the_text_itself(text):
    cell = Table("c", ("a",), ((Cell(text),),), 1)
    shown = [" ".join("".join(read(render_html(_page(block))).text).split()) for block in (cell, Text(text))]
    assert visible(text) in shown[0]
    assert visible(text).replace("`", "") in shown[1].replace("`", "")


def _page(*blocks):
    return Document("t", "s", (Section("h", blocks),))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("then `ecg promote 3` it", "then <code>ecg promote 3</code> it"),
        ("`<b>` & `a`", "<code>&lt;b&gt;</code> &amp; <code>a</code>"),
        ("a ` b, `` c ``, ` d `, `e", "a ` b, `` c ``, ` d `, `e"),
    ],
)
def test_what_one_types_is_code_in_our_sentences_and_nowhere_else(text, expected):
    table = Table(text, ("a", "b"), ((Cell(text), sentence(text)),), 1)
    html = render_html(_page(Text(text), Callout(text, Tone.BAD), Command(text, text), Link(text, text), table))
    literal = escape(text, quote=False)
    assert f"<p>{expected}</p>" in html and f'role="note">{expected}</p>' in html and f": {literal}</p>" in html
    assert f"<caption>{expected}</caption>" in html and f'<td data-column="b">{expected}</td>' in html
    assert f'<td data-column="a">{literal}</td>' in html and f'all of it">{literal}</pre>' in html


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
    row = (Cell("x", Tone.BAD), Cell("1", numeric=True), Cell("a.pdf", target="/srv/ecg/inbox/a b.pdf"))
    table = Table("cap", ("a", "b", "f"), (row,), total_rows=3)
    blocks = (Text("p"), Callout("c", Tone.GOOD), table, Command("do", "ls <a>"), Link("rows", "/srv/ecg/q/rows.csv"))
    html = render_html(Document("t", "s", (Section("h", blocks),)), FOLDER)
    body = html.split("</header>\n")[1].split("</main>")[0]
    assert body == (
        '<section id="section-1">\n<h2>h</h2>\n<p>p</p>\n'
        '<p class="callout good" role="note">c</p>\n'
        '<div class="scroll"><table>\n<caption>cap</caption>\n'
        '<thead><tr><th scope="col">a</th><th scope="col" class="numeric">b</th><th scope="col">f</th></tr></thead>\n'
        '<tbody>\n<tr><td data-column="a" class="bad">x</td><td data-column="b" class="numeric">1</td>'
        '<td data-column="f"><a href="../inbox/a%20b.pdf">a.pdf</a></td></tr>\n</tbody>\n</table></div>\n'
        '<p class="shown">1 of 3 rows shown</p>\n'
        '<p>do</p>\n<pre title="one click selects all of it">ls &lt;a&gt;</pre>\n'
        '<p>rows: <a href="../q/rows.csv">/srv/ecg/q/rows.csv</a></p>\n</section>\n'
    )


def test_a_page_that_knows_no_folder_names_its_files_and_leads_nowhere(all_pages):
    page = Document("t", "s", (Section("h", (Link("rows", "q/rows.csv"),)),))
    assert "<p>rows: q/rows.csv</p>" in render_html(page)
    assert not any(name == "href" and not value.startswith("#") for name, value in _attributes(all_pages("x")))


def _attributes(pages):
    return [(name, value) for page in pages for _, name, value in read(render_html(page)).attributes]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1).map(lambda t: "n" + t))
@settings(max_examples=60, deadline=None)
def test_a_relative_link_leads_back_to_its_file(name):
    page = Document("t", "s", (Section("h", (Link("it", f"/srv/ecg/inbox/{name}"),)),))
    (href,) = (value for _, attribute, value in read(render_html(page, FOLDER)).attributes if attribute == "href")
    assert (FOLDER / unquote(href)).resolve() == Path(f"/srv/ecg/inbox/{name}").resolve()


def test_a_long_page_starts_with_its_contents_and_folds_its_long_tables():
    def page(sections, rows):
        table = Table("cap", ("a",), ((Cell("x"),),) * rows, rows)
        return read(render_html(Document("t", "s", (Section("h", (table,)),) * sections)))

    assert [v for t, n, v in page(4, 26).attributes if (t, n) == ("a", "href")] == [
        f"#section-{i}" for i in (1, 2, 3, 4)
    ]
    assert "details" in page(4, 26).tags and "cap (26 rows)" in "".join(page(4, 26).text)
    assert "nav" not in page(3, 25).tags and "details" not in page(3, 25).tags


def test_a_shortened_hash_keeps_the_whole_behind_it():
    sha256 = "ab" * 32
    table = Table("cap", ("sha256",), ((digest(sha256),),), 1)
    html = render_html(Document("t", "s", (Section("h", (table,)),)))
    assert f'<abbr title="{sha256}">abababababab</abbr>' in html
    assert digest("short") == Cell("short")


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
