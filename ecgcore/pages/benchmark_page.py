"""The report of a benchmark: all recipes on the same test rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from ecgcore.counted import counted
from ecgcore.evaluation.benchmark.power import MARGIN
from ecgcore.evaluation.estimate.resampling import REPEATED
from ecgcore.evaluation.frame.lvef_cut import SEVERE_CAPTION, SEVERE_TARGET, SOURCE_TARGET
from ecgcore.pages.document import Block, Callout, Cell, Document, Image, Section, Table, Text, Tone, capped, digest

_AUC = "AUC"
_ROWS = {"imputed": " (imputed rows)", "mixed": " (all rows, imputed ones included)"}


@dataclass(frozen=True)
class RecipeLine:
    """A recipe of the benchmark: name, one line on it, hash, and the run that was scored."""

    name: str
    description: str
    sha256: str
    run: str


@dataclass(frozen=True)
class BenchmarkPage:
    """What the report shows.

    Args:
        created: when.
        snapshot: trained on and scored from.
        commit: of the code.
        reference: the recipe that the others are compared with.
        recipes: all, in the order of the tables.
        looks: how often each test set was looked at, this benchmark included.
        tables: as :func:`ecgcore.evaluation.benchmark.benchmark_tables.tables` returns them.
        figures: PNG by section (``roc``, ``thresholds``, ``prevalence``, ``slices``, ``calibration``, ``decision``,
            ``histograms``, ``explanation``), with their descriptions.
        words: what people read for each target, by the rule of the snapshot, such as ``LVEF below 50 %``.
    """

    created: str
    snapshot: str
    commit: str
    reference: str
    recipes: Sequence[RecipeLine]
    looks: Mapping[str, int]
    tables: Mapping[str, pd.DataFrame] = field(repr=False)
    figures: Mapping[str, Sequence[Image]] = field(repr=False)
    words: Mapping[str, str]

    def called(self, target: str) -> str:
        """Return a target's name as people read it."""
        return {SEVERE_TARGET: SEVERE_CAPTION, **self.words}.get(target, target)


def benchmark_document(page: BenchmarkPage) -> Document:
    """Return the report as a document."""
    return Document(
        title=f"Benchmark of {counted(len(page.recipes), 'recipe')}",
        subtitle=f"{page.created}, snapshot {page.snapshot}, code {page.commit[:12]}",
        sections=tuple(section for section in _sections(page) if section.blocks),
    )


def _sections(page: BenchmarkPage) -> Iterator[Section]:
    yield Section("What was compared", _introduction(page))
    yield Section("Population", _population(page))
    yield Section("Areas under the ROC curve", (*_areas(page), *page.figures.get("roc", ())))
    yield Section("Other numbers at a glance", _numbers(page))
    yield Section(f"Compared with {page.reference}", _comparisons(page))
    yield Section("What these test sets can decide", _power(page))
    yield Section(f"{page.reference}: thresholds", (*page.figures.get("thresholds", ()),))
    yield Section(f"{page.reference}: at other prevalences", _prevalence(page))
    yield Section(f"{page.reference}: parts of the test sets", _slices(page))
    yield Section(f"{page.reference}: calibration", _calibration(page))
    yield Section(f"{page.reference}: probabilities", (*page.figures.get("histograms", ()),))
    yield Section("Cardiologists", _readers(page))
    yield Section("Controls without CMR", _controls(page))
    yield Section("Where the model looks", (*page.figures.get("explanation", ()),))
    yield Section("Recipes", (_recipes(page),))


def _introduction(page: BenchmarkPage) -> tuple[Block, ...]:
    looks = ", ".join(f"{name} {count} times" for name, count in page.looks.items())
    return (
        Text(
            "Every recipe was trained on the same snapshot and scored, by its exported directory's unrounded output, "
            f"on the same locked test studies. So far the sets were looked at: {looks}."
        ),
        Callout(
            "A benchmark describes recipes; it promotes none. Choosing among many recipes by these numbers would use "
            "the test sets up: choose on validation, and let one candidate pass the gates.",
            Tone.CAUTION,
        ),
    )


def _population(page: BenchmarkPage) -> tuple[Block, ...]:
    caption = f"Numbers, mean (SD), or count (share of those known); reduced means {page.called(SOURCE_TARGET)}"
    return (_table(caption, page.tables["population"]),)


def _areas(page: BenchmarkPage) -> tuple[Block, ...]:
    results = page.tables["results"]
    wide = _wide(page, results[results["metric"] == _AUC])
    text = "AUC of each recipe with its 95 % interval (DeLong, logit scale), by target and test set."
    severe = page.tables.get(SEVERE_TARGET, pd.DataFrame())
    if severe.empty:
        return (_table(text, wide),)
    asked = f"The {page.called(SOURCE_TARGET)} model asked for {SEVERE_CAPTION}"
    return (_table(text, wide), _table(asked, _wide(page, severe[severe["metric"] == _AUC])))


def _wide(page: BenchmarkPage, results: pd.DataFrame) -> pd.DataFrame:
    """One line per recipe and set of rows, one column per target and test set."""
    shown = results.assign(
        recipe=results["recipe"] + results["rows"].map(_ROWS).fillna(""),
        place=results["target"].map(page.called) + ", " + results["test_set"],
        text=[_estimate(v, low, high) for v, low, high in results[["value", "low", "high"]].to_numpy(dtype=float)],
    )
    places, lines = list(dict.fromkeys(shown["place"])), list(dict.fromkeys(shown["recipe"]))
    wide = shown.pivot_table(index="recipe", columns="place", values="text", aggfunc="first")
    return wide.reindex(index=lines, columns=places).fillna("").rename_axis(None, axis=1).reset_index()


def _numbers(page: BenchmarkPage) -> tuple[Block, ...]:
    results = page.tables["results"]
    metrics = [name for name in dict.fromkeys(results["metric"]) if name != _AUC]
    return tuple(_metric_table(page, name, results[results["metric"] == name]) for name in metrics)


def _metric_table(page: BenchmarkPage, name: str, results: pd.DataFrame) -> Table:
    note = (
        "; where it is 0.000 to 1.000, resampling repeats the value, so no interval is known"
        if _repeated(results)
        else ""
    )
    return _table(f"{name} of each recipe with its 95 % interval, by target and test set{note}.", _wide(page, results))


def _repeated(results: pd.DataFrame) -> bool:
    return bool((results["method"] == REPEATED).any())


def _comparisons(page: BenchmarkPage) -> tuple[Block, ...]:
    tests = page.tables.get("paired_tests", pd.DataFrame())
    if tests.empty:
        return ()
    says = page.tables["power"]["says"].tolist()
    shown = pd.DataFrame(
        {
            "recipe": tests["model"],
            "target": tests["target"].map(page.called),
            "test set": tests["test_set"],
            "AUC minus the reference's": [
                _estimate(*row)
                for row in tests[["difference", "difference_low", "difference_high"]].to_numpy(dtype=float)
            ],
            "p": tests["p_value"].map(_p_value),
            "p, Holm": tests["p_holm"].map(_p_value),
            "finding": says,
        }
    )
    note = (
        "DeLong's paired test; p corrected for all rows of this table by Holm; intervals are not corrected. "
        f"Better, worse: p (Holm) below .05. Not inferior: the interval stays above -{MARGIN}."
    )
    return (_table(note, shown, tone=_tone_of_verdict),)


def _power(page: BenchmarkPage) -> tuple[Block, ...]:
    power = page.tables.get("power", pd.DataFrame())
    if power.empty:
        return ()
    shown = pd.DataFrame(
        {
            "recipe": power["model"],
            "target": power["target"].map(page.called),
            "test set": power["test_set"],
            "ECGs": power["n"].map("{:,}".format),
            "positives": power["positives"].map("{:,}".format),
            "smallest difference found in 4 of 5 cases": power["detectable"].map("{:.3f}".format),
            "ECGs needed to decide a margin of .03": power["studies_for_margin"].map("{:,}".format),
        }
    )
    return (_table("What can be found follows from the standard error of each paired difference.", shown),)


def _prevalence(page: BenchmarkPage) -> tuple[Block, ...]:
    drawn = page.tables.get("prevalence", pd.DataFrame())
    blocks: list[Block] = []
    if drawn.empty:
        text = "No test set holds the 460 negatives and 40 positives that the study drew its screening samples from."
        blocks.append(Text(text))
    else:
        shown = _placed(page, drawn)[["target", "test set", "metric", "estimate", "interval"]]
        blocks.append(_table("460 negatives and 40 positives (8 %) were drawn 1,000 times.", shown))
    return (*blocks, *page.figures.get("prevalence", ()))


def _slices(page: BenchmarkPage) -> tuple[Block, ...]:
    slices = page.tables["slices"]
    shown = pd.DataFrame(
        {
            "target": slices["target"].map(page.called),
            "test set": slices["test_set"],
            "part": [by if by == value else f"{by}: {value}" for by, value in slices[["by", "value"]].to_numpy()],
            "ECGs": slices["n"].map("{:,}".format),
            "positives": slices["positives"].map("{:,}".format),
            "AUC": _estimates(slices, "auc"),
            "sensitivity": _estimates(slices, "sensitivity"),
            "specificity": _estimates(slices, "specificity"),
            "enough": ["yes" if enough else "too few" for enough in slices["enough"]],
        }
    )
    return (
        _table("Too few means fewer than 100 positives or 100 negatives, so that the interval may not hold.", shown),
        *page.figures.get("slices", ()),
    )


def _calibration(page: BenchmarkPage) -> tuple[Block, ...]:
    placed = _placed(page, page.tables["calibration"])
    shown = placed.assign(estimate=placed["estimate"].where(placed["note"] == "", "none: it " + placed["note"]))
    shown = shown[["target", "test set", "metric", "estimate"]]
    figures = (*page.figures.get("calibration", ()), *page.figures.get("decision", ()))
    return (_table("Calibration is that of the log-odds, with 95 % intervals.", shown), *figures)


def _readers(page: BenchmarkPage) -> tuple[Block, ...]:
    readers = page.tables.get("readers", pd.DataFrame())
    if readers.empty:
        return ()
    shown = pd.DataFrame(
        {
            "target": readers["target"].map(page.called),
            "test set": readers["test_set"],
            "reader": readers["reader"],
            "experience": readers["experience"],
            "ECGs read": readers["n"].map("{:,}".format),
            "metric": readers["metric"],
            "reader's": _estimates(readers, "reads"),
            "model's": _estimates(readers, "model"),
            "p": readers["p_value"].map(_p_value),
        }
    )
    caption = "On the studies that the reader read; p by McNemar's exact test, of the AUC by DeLong's"
    return (_table(caption, shown), *_left_out(page))


def _left_out(page: BenchmarkPage) -> tuple[Block, ...]:
    left_out = page.tables.get("readers_left_out", pd.DataFrame())
    if left_out.empty:
        return ()
    shown = pd.DataFrame(
        {
            "target": left_out["target"].map(page.called),
            "test set": left_out["test_set"],
            "reader": left_out["reader"],
            "why": left_out["reason"],
        }
    )
    return (_table("These readers were not compared.", shown),)


def _controls(page: BenchmarkPage) -> tuple[Block, ...]:
    controls = page.tables.get("controls", pd.DataFrame())
    if controls.empty:
        return ()
    shown = pd.DataFrame(
        {
            "target": controls["target"].map(page.called),
            "people": controls["n"].map("{:,}".format),
            "called positive": controls["called"].map("{:,}".format),
            "false positive rate": _estimates(controls, "rate"),
        }
    )
    return (_table("People taken as normal, without CMR: every positive answer counts as false", shown),)


def _recipes(page: BenchmarkPage) -> Table:
    rows = tuple((Cell(r.name), Cell(r.description), digest(r.sha256), Cell(r.run)) for r in page.recipes)
    return Table("The recipes that were trained and scored.", ("recipe", "what it is", "hash", "run"), rows, len(rows))


def _placed(page: BenchmarkPage, frame: pd.DataFrame) -> pd.DataFrame:
    estimates = [_estimate(*row) for row in frame[["value", "low", "high"]].to_numpy(dtype=float)]
    shown = frame.rename(columns={"test_set": "test set"})
    return shown.assign(target=frame["target"].map(page.called), estimate=estimates)


def _estimates(frame: pd.DataFrame, name: str) -> list[str]:
    columns = [name, f"{name}_low", f"{name}_high"]
    if not set(columns) <= set(frame.columns):
        return [""] * len(frame)
    return [_estimate(*row) for row in frame[columns].to_numpy(dtype=float)]


def _estimate(value: float, low: float, high: float) -> str:
    return "" if pd.isna(value) else f"{value:.3f} ({low:.3f} to {high:.3f})"


def _p_value(p: float) -> str:
    if pd.isna(p):
        return ""
    return "< .0001" if p < 1e-4 else f"{p:.4f}"


def _tone_of_verdict(text: str) -> Tone:
    return {"better": Tone.GOOD, "not inferior": Tone.GOOD, "worse": Tone.BAD}.get(text, Tone.PLAIN)


def _table(caption: str, frame: pd.DataFrame, tone: Callable[[str], Tone] = lambda text: Tone.PLAIN) -> Table:
    names = tuple(str(name) for name in frame.columns)
    rows = tuple(tuple(Cell(str(v), tone(str(v)), _numeric(str(v))) for v in row) for row in frame.to_numpy())
    return capped(caption, names, rows)


def _numeric(text: str) -> bool:
    return text[:1].isdigit() or text[:2] in {"-0", "< "}
