from dataclasses import replace

from ecgcore.evaluation.estimate.interval import Interval
from ecgcore.evaluation.study.contrast import Contrast
from ecgcore.pages.experiment_page import ExperimentPage, experiment_document
from ecgcore.pages.html import render_html
from ecgcore.pages.markdown import render_markdown

CONTRAST = Contrast(
    "area", "scar", "validation", 2000, 540, 0.9012, 0.9123, Interval(0.0111, 0.004, 0.0182, 0.95, "x"),
    (0.01, 0.012, 0.011), 0.0031, 0.0018, 0.002, 0.012,
)  # fmt: skip
PAGE = ExperimentPage(
    "better",
    "Does <it> help",
    "validation of snapshot s",
    (1, 2, 3),
    {"area": "antialiased"},
    (CONTRAST,),
    b"png",
    42.4,
)


def test_numbers_stand_as_they_are_and_the_finding_in_words():
    text = render_markdown(experiment_document(PAGE))
    assert "After Holm's correction area is better on scar (validation). Everything else is undecided." in text
    line = next(line for line in text.splitlines() if line.startswith("| area | 0.9012"))
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "area", "0.9012", "0.9123", "+0.0111 (+0.0040 to +0.0182)", "0.0031", "0.0018", "+0.0100, +0.0120, +0.0110",
        "0.012", "better",
    ]  # fmt: skip
    assert "scar, validation: 2,000 studies, 540 positive" in text
    assert "42 minutes" in text and "1 contrast " in text


def test_nothing_decided_and_one_seed_are_said():
    undecided = replace(CONTRAST, p_holm=0.3, seed_error=float("nan"), seeds=(0.01,))
    text = render_markdown(experiment_document(replace(PAGE, seeds=(1,), contrasts=(undecided,))))
    assert "No variant differs from the base" in text
    assert "With one seed the training's own noise is unknown" in text and "| unknown |" in text


def test_the_html_page_escapes_what_the_plan_says():
    assert "Does &lt;it&gt; help" in render_html(experiment_document(PAGE))
