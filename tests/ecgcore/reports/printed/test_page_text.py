"""What is read of a page's text: what a person sees, in the order of reading, whichever way the page is stored."""

from __future__ import annotations

import pytest

from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.printed.page_text import PageText, read_text
from ecgcore.reports.report import read_page

TURNS = {"0": {}, "90": {"rotate": 90}, "180": {"rotate": 180, "flags": frozenset({"upright"})}, "270": {"rotate": 270}}
HEADERS = {
    "number first": [(120, 150, "HN: 9300013"), (120, 205, "14-Mar-2018"), (120, 260, "25 mm/s  10 mm/mV")],
    "number second": [(120, 150, "Age 60 years"), (120, 205, "HN: 9300013"), (120, 260, "14-Mar-2018")],
    "narrow": [(120, 150, "Male 60 years"), (120, 192, "ID: 9300013"), (120, 234, "50 mm/s")],
    "last line first": [(120, 260, "25 mm/s"), (120, 205, "14-Mar-2018"), (120, 150, "HN: 9300013")],
    "side by side": [(1900, 150, "25 mm/s"), (120, 150, "HN: 9300013"), (1000, 150, "14-Mar-2018")],
    "label and number apart": [(240, 150, "9300013"), (120, 150, "HN:"), (120, 205, "14-Mar-2018")],
    "many lines": [(120, 150 + 45 * i, f"line {i}") for i in range(12)],
}
READ = {
    "number first": "HN: 9300013\n14-Mar-2018\n25 mm/s 10 mm/mV\n",
    "number second": "Age 60 years\nHN: 9300013\n14-Mar-2018\n",
    "narrow": "Male 60 years\nID: 9300013\n50 mm/s\n",
    "last line first": "HN: 9300013\n14-Mar-2018\n25 mm/s\n",
    "side by side": "HN: 9300013\n14-Mar-2018\n25 mm/s\n",
    "label and number apart": "HN: 9300013\n14-Mar-2018\n",
    "many lines": "".join(f"line {i}\n" for i in range(12)),
}


@pytest.fixture
def text_of(written):
    def read(pdf: bytes) -> PageText:
        path = written(pdf)
        return read_text(read_source(path, DEFAULT_LIMITS), read_page(path).pixels, DEFAULT_LIMITS)

    return read


@pytest.fixture(params=["0", "90", pytest.param("180", marks=pytest.mark.slow), "270"])
def turn(request):
    return request.param


def header(lines):
    def paint(pen):
        for x, y, words in lines:
            pen.text(x, y, words, 36)

    return paint


@pytest.mark.parametrize("name", HEADERS)
def test_lines_are_read_as_they_are_seen(paper, text_of, turn, name):
    pdf = paper.page_of(header(HEADERS[name]), **TURNS[turn])
    assert text_of(pdf).text == READ[name]


LAYER_OFF = {
    "objects": (b"<< /Type /OCG /Name (template) >>",),
    "resources": b"/Properties << /OC1 @0 >> ",
    "root": b"/OCProperties << /OCGs [ @0 ] /D << /OFF [ @0 ] /Order [ @0 ] >> >> ",
}
LAYER_ON = LAYER_OFF | {"root": b"/OCProperties << /OCGs [ @0 ] /D << /ON [ @0 ] /Order [ @0 ] >> >> "}
WORDS = b"(HN: 8888887  50 mm/s) Tj ET"
AT = b"BT /F1 9 Tf 300 20 Td "
UNSEEN = {
    "invisible": {"content": b"BT 3 Tr /F1 9 Tf 300 20 Td " + WORDS},
    "only clipping": {"content": b"q BT 7 Tr /F1 9 Tf 300 20 Td " + WORDS + b" Q"},
    "white": {"content": b"1 1 1 rg " + AT + WORDS},
    "layer off": {"content": b"/OC /OC1 BDC " + AT + WORDS + b" EMC", **LAYER_OFF},
    "layer off over other text": {
        "content": b"/OC /OC1 BDC BT /F1 8.64 Tf 28.8 574 Td " + WORDS + b" EMC",
        **LAYER_OFF,
    },
    "beside the page": {"content": b"BT /F1 9 Tf 900 20 Td " + WORDS},
    "clipped away": {"content": b"q 0 0 10 10 re W n " + AT + WORDS + b" Q"},
    "covered": {"content": AT + WORDS + b" 1 1 1 rg 290 10 200 30 re f"},
    "covered by other words": {
        "content": AT + WORDS + b" 1 1 1 rg 290 10 200 30 re f 0 g " + AT + b"(signed by) Tj ET"
    },
}
SEEN = {
    "black": {"content": AT + WORDS},
    "grey": {"content": b"0.6 g " + AT + WORDS},
    "red": {"content": b"1 0 0 rg " + AT + WORDS},
    "white on black": {"content": b"0 g 290 10 200 30 re f 1 1 1 rg " + AT + WORDS},
    "filled and stroked": {"content": b"0.2 w 2 Tr " + AT + WORDS},
    "layer on": {"content": b"/OC /OC1 BDC " + AT + WORDS + b" EMC", **LAYER_ON},
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_nobody_sees_is_not_read(paper, text_of, amend, turn, kind):
    plain = paper.page_of(header(HEADERS["number first"]), **TURNS[turn])
    read = text_of(amend.amended(plain, **UNSEEN[kind]))
    assert read.text == READ["number first"] + ("signed by\n" if kind == "covered by other words" else "")
    assert not read.unread


@pytest.mark.parametrize("kind", SEEN)
def test_what_is_seen_is_read(paper, text_of, amend, turn, kind):
    plain = paper.page_of(header(HEADERS["number first"]), **TURNS[turn])
    assert text_of(amend.amended(plain, **SEEN[kind])).text == READ["number first"] + "HN: 8888887 50 mm/s\n"


def test_text_that_a_machine_read_from_a_scan_is_not_the_pages_own(paper, text_of, amend):
    plain = paper.page_of(lambda pen: pen.line([200, 900], [300, 300], 9))
    read = text_of(amend.amended(plain, **UNSEEN["invisible"]))
    assert (read.text, read.unread) == ("", True)


BOXES = {"0": "20 500 320 520", "90": "92 20 112 320", "180": "472 92 772 112", "270": "500 472 520 772"}
MATRICES = {"0": "1 0 0 1 0 0", "90": "0 1 -1 0 0 0", "180": "-1 0 0 -1 0 0", "270": "0 -1 1 0 0 0"}
FIELD = b"/Subtype /Widget /FT /Tx /T (hn) /F 4 /DA (/Helv 10 Tf 0 g) "
SAYS = b"BT /F1 10 Tf 0 g 2 5 Td (HN: 8888888) Tj ET"
SHOWN = {
    "field": (FIELD + b"/V (HN: 8888888) /AP << /N @0 >>", 0),
    "typed by a reader": (b"/Subtype /FreeText /F 4 /Contents (HN: 8888888) /DA (/Helv 10 Tf) /AP << /N @0 >>", 1),
    "stamp that is not printed": (b"/Subtype /Stamp /AP << /N @0 >>", 1),
    "watermark": (b"/Subtype /Watermark /F 4 /AP << /N @0 >>", 1),
    "on a layer that is off, which pdfium shows": (b"/Subtype /Stamp /F 4 /OC @1 /AP << /N @0 >>", 1),
}
NOT_SHOWN = {
    "hidden": b"/Subtype /Stamp /F 2 /AP << /N @0 >>",
    "for print only": b"/Subtype /Stamp /F 36 /AP << /N @0 >>",
    "pop-up": b"/Subtype /Popup /Contents (HN: 8888888)",
    "link": b"/Subtype /Link /Border [0 0 0] /AP << /N @0 >>",
}


def with_annotation(paper, amend, body: bytes, turn: str) -> bytes:
    plain = paper.page_of(header(HEADERS["number second"][:1]), **TURNS[turn])
    form = amend.appearance(SAYS, 300, 20, MATRICES[turn])
    rect = b"/Rect [%s] " % BOXES[turn].encode()
    layers = b"/OCProperties << /OCGs [ @1 ] /D << /OFF [ @1 ] >> >> "
    return amend.amended(
        plain, annotations=(rect + body,), objects=(form, LAYER_OFF["objects"][0]),
        root=layers + (b"/AcroForm << /Fields [ ] >> " if b"Widget" in body else b""),
    )  # fmt: skip


@pytest.mark.parametrize("kind", SHOWN)
def test_what_lies_on_the_page_is_read(paper, text_of, amend, turn, kind):
    body, marks = SHOWN[kind]
    read = text_of(with_annotation(paper, amend, body, turn))
    assert (read.text, read.marks) == ("Age 60 years\nHN: 8888888\n", marks)


@pytest.mark.parametrize("kind", NOT_SHOWN)
def test_what_lies_on_the_page_unseen_is_not_read(paper, text_of, amend, kind):
    read = text_of(with_annotation(paper, amend, NOT_SHOWN[kind], "0"))
    assert (read.text, read.marks) == ("Age 60 years\n", 0)


def test_a_note_without_an_appearance_says_its_text(paper, text_of, amend):
    plain = paper.page_of(header(HEADERS["number second"][:1]))
    rect = b"/Rect [20 500 320 520] "
    note = rect + b"/Subtype /FreeText /F 4 /Contents (HN: 8888888) /DA (/Helv 10 Tf)"
    assert text_of(amend.amended(plain, annotations=(note,))).text == "Age 60 years\nHN: 8888888\n"
