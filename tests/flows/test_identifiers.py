"""Who a patient is, planted in every place of every input, is found in nothing that is stored, logged or shown.

Names of files and of columns, and days in columns of days, are shown as they stand (docs/inbox.md), so none is planted
there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.comments import Comment
from pdf2image import convert_from_path
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ecgcore.synth.drawing.draw import draw_report
from ecgcore.synth.drawing.layout import EcgFormat, Paper
from ecgcore.synth.drawing.page_header import Header
from ecgcore.synth.patient import draw_study
from ecgcore.synth.record import FS, draw_record
from tests.flows.commandline import Cli, Done
from tests.flows.test_leaks import _contents

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

FIRST, LAST, NUMBER, OTHER = "Zorbalix", "Quwemthor", "86420975", "75318642"
NAME, BORN, BORN_TOO = f"{FIRST} {LAST}", "1957-11-23", "23/11/1957"
PLANTED = (FIRST, LAST, NUMBER, OTHER, BORN, BORN_TOO, "23 Nov 1957", "2500-11-23")
WANTED = tuple(text.lower().encode() for text in PLANTED)
HEADER = "hn,file_name,ecg_date,cmr_date,scar_cad,lvef,age,smoke"
SAYS = "2018-03-04,2018-03-04"


@pytest.fixture(scope="module")
def inbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identifiers") / "inbox"
    (folder / "ecg").mkdir(parents=True)
    (folder / "cmr").mkdir()
    _reports(folder / "ecg")
    _tables(folder / "cmr")
    _workbook(folder / "cmr" / "book.xlsx")
    for place in ("ecg/broken.pdf", "ecg/notes.docx", "cmr/narrative.txt", "cmr/broken.xlsx"):
        (folder / place).write_text(f"%PDF-1.4 {place} {NAME} HN {NUMBER} born {BORN}\n", encoding="utf-8")
    return folder


def _reports(folder: Path) -> None:
    header = Header(NAME, NUMBER, datetime(2018, 3, 4, 9, 30), 61, True, 72)
    signals = draw_record(1, draw_study(1, 0)).signals
    draw_report(signals, FS, EcgFormat.OLD, Paper.A4, header, folder / "good.pdf")
    (folder / "good.pdf").write_bytes(_with_author((folder / "good.pdf").read_bytes()))
    (page,) = convert_from_path(folder / "good.pdf", dpi=300)
    chunks = PngInfo()
    chunks.add_text("Patient", f"{NAME} {NUMBER}")
    chunks.add_itxt("Born", BORN, zip=True)
    page.save(folder / "picture.png", pnginfo=chunks, dpi=(300, 300))
    exif = Image.Exif()
    exif[0x010E] = f"{NAME} {NUMBER} {BORN}"  # ImageDescription
    page.rotate(180).save(folder / "upside-down.jpg", exif=exif, comment=NAME.encode(), quality=95)


def _with_author(pdf: bytes) -> bytes:
    """Return the PDF with an incremental update: who wrote it, and about whom."""
    size, root = re.search(rb"/Size (\d+) /Root (\d+ 0 R)", pdf).groups()
    before = re.findall(rb"startxref\s+(\d+)", pdf)[-1]
    info = b"%s 0 obj\n<< /Author (%s) /Subject (HN %s) >>\nendobj\n" % (size, LAST.encode(), NUMBER.encode())
    table = b"xref\n%s 1\n%010d 00000 n \n" % (size, len(pdf))
    trailer = b"trailer\n<< /Size %d /Root %s /Info %s 0 R /Prev %s >>\n" % (int(size) + 1, root, size, before)
    return pdf + info + table + trailer + b"startxref\n%d\n%%%%EOF\n" % (len(pdf) + len(info))


def _tables(folder: Path) -> None:
    good = f"{HEADER},patient_name,born\n{NUMBER},good.pdf,{SAYS},0,60,61,0,{NAME},{BORN}\n"
    slipped = [
        f"{OTHER},none{n}.pdf,{SAYS}," + ",".join(text if place == n else "0" for place in range(4))
        for n in range(4)
        for text in (NAME, NUMBER, BORN, BORN_TOO, f"HN {NUMBER}", LAST)
    ]
    more = "split,ecg_format,pattern,entry,year,month,run_num,new_cut"
    everywhere = ",".join([f"{NAME} {NUMBER}"] * 8)
    texts = {
        "good": good,
        "slipped": "\n".join([HEADER, *slipped, ""]),
        "everywhere": f"{HEADER},{more}\n{OTHER},none.pdf,{SAYS},0,60,61,0,{everywhere}\n",
        "bad-number": f"{HEADER}\n{NAME},none.pdf,{SAYS},0,60,61,0\n",
        "no-header": f"{NUMBER},{NAME},{BORN},2018-03-04,0,60,61,0\n{NUMBER},{NAME},{BORN},2018-03-04,0,60,61,0\n",
        "ragged": f"{HEADER}\n{OTHER},none.pdf,{SAYS},0,60,61,0,{NAME},{BORN}\n",
        "cut-off": f"{HEADER}\n{OTHER},none.pdf,{SAYS},0,60,61,{LAST}",
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def _workbook(path: Path) -> None:
    book = Workbook()
    book.properties.creator = book.properties.title = NAME
    sheet = book.active
    sheet.title = NAME
    sheet.append(HEADER.split(","))
    sheet.append(
        [int(OTHER), "none.pdf", datetime(2018, 3, 4), datetime(2018, 3, 4), 0, NAME, datetime(1957, 11, 23), 0]
    )
    sheet["A2"].comment = Comment(f"{NAME}, {BORN}", NAME)
    book.create_sheet(f"HN {NUMBER}").append([NAME, BORN])
    book.save(path)


@pytest.fixture(scope="module")
def ingested_it(
    tmp_path_factory: pytest.TempPathFactory, embedded: Callable[[Path], Cli], inbox: Path
) -> tuple[Path, list[Done]]:
    """The home, and what three commands said."""
    cli = embedded(tmp_path_factory.mktemp("of-identifiers") / "home")
    return cli.home, [cli("ingest", inbox, "--json"), cli("ingest", inbox), cli("status")]


def _found(content: bytes) -> list[str]:
    low = content.lower()
    return [text.decode() for text in WANTED if text in low]


def _pictures(home: Path) -> Iterator[tuple[str, bytes]]:
    for path in home.rglob("*.png"):
        with Image.open(path) as image:
            yield path.name, path.read_bytes() + json.dumps({k: str(v) for k, v in image.info.items()}).encode()


def test_they_are_in_every_input(inbox: Path) -> None:
    plain = [path for path in inbox.rglob("*") if path.suffix in (".csv", ".txt", ".docx", ".jpg")]
    assert len(plain) == 10
    assert [path.name for path in plain if not _found(path.read_bytes())] == []


def test_nothing_under_home_holds_one(ingested_it: tuple[Path, list[Done]]) -> None:
    home, _ = ingested_it
    places = [*_contents(home), *_pictures(home)]
    assert {name.partition(":")[0] for name, _ in places} >= {"ledger.db", "prefect.db"}
    assert any(name.endswith(".png") for name, _ in places)
    assert any(name.endswith("rows.csv") for name, _ in places)
    assert [(name, hits) for name, content in places if (hits := _found(content))] == []


def test_nothing_that_was_said_holds_one(ingested_it: tuple[Path, list[Done]]) -> None:
    _, commands = ingested_it
    assert [done.code for done in commands] == [0, 0, 0]
    assert [hits for done in commands for text in (done.out, done.err) if (hits := _found(text.encode()))] == []
    summary = commands[0].json()
    assert summary["accepted"] >= 2 and summary["quarantined"] >= 8
