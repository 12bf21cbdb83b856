"""Every rule that files and label rows are held to, once: its name, what breaking it does, and the next step.

Three sorts: what a page must be (:mod:`ecgcore.reports.page.reason`), what one row of a label table must be
(:mod:`ecgcore.cmr.rules.label_rules`), and, declared here, what files and rows must be together.
"""

from __future__ import annotations

from ecgcore.cmr.rules import label_rules
from ecgcore.cmr.rules.finding import Effect
from ecgcore.cmr.rules.rule import Rule
from ecgcore.reports.page.reason import HINTS, Reason

# a file by itself
KNOWN_KIND = Rule(
    "known-kind",
    Effect.QUARANTINE,
    "put ECG reports (pdf, png, jpg) into ecg/ and label tables (xlsx, csv) directly into cmr/",
)
NARRATIVE_REPORT = Rule(
    "narrative-report",
    Effect.QUARANTINE,
    "enter the result of this CMR report in a label table (XLSX or CSV) and drop that into the cmr folder",
)
TABLE_REJECTED = Rule("table-rejected", Effect.REJECT, "correct the table and drop it into the inbox again")
ONE_PATIENT_PER_PAGE = Rule(
    "ambiguous-hospital-number",
    Effect.QUARANTINE,
    "find out whose ECG this is, and submit the page of one patient",
)
CHANGED = Rule("changed-while-read", Effect.QUARANTINE, "wait until the file is complete, then ingest again")
REPLACED = Rule("superseded", Effect.DUPLICATE, "nothing to do: a corrected row or file took its place")
SAME_CONTENT = Rule("same-content", Effect.DUPLICATE, "nothing to do: this content is known already")
SPLIT = Rule(
    "split-into-pages",
    Effect.DUPLICATE,
    "nothing to do: each of its pages is a report of its own, shown as FILE.pdf#page=N",
)
ROWS = Rule("rows", Effect.WARN, "see the table's rows")

# an ECG and the row that names it
NO_ROW = Rule("label-row-missing", Effect.WAIT, "send the CMR table that names this ECG")
NO_FILE = Rule("ecg-file-missing", Effect.WAIT, "send the ECG file of this name, or correct file_name")
OTHER_MONTH = Rule(
    "ecg-file-of-other-month",
    Effect.WAIT,
    "send the ECG of the row's month, or correct year and month, or move the file's folder",
)
OTHER_PATIENT = Rule(
    "ecg-file-of-other-study",
    Effect.WAIT,
    "the ECG of this name belongs to another row; send the right ECG file",
)
BAD_PAGE = Rule("ecg-page-refused", Effect.WAIT, "send a readable report under the same path")
AMBIGUOUS = Rule(
    "ambiguous-file-name",
    Effect.QUARANTINE,
    "give the folder, or the page (FILE.pdf#page=2), in file_name, or year and month, or run_num, so that one is left",
)
PAGE_AGREES = Rule(
    "page-agrees-with-table",
    Effect.QUARANTINE,
    "check whose ECG the file is and when it was taken; correct hn, ecg_date or file_name, or send the right file",
)

# several rows
ONE_STUDY_PER_ECG = Rule(
    "one-study-per-ecg", Effect.QUARANTINE, "rows of different studies name this ECG; keep the right row only"
)
ONE_ECG_PER_STUDY = Rule(
    "one-ecg-per-study",
    Effect.QUARANTINE,
    "several ECGs are named for one patient and day; keep the row of the ECG taken before the CMR and set new_cut to 1 "
    "in the others",
)
ONE_STUDY_PER_PICTURE = Rule(
    "one-study-per-picture",
    Effect.QUARANTINE,
    "the same tracing is sent for different studies; find whose it is and correct the rows",
)
SOURCES_AGREE = Rule(
    "sources-agree",
    Effect.QUARANTINE,
    "rows of one study differ in these columns; look the CMR report up and send one corrected row with its entry",
)

# the patient's place in the cohort
TEST_PATIENT = Rule("test-patient", Effect.EXCLUDE, "nothing to do: test patients get no further studies")
ONE_SPLIT = Rule(
    "patient-in-one-split", Effect.EXCLUDE, "nothing to do: the patient's other studies are in another split"
)
UNVERIFIED_PAGE = Rule(
    "unverified-page",
    Effect.EXCLUDE,
    "the split policy keeps pages that confirm not their scale, leads, patient and day out of test sets; send the PDF "
    "that the ECG system writes",
)

# a row by itself, as the pairing checks it once more
SAME_DAY = label_rules.rule("same-day-pair")
PATIENT_REQUIRED = label_rules.rule("hn-required")
DATES_REQUIRED = label_rules.rule("dates-required")
ROWS_REQUIRED = label_rules.rule("rows-required")

_FILES_AND_ROWS = (
    KNOWN_KIND, NARRATIVE_REPORT, TABLE_REJECTED, ONE_PATIENT_PER_PAGE, CHANGED, REPLACED, SAME_CONTENT, SPLIT, ROWS,
    NO_ROW, NO_FILE, OTHER_MONTH, OTHER_PATIENT, BAD_PAGE, AMBIGUOUS, PAGE_AGREES,
    ONE_STUDY_PER_ECG, ONE_ECG_PER_STUDY, ONE_STUDY_PER_PICTURE, SOURCES_AGREE, TEST_PATIENT, ONE_SPLIT,
    UNVERIFIED_PAGE,
)  # fmt: skip
_PAGES = tuple(Rule(reason.value, Effect.QUARANTINE, HINTS[reason]) for reason in Reason)


def every_rule() -> tuple[Rule, ...]:
    """Return every rule, each name once; those of the labels as the catalogue of targets in force has them."""
    return (*_PAGES, *label_rules.rules(), *_FILES_AND_ROWS)
