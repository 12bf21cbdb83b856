"""From readers and validation to the ledger's words."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from ecgcore.cmr.rules.finding import Effect, Finding
from ecgcore.cmr.rules.validation_report import RowFailure
from ecgcore.ledger.ingest.assembly import join_formats, page_of, row_faults
from ecgcore.ledger.ingest.ingest_batch import PageFacts
from ecgcore.reports.batch.result import ReadResult
from ecgcore.reports.page.reason import Caution, Reason

GOOD = ReadResult(
    Path("a.pdf"), "f" * 64, 1, True, ecg_format="old", image_sha256="a" * 64, image_path=Path("aa/x.png")
)


def failure(rule: str, effect: Effect) -> RowFailure:
    return RowFailure("t:2", rule, "c", "v", "h", effect)


def test_a_good_page_becomes_facts():
    assert page_of(GOOD) == PageFacts("old", "a" * 64, "aa/x.png", None, None)


def test_a_page_keeps_what_is_unusual_about_it():
    cautions = (Caution.GRID_BY_COLOUR, Caution.TRACE_LEAVES_BOX)
    assert page_of(replace(GOOD, cautions=cautions)).cautions == cautions


def test_a_refused_page_keeps_rule_value_and_hint():
    refused = ReadResult(Path("a.pdf"), "f" * 64, 1, False, Reason.BLANK_PAGE, "white", "send it again")
    assert page_of(refused) == Finding("blank-page", "white", "send it again")


def test_a_page_with_two_hospital_numbers_is_not_used():
    assert page_of(replace(GOOD, hn_ambiguous=True)).rule == "ambiguous-hospital-number"


@pytest.mark.parametrize(
    ("effects", "wanted"),
    [
        ([Effect.EXCLUDE, Effect.QUARANTINE], Effect.QUARANTINE),
        ([Effect.QUARANTINE, Effect.EXCLUDE], Effect.QUARANTINE),
        ([Effect.WARN, Effect.EXCLUDE], Effect.EXCLUDE),
    ],
)
def test_quarantine_outweighs_exclusion(effects, wanted):
    assert row_faults([failure(str(e), e) for e in effects])["t:2"].effect is wanted


def test_warnings_and_duplicates_are_no_faults():
    assert row_faults([failure("a", Effect.WARN), failure("b", Effect.DUPLICATE)]) == {}


def test_pages_join_by_name_only_where_the_name_is_unique():
    rows = pd.DataFrame({"file_name": ["A.PDF", "twice.pdf", None]})
    page = PageFacts("old", "a" * 64, "x", "P1", date(2020, 1, 2))
    joined = join_formats(rows, [("ecg/a.pdf", page), ("ecg/1/twice.pdf", page), ("ecg/2/twice.pdf", page)])
    assert joined["page_format"].tolist() == ["old", pd.NA, pd.NA]
