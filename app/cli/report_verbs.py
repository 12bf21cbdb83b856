"""The verbs of the command line that work on report files alone: neither ledger nor registry."""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecgcore.reports.signals.choice import Choice

SignalsFrom = Annotated[
    Choice,
    typer.Option(
        "--source",
        help="What to read the leads from; auto takes a PDF's paths if they agree with what the page shows.",
    ),
]


class Task(StrEnum):
    """What the deployed single-task models predict."""

    SCAR = "scar"
    LVEF = "lvef"


def predict(
    files: Annotated[list[Path], typer.Argument(help="Report PDFs, or images already in the canonical form.")],
    model_dir: Annotated[Path | None, typer.Option("--model-dir", help="Default: the champion.")] = None,
    task: Annotated[
        Task | None,
        typer.Option("--task", help="What a single-task model predicts; needed where its directory does not say so."),
    ] = None,
    device: Annotated[str, typer.Option("--device", help="cpu or cuda.")] = "cpu",
    exact: Annotated[bool, typer.Option("--exact", help="Unrounded probabilities instead of two decimals.")] = False,
) -> None:
    """Predict scar and LVEF < 50 %. Prints one JSON object per file, in the deployed predictor's form."""
    from app.cli.classify.predict import predict_files

    failed = False
    for answer in predict_files(files, model_dir, device, not exact, task.value if task else None):
        typer.echo(json.dumps(answer.to_json()))
        _caution(answer.file, answer.cautions)
        if answer.error is not None:
            failed = True
            typer.echo(f"ecg: {answer.error}", err=True)
    if failed:
        raise typer.Exit(1)


def explain(
    file: Annotated[Path, typer.Argument(help="A report PDF, or an image already in the canonical form.")],
    out: Annotated[Path, typer.Option("--out", help="PNG to write.")],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            help="scar or lvef. Default: the model's first, scar; needed where the directory of a single-task model "
            "does not say what it predicts.",
        ),
    ] = None,
    page: Annotated[bool, typer.Option("--page", help="On the whole report page, without its printed text.")] = False,
    show_header: Annotated[
        bool, typer.Option("--show-header", help="With --page: leave the printed text, the patient's name included.")
    ] = False,
    model_dir: Annotated[Path | None, typer.Option("--model-dir", help="Default: the champion.")] = None,
) -> None:
    """Colour where the model finds evidence for a target (Grad-CAM++), on what it sees or on the report page."""
    from app.cli.classify.explain_file import explain_file

    explanation = explain_file(file, out, target, page, model_dir, show_header)
    typer.echo(explanation.text)
    _caution(file, explanation.cautions)


def view(
    file: Annotated[Path, typer.Argument(help="A report: PDF, PNG or JPEG.")],
    out: Annotated[Path, typer.Option("--out", help="PNG to write.")],
    leads: Annotated[bool, typer.Option("--leads", help="Draw the extracted leads over it.")] = False,
    source: SignalsFrom = Choice.AUTO,
) -> None:
    """Write the canonical image of a report: exactly what a model sees."""
    from app.cli.classify.caution import said

    if leads:
        from ecgcore.reports.signals.lead_view import view_leads

        report, signals = view_leads(file, out, source)
        typer.echo(f"wrote {out}, leads from the {signals.source.value}")
    else:
        from ecgcore.reports.view import view as write_view

        report = write_view(file, out)
        typer.echo(f"wrote {out}")
    _caution(file, said(report.cautions))


def extract(
    file: Annotated[Path, typer.Argument(help="A report: PDF, PNG or JPEG.")],
    out: Annotated[Path, typer.Option("--out", help="NAME.csv, or NAME.hea for WFDB (NAME.dat beside it).")],
    source: SignalsFrom = Choice.AUTO,
) -> None:
    """Write the twelve leads of a report as numbers, in mV and seconds, and tell how well each could be read."""
    from app.cli.classify.caution import said
    from ecgcore.reports.signals.extract import read_signals
    from ecgcore.reports.signals.lead_view import note_of
    from ecgcore.reports.signals.signal_file import write_signals

    report, signals = read_signals(file, source)
    write_signals(signals, out)
    typer.echo(f"wrote {out}: 12 leads at {signals.rate_hz:g} Hz from the {signals.source.value}")
    for quality in signals.quality:
        if note_of(quality):
            typer.echo(f"{quality.lead}: {note_of(quality)}")
    _caution(file, said(report.cautions))


def _caution(file: Path, texts: Iterable[str]) -> None:
    for text in texts:
        typer.echo(f"ecg: CAUTION {file}: {text}", err=True)
