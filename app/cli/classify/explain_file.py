"""``ecg explain``: where the champion finds its evidence in one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.cli.classify.caution import said_of
from app.cli.classify.open_classifier import open_classifier
from ecgcore.errors import ReportError
from ecgcore.explain.heat_overlay import overlay
from ecgcore.explain.heatmap import Heatmap, explain
from ecgcore.explain.lead_mass import lead_mass
from ecgcore.explain.legend import Legend, with_legend
from ecgcore.explain.placement import on_page, without_print
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.fingerprint import directory_sha256
from ecgcore.predictor.picture import Picture, open_picture
from ecgcore.reports.file.image_store import check_png_path, write_atomically
from ecgcore.reports.file.png import encode_png
from ecgcore.reports.page.box import Pixels
from ecgcore.reports.page.format import known_formats
from ecgcore.reports.page.page import Extent
from ecgcore.reports.report import read_page, read_report
from ecgcore.settings import load_settings
from tasks.release.release import linked_version

_LEADS_NAMED = 4
_SHOWN = {Extent.CANONICAL: "canonical image", Extent.ECG_BOX: "ECG box"}


@dataclass(frozen=True)
class Explanation:
    """What to tell the user about a file that was explained, and what is unusual about it."""

    text: str
    cautions: tuple[str, ...]


def explain_file(
    file: Path, out: Path, target: str | None, page: bool, model_dir: Path | None, show_header: bool = False
) -> Explanation:
    """Write a PNG of the file under its heatmap, with a legend below: target, probability, scale and model.

    Args:
        file: as for ``ecg predict``.
        out: the PNG.
        target: one of the model's targets, by default its first; where a directory does not say what its single-task
            model predicts, what that is.
        page: draw on the whole report page instead of the canonical image.
        model_dir: a model directory; by default the champion.
        show_header: with ``page``, leave what is printed around the ECG, such as the patient's name.

    Raises:
        PredictorError: no champion, or the model directory, the target or the image cannot be used.
        PromotionError: the champion's release was altered.
        ReportError: the page cannot be used, or ``page`` and the file shows no whole page.
        StoreError: ``out`` is no name of a PNG, or cannot be written.
    """
    check_png_path(out)
    classifier = open_classifier(model_dir, target, "--target")
    target = target or classifier.targets[0]
    if page:
        picture, heatmap, drawn = _on_page(classifier, file, target, show_header)
    else:
        picture, heatmap, drawn = _on_canonical(classifier, file, target)
    legend = Legend(target, heatmap.probability, _called(model_dir), heatmap.is_empty)
    write_atomically(out, encode_png(with_legend(drawn, legend)))
    text = f"{target}: probability {heatmap.probability:.2f}; {_where(heatmap)}; wrote {out}"
    return Explanation(text, said_of(picture))


def _called(model_dir: Path | None) -> str:
    if model_dir is None:
        return f"champion, version {linked_version(load_settings().home)}"
    return f"model {model_dir.resolve().name}, sha256 {directory_sha256(model_dir)[:12]}"


def _on_canonical(classifier: ECGClassifier, file: Path, target: str) -> tuple[Picture, Heatmap, Pixels]:
    picture = open_picture(file)
    heatmap = explain(classifier, picture.pixels, target)
    return picture, heatmap, overlay(picture.pixels, heatmap.heat)


def _on_page(classifier: ECGClassifier, file: Path, target: str, show_header: bool) -> tuple[Picture, Heatmap, Pixels]:
    report, page = read_report(file), read_page(file)
    if page.extent is not Extent.PAGE:
        hint = "leave out --page, or name the PDF that the image was made from"
        raise ReportError(file.name, f"shows the {_SHOWN[page.extent]}, not a whole page", hint, "wrong-geometry")
    heatmap = explain(classifier, report.image, target)
    height, width = page.pixels.shape[:2]
    picture = Picture(report.image, report.cautions, is_report=True)
    pixels = page.pixels if show_header else without_print(page.pixels, report.format)
    return picture, heatmap, overlay(pixels, on_page(heatmap.heat, report.format, (width, height)))


def _where(heatmap: Heatmap) -> str:
    if heatmap.is_empty:
        return "no place speaks for it"
    if heatmap.size not in {fmt.canonical_size for fmt in known_formats()}:
        return "the leads of an image of this size are not known"
    shares = sorted(lead_mass(heatmap).items(), key=lambda item: -item[1])[:_LEADS_NAMED]
    return "most of the evidence: " + ", ".join(f"{lead} {share:.0%}" for lead, share in shares)
