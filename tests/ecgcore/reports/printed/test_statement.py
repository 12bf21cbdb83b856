"""Pages that say of themselves that they are laid out otherwise: swapped leads, another speed, another gain."""

from __future__ import annotations

from datetime import date

import pytest

from ecgcore.reports.file.source import read_source
from ecgcore.reports.page.format import LEADS, known_formats
from ecgcore.reports.page.limits import DEFAULT_LIMITS
from ecgcore.reports.page.reason import RefusalError
from ecgcore.reports.printed.page_text import read_text
from ecgcore.reports.printed.statement import Stated, check_statements
from ecgcore.reports.report import read_page, read_report

CABRERA = ("aVL", "I", "-aVR", "II", "aVF", "III", *LEADS[6:])
FORMATS = {fmt.name: fmt for fmt in known_formats()}
NAMES = dict(zip(LEADS, LEADS, strict=True))


def pdf_of(paper, fmt, **style):
    return {"old": paper.old_pdf, "new": paper.new_pdf}[fmt](**style)


@pytest.mark.parametrize("page", ["letter", pytest.param("a4", marks=pytest.mark.slow)])
@pytest.mark.parametrize("fmt", ["old", "new"])
class TestPages:
    def test_the_usual_order_is_read(self, paper, written, fmt, page):
        header = ("HN: 12-345678", "12-Mar-2018", "25 mm/s  10 mm/mV  0.05-150 Hz")
        assert read_report(written(pdf_of(paper, fmt, page=page, header=header))).format.name == fmt

    def test_cabrera_order_is_refused(self, paper, written, fmt, page):
        with pytest.raises(RefusalError) as refused:
            read_report(written(pdf_of(paper, fmt, page=page, labels=CABRERA)))
        assert refused.value.reason == "wrong-leads"
        assert refused.value.value.startswith("aVL in the place of I, I in the place of II, -aVR in the place of III")

    def test_two_swapped_chest_leads_are_refused(self, paper, written, fmt, page):
        labels = (*LEADS[:6], "V2", "V1", *LEADS[8:])
        with pytest.raises(RefusalError, match="V2 in the place of V1, V1 in the place of V2"):
            read_report(written(pdf_of(paper, fmt, page=page, labels=labels)))

    def test_labels_in_other_words_or_none_at_all_say_nothing(self, paper, written, fmt, page):
        labels = ("", "lead", "D3", *LEADS[3:])
        assert read_report(written(pdf_of(paper, fmt, page=page, labels=labels))).format.name == fmt

    @pytest.mark.parametrize("words", ["50 mm/s 10 mm/mV", "25mm/sec, 20mm/mV", "25 mm/s 10/5 mm/mV"])
    def test_another_speed_or_gain_is_refused(self, paper, written, fmt, page, words):
        with pytest.raises(RefusalError) as refused:
            read_report(written(pdf_of(paper, fmt, page=page, header=("HN: 12-345678", words))))
        assert refused.value.reason == "wrong-scale"


TURNS = {
    "as it is": {},
    "90": {"rotate": 90},
    "180": {"rotate": 180, "flags": frozenset({"upright"})},
    "270": {"rotate": 270},
    "cropped": {"crop_box": (60, 60, 600, 500)},
    "cropped and turned": {"crop_box": (60, 60, 500, 600), "rotate": 90},
}
_SLOW_TURNS = {"180", "cropped and turned"}


@pytest.mark.parametrize("inherited", [False, True], ids=["own box", "inherited box"])
@pytest.mark.parametrize(
    "turn", [pytest.param(turn, marks=pytest.mark.slow) if turn in _SLOW_TURNS else turn for turn in TURNS]
)
class TestTurnedPages:
    """Poppler shows the whole MediaBox, wherever it is written and however it is turned."""

    @pytest.fixture(params=["old", "new"])
    def report(self, request, paper, written, turn, inherited):
        def make(**style):
            pdf = pdf_of(paper, request.param, **TURNS[turn], **style)
            return written(paper.with_media_box_inherited(pdf) if inherited else pdf)

        return make

    def test_the_usual_order_is_read(self, report):
        found = read_report(report())
        assert (found.printed.hn, found.printed.ecg_date) == ("12-345678", date(2018, 3, 12))

    def test_cabrera_order_is_refused(self, report):
        with pytest.raises(RefusalError, match=r"wrong-leads .aVL in the place of I, I in the place of II, -aVR in"):
            read_report(report(labels=CABRERA))


def test_a_page_that_pdfium_sees_in_another_size_says_nothing(paper, written):
    source = read_source(written(paper.old_pdf(labels=CABRERA)), DEFAULT_LIMITS)
    page = read_page(source.path).pixels
    assert read_text(source, page, DEFAULT_LIMITS).lead_names(FORMATS["old"])["I"] == "aVL"
    assert read_text(source, page[:2480], DEFAULT_LIMITS).lead_names(FORMATS["old"]) == {}


@pytest.mark.parametrize(
    "text", ["", "25 mm/s 10 mm/mV", "25,0 mm / s", "speed 25mm/sec limb 10.0 mm/mV chest 10mm/mV", "10/10 mm/mV",
             "axis 50 degrees", "125 mmHg", "5 mm", "rate 50 /min 25 mm/s", "1 mV = 10 mm", "2.5 cm/s", "Gain x1",
             "Available speeds: 5, 10, 25, 50 mm/s"],
)  # fmt: skip
def test_what_agrees_or_says_nothing_passes(text):
    check_statements("x.pdf", FORMATS["new"], text, NAMES)


@pytest.mark.parametrize(
    ("text", "said"),
    [("12.5 mm/s", "12.5 mm/s"), ("10/5 mm/mV", "10 and 5 mm/mV"), ("5/10mm/mV", "5 and 10 mm/mV"),
     ("100 MM/S", "100 mm/s"),
     ("1.5 mm/second", "1.5 mm/s"), ("50 mm/seg", "50 mm/s"), ("Limb 10 mm/mV, Chest 5 mm/mV", "10 and 5 mm/mV"),
     ("Gain x1/2", "5 mm/mV"), ("1 mV = 5 mm", "5 mm/mV"), ("50 mm/s, 25 mm/s printed", "50 and 25 mm/s")],
)  # fmt: skip
def test_what_disagrees_is_quoted(text, said):
    with pytest.raises(RefusalError, match=said):
        check_statements("x.pdf", FORMATS["old"], text, NAMES)


def test_what_a_page_says_rightly_is_verified():
    stated = check_statements("x.pdf", FORMATS["new"], "25 mm/s 10 mm/mV", NAMES)
    assert stated == Stated(speed=True, gain=True, leads=True)
    assert check_statements("x.pdf", FORMATS["new"], "25 mm/s", {}) == Stated(speed=True)
    some = NAMES | dict.fromkeys(("I", "II", "III"), "")
    assert check_statements("x.pdf", FORMATS["new"], "10 mm/mV  speeds: 25, 50 mm/s", some) == Stated(gain=True)


def test_one_odd_word_is_not_another_order():
    check_statements("x.pdf", FORMATS["old"], "", NAMES | {"V1": "V2"})
