"""Cautions of pages in the ledger, and what a split policy does with what is unverified."""

from __future__ import annotations

from dataclasses import replace

from ecgcore.data.split import Split
from ecgcore.ledger.decide.split import Unplaced, assign
from ecgcore.ledger.decide.split_policy import study_policy
from ecgcore.ledger.decide.state import FileKind
from ecgcore.ledger.ingest.ingest_batch import IngestBatch, PageFacts, SourceFile
from ecgcore.ledger.ingest.page_caution import cautions_of_files, unverified_files
from ecgcore.reports.page.reason import Caution


def picture(sha256: str, *cautions: Caution, **details: str) -> SourceFile:
    known = {Caution(name.replace("_", "-")): text for name, text in details.items()}
    page = PageFacts("new", sha256, f"{sha256}.png", cautions=cautions, details=known)
    return SourceFile(f"ecg/{sha256[0]}.png", sha256, 10, FileKind.ECG, page)


def test_a_page_keeps_its_cautions_with_their_details(ledger):
    flat = picture("a" * 64, Caution.FLAT_LEAD, Caution.DAY_UNVERIFIED, flat_lead="V3")
    grid = picture("b" * 64, Caution.GRID_BY_COLOUR)
    ledger.record_batch(IngestBatch("one", [flat, grid, picture("c" * 64)]))
    with ledger.reading() as connection:
        kept = cautions_of_files(connection, ["a" * 64, "b" * 64, "c" * 64])
        assert kept == {"a" * 64: {"flat-lead": "V3", "day-unverified": ""}, "b" * 64: {"grid-by-colour": ""}}
        assert unverified_files(connection, kept) == {"a" * 64}


def test_a_policy_keeps_unverified_pages_out_of_test_sets_whether_locked_or_not():
    sure, unsure = Unplaced("S1", "P1", 2016, "old"), Unplaced("S2", "P2", 2016, "old", unverified=True)
    trained = Unplaced("S3", "P3", 2012, "old", unverified=True)
    strict = replace(study_policy(), unverified_pages=False)
    allowed = assign([sure, unsure, trained], {}, frozenset(), study_policy())
    assert {name: place.split for name, place in allowed.items()} == {
        "S1": Split.TEST, "S2": Split.TEST, "S3": Split.TRAIN
    }  # fmt: skip
    for locked in (frozenset(), frozenset({"old"})):
        places = assign([unsure, trained], {}, locked, strict)
        assert (places["S2"].split, places["S2"].finding.rule) == (None, "unverified-page")
        assert places["S3"].split is Split.TRAIN
    assert assign([sure], {}, frozenset(), strict)["S1"].test_set == "old"
