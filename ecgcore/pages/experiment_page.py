"""The page of an experiment: what was compared, on what, and what came out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ecgcore.counted import counted
from ecgcore.evaluation.study.contrast import Contrast, ContrastResult
from ecgcore.pages.document import Callout, Cell, Document, Image, Section, Table, Text, Tone

_TONES = {ContrastResult.BETTER: Tone.GOOD, ContrastResult.WORSE: Tone.BAD, ContrastResult.UNDECIDED: Tone.PLAIN}
_COLUMNS = (
    "Variant", "AUC of the base", "of the variant", "Difference (95 %)", "Error: cases", "Error: seeds", "By seed",
    "p (Holm)", "Finding",
)  # fmt: skip


@dataclass(frozen=True)
class ExperimentPage:
    """What an experiment found.

    Args:
        name, description: of the plan.
        place: what was scored, in words.
        seeds: of every arm.
        whys: variant to its reason.
        contrasts: all of them.
        forest: PNG.
        minutes: of training, all arms.
        looks: sentences on the test sets looked at; empty on validation.
    """

    name: str
    description: str
    place: str
    seeds: tuple[int, ...]
    whys: dict[str, str]
    contrasts: tuple[Contrast, ...]
    forest: bytes
    minutes: float
    looks: tuple[str, ...] = ()


def experiment_document(page: ExperimentPage) -> Document:
    """Return the page as a document."""
    groups = dict.fromkeys((contrast.target, contrast.place) for contrast in page.contrasts)
    tables = tuple(_table([c for c in page.contrasts if (c.target, c.place) == group]) for group in groups)
    reasons = tuple((Cell(name), Cell(why)) for name, why in page.whys.items())
    sections = (
        Section("Result", (_summary(page), *tables, Image(page.forest, "differences with intervals"))),
        Section("Variants", (Table("What each variant changes", ("Variant", "Why"), reasons, len(reasons)),)),
        Section("How to read it", tuple(Text(text) for text in (*_reading(page), *page.looks))),
    )
    seeds = counted(len(page.seeds), "seed")
    return Document(f"Experiment {page.name}", f"{page.description}. Scored: {page.place}; {seeds}.", sections)


def _summary(page: ExperimentPage) -> Callout:
    decided = [c for c in page.contrasts if c.finding is not ContrastResult.UNDECIDED]
    if not decided:
        return Callout("No variant differs from the base after Holm's correction.", Tone.CAUTION)
    said = "; ".join(f"{c.variant} is {c.finding.value} on {c.target} ({c.place})" for c in decided)
    return Callout(f"After Holm's correction {said}. Everything else is undecided.", Tone.GOOD)


def _table(found: Sequence[Contrast]) -> Table:
    first, rows = found[0], tuple(_row(contrast) for contrast in found)
    caption = f"{first.target}, {first.place}: {counted(first.n, 'study')}, {first.positives:,} positive"
    return Table(caption, _COLUMNS, rows, len(rows))


def _row(contrast: Contrast) -> tuple[Cell, ...]:
    shown = contrast.difference
    numbers = (
        f"{contrast.base:.4f}",
        f"{contrast.candidate:.4f}",
        f"{shown.value:+.4f} ({shown.low:+.4f} to {shown.high:+.4f})",
        f"{contrast.case_error:.4f}",
        "unknown" if math.isnan(contrast.seed_error) else f"{contrast.seed_error:.4f}",
        ", ".join(f"{value:+.4f}" for value in contrast.seeds),
        f"{contrast.p_holm:.3f}" if contrast.p_holm >= 0.001 else "below 0.001",
    )
    finding = Cell(contrast.finding.value, _TONES[contrast.finding])
    return (Cell(contrast.variant), *(Cell(text, numeric=True) for text in numbers), finding)


def _reading(page: ExperimentPage) -> tuple[str, ...]:
    noise = (
        "With one seed the training's own noise is unknown and left out: a difference may be an accident of the seed."
        if len(page.seeds) == 1
        else "The interval holds the choice of cases (DeLong, paired) and the choice of seeds (pooled over all arms)."
    )
    return (
        "AUCs are those of the mean of the seeds' logits; a difference above 0 favours the variant. " + noise,
        f"Correction for {counted(len(page.contrasts), 'contrast')} by Holm's method; the intervals are not corrected.",
        f"Training took {counted(round(page.minutes), 'minute')} in all.",
    )
