"""Verbs of the data steward: see what is read of a report."""

from __future__ import annotations

from app.cli.report_verbs import extract, view
from app.cli.verb import Verb

VERBS = (
    Verb(view, ("ecg view report.pdf --out page.png", "ecg view report.pdf --out leads.png --leads")),
    Verb(extract, ("ecg extract report.pdf --out leads.csv", "ecg extract photo.jpg --out leads.hea")),
)
