"""Why a file is refused, and what a person should look at in a file that is not."""

from __future__ import annotations

from enum import StrEnum

from ecgcore.errors import ReportError


class Reason(StrEnum):
    """The rule that a refused file breaks; the names stay the same for ever, ledgers keep them."""

    UNREADABLE = "unreadable"
    ENCRYPTED = "encrypted"
    TOO_LARGE = "too-large"
    TOO_SLOW = "too-slow"
    NO_PAGE = "no-page"
    SEVERAL_PAGES = "several-pages"
    BLANK_PAGE = "blank-page"
    UNKNOWN_FORMAT = "unknown-format"
    WRONG_GEOMETRY = "wrong-geometry"
    EMPTY_LEAD = "empty-lead"
    WRONG_SCALE = "wrong-scale"
    WRONG_LEADS = "wrong-leads"
    NOT_A_REPORT_FILE = "not-a-report-file"
    NO_VECTOR_TRACE = "no-vector-trace"


class Caution(StrEnum):
    """What is unusual in an accepted page, or in its file's name."""

    GRID_LEFT = "grid-left"
    GRID_BY_COLOUR = "grid-by-colour"
    TRACE_LEAVES_BOX = "trace-leaves-box"
    NAME_IDENTIFIES = "name-identifies"
    FURTHER_PAGES = "further-pages"
    MARKS_LEFT_OUT = "marks-left-out"
    TEXT_UNREAD = "text-unread"
    NUMBER_UNCERTAIN = "number-uncertain"
    DAY_UNCERTAIN = "day-uncertain"
    FLAT_LEAD = "flat-lead"
    LEADS_DISAGREE = "limb-leads-disagree"
    SPEED_DOUBTED = "speed-doubted"
    SCALE_UNVERIFIED = "scale-unverified"
    LEADS_UNVERIFIED = "leads-unverified"
    PATIENT_UNVERIFIED = "patient-unverified"
    DAY_UNVERIFIED = "day-unverified"


UNVERIFIED = frozenset(
    {Caution.SCALE_UNVERIFIED, Caution.LEADS_UNVERIFIED, Caution.PATIENT_UNVERIFIED, Caution.DAY_UNVERIFIED}
)
"""What nothing on the page confirms; a split policy may keep such pages out of its test sets."""


CAUTION_HINTS = {
    Caution.GRID_LEFT: "part of the grid is in the image; send the PDF that the ECG system writes",
    Caution.GRID_BY_COLOUR: "a lossy picture (a scan, a JPEG) or a grid in other colours: all that is coloured was "
    "taken for grid; if the ECG system can export a PDF, send that",
    Caution.TRACE_LEAVES_BOX: "a trace leaves its lead's box or pauses; look at the page",
    Caution.NAME_IDENTIFIES: "the file's name or folder holds the hospital number, and ledger, pages and Prefect "
    "show both; let the ECG system name its exports otherwise",
    Caution.FURTHER_PAGES: "the pages behind the ECG hold something else, such as a letter, and only the first was "
    "read; see that it is the right one",
    Caution.MARKS_LEFT_OUT: "a reader's notes, drawings or stamps lie on the page; the image was made without them, "
    "and what they say was read; send the page as the ECG system exports it",
    Caution.TEXT_UNREAD: "the page shows text that is not stored as letters, so its number, day and speed were not "
    "checked; compare them with the table by eye",
    Caution.NUMBER_UNCERTAIN: "the page prints a hospital number, but where it ends is not certain, so it was not "
    "checked; compare it with the table by eye",
    Caution.DAY_UNCERTAIN: "the day that the page prints can be read in several ways, as 03/04/2018; see that the "
    "table's day is the right one of them",
    Caution.FLAT_LEAD: "the leads named are a flat line; was an electrode off, repeat the recording",
    Caution.LEADS_DISAGREE: "the limb leads cannot all be what their places say (III = II - I, aVR + aVL + aVF = 0); "
    "look whether leads or electrodes changed places",
    Caution.SPEED_DOUBTED: "the drawn beats are not those of a heart at the format's paper speed, or not those that "
    "the page prints; look at the paper speed",
    Caution.SCALE_UNVERIFIED: "the page does not print what is named here, so the format's speed or gain was "
    "taken on trust; send the PDF that the ECG system writes",
    Caution.LEADS_UNVERIFIED: "no text names the leads, so their order was taken on trust; send the PDF that the ECG "
    "system writes",
    Caution.PATIENT_UNVERIFIED: "the page prints no hospital number that can be read; whose it is only the table says",
    Caution.DAY_UNVERIFIED: "the page prints no certain day, so when it was taken only the table says",
}

HINTS = {
    Reason.UNREADABLE: "export the report again from the ECG system and copy it completely",
    Reason.ENCRYPTED: "export the report without a password",
    Reason.TOO_LARGE: "send one report per file, a letter or A4 page, at most 600 dpi if it is a picture",
    Reason.TOO_SLOW: "was the machine busy, `ecg ingest --again`; else render page 1 to a 300 dpi PNG and send that",
    Reason.NO_PAGE: "export the report again; this file holds no page",
    Reason.SEVERAL_PAGES: "send one report per file: split the PDF into one file a page, each named in the table; "
    "or set ECG_SPLIT_PDF=true, then `ecg ingest --again`",
    Reason.BLANK_PAGE: "send the page that carries the ECG; this one is blank",
    Reason.UNKNOWN_FORMAT: "send an upright report of a known machine, a scan with little JPEG loss; "
    "or describe the machine's format, then `ecg ingest --again`",
    Reason.WRONG_GEOMETRY: "send a landscape letter or A4 page, or exactly the ECG box, at 72 dpi or more",
    Reason.EMPTY_LEAD: "look at the page: the leads named have no trace; repeat the recording or the export",
    Reason.WRONG_SCALE: "print the report again at the format's paper speed and gain",
    Reason.WRONG_LEADS: "print the report again with the leads in the format's order",
    Reason.NO_VECTOR_TRACE: "read the signals from the pixels: --source pixels",
    Reason.NOT_A_REPORT_FILE: "send a PDF, PNG or JPEG whose name ends as its content is",
}


class RefusalError(ReportError):
    """A report that cannot be used, with its reason, the offending value and the next step.

    Args:
        thing: the file, as its last path part.
        reason: the rule it breaks.
        value: what was found, without identifiers.
        pages: of a PDF that may be read page by page; 0 where it may not.
    """

    def __init__(self, thing: object, reason: Reason, value: str, pages: int = 0) -> None:
        super().__init__(thing, f"{reason} ({value})", HINTS[reason], reason)
        self.value = value
        self.pages = pages

    def __reduce__(self) -> tuple[type[RefusalError], tuple[str, Reason, str, int]]:  # type: ignore[override]
        return type(self), (self.thing, Reason(self.reason), self.value, self.pages)
