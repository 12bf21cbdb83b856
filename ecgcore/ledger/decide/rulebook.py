"""The rules that pairing and splitting enforce: their names and what the data steward does next."""

from __future__ import annotations

from dataclasses import dataclass

from ecgcore.ledger.decide.finding import Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A named rule with its standing advice."""

    name: str
    hint: str

    def found(self, value: str) -> Finding:
        """Return the finding that `value` breaks this rule."""
        return Finding(self.name, value, self.hint)


NO_ROW = Rule("label-row-missing", "send the CMR table that names this ECG")
NO_FILE = Rule("ecg-file-missing", "send the ECG file of this name, or correct file_name")
OTHER_MONTH = Rule(
    "ecg-file-of-other-month", "send the ECG of the row's month, or correct year and month, or move the file's folder"
)
OTHER_PATIENT = Rule("ecg-file-of-other-study", "the ECG of this name belongs to another row; send the right ECG file")
BAD_PAGE = Rule("ecg-page-refused", "send a readable report under the same path")
AMBIGUOUS = Rule(
    "ambiguous-file-name", "give the folder in file_name, or year and month, or run_num, so that one ECG file is left"
)
UNIDENTIFIED = Rule("study-identified", "give hn and the dates of the ECG and the CMR")
SAME_DAY = Rule("same-day-pair", "give the ECG of the day of the CMR, or correct the dates")
PAGE_AGREES = Rule(
    "page-agrees-with-table", "compare the printed hospital number and date with the row; correct the row or the file"
)
ONE_STUDY_PER_ECG = Rule("one-study-per-ecg", "rows of different studies name this ECG; keep the right row only")
ONE_ECG_PER_STUDY = Rule("one-ecg-per-study", "several ECGs are named for one patient and day; keep the right row only")
ONE_STUDY_PER_PICTURE = Rule(
    "one-study-per-picture", "the same tracing is sent for different studies; find whose it is and correct the rows"
)
SOURCES_AGREE = Rule(
    "sources-agree", "rows of one study differ in these columns; send one corrected row with its entry"
)
CHANGED = Rule("changed-while-read", "wait until the file is complete, then ingest again")
REPLACED = Rule("superseded", "nothing to do: a corrected row or file took its place")
SAME_CONTENT = Rule("same-content", "nothing to do: this content is known already")
TEST_PATIENT = Rule("test-patient", "nothing to do: test patients get no further studies")
ONE_SPLIT = Rule("patient-in-one-split", "nothing to do: the patient's other studies are in another split")

DECIDED_ANEW = frozenset({PAGE_AGREES.name})
"""Rules of validation that pairing decides anew: validation sees only the pages at hand, and the right one may come."""
