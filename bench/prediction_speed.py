"""Predictions per second beside the network's bare forward pass, and the way from a PDF to its prediction."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import torch
from PIL import Image

from bench.bare import bare_poppler
from bench.bench_part import Part
from bench.effort import Effort
from bench.line import Line, Sense, Target
from bench.made_reports import Ward
from bench.stopwatch import seconds_of, seconds_of_pair
from ecgcore.models.factory import build
from ecgcore.models.spec import Pretrained
from ecgcore.predictor.classifier import ECGClassifier
from ecgcore.predictor.formats.mtecg import read_model_dir, write_model_dir
from ecgcore.reports.report import read_report
from ecgcore.training.augment.train_transform import train_transform_json
from ecgcore.training.recipe.input_section import ImageInput
from ecgcore.training.recipe.recipe import Recipe

_AGAINST_FORWARD = Target(Sense.AT_MOST, 1.3, of_ratio=True)
_MS = 1000


def measure_prediction(ward: Ward, effort: Effort, recipes: Path) -> list[Line]:
    """Measure each recipe's network on the CPU with all its threads, one image at a time.

    Raises:
        RecipeError: a recipe cannot be read.
    """
    names = [name for name, _ in effort.train_steps]
    return [line for name in names for line in _recipe_lines(ward, Recipe.load(recipes / f"{name}.yaml"), effort)]


def _recipe_lines(ward: Ward, recipe: Recipe, effort: Effort) -> list[Line]:
    model_dir = _model_dir(ward.folder / "models" / recipe.name, recipe)
    classifier, forward = ECGClassifier(model_dir), _forward(model_dir, recipe.image_input)
    count = effort.predictions
    images = [_canonical(ward.images[i % len(ward.images)]) for i in range(count)]
    reports = [ward.reports[i % len(ward.reports)] for i in range(count)]
    from_image, bare = _by_turns([lambda image=image: classifier.predict(image) for image in images], forward, effort)  # type: ignore[misc]
    read = [seconds_of(lambda pdf=pdf: read_report(pdf)) for pdf in reports]  # type: ignore[misc]
    with bare_poppler() as poppler:
        rendered = [seconds_of(lambda pdf=pdf: poppler(pdf)) for pdf in reports]  # type: ignore[misc]
    from_pdf = [seconds_of(lambda pdf=pdf: classifier.predict(pdf)) for pdf in reports]  # type: ignore[misc]
    limit = median(rendered) + median(bare)
    return [
        Line(
            Part.PREDICTION, f"{recipe.name}, canonical image", 1 / median(from_image), "1/s", 1 / median(bare),
            "bare forward pass", median(a / b for a, b in zip(from_image, bare, strict=True)), _AGAINST_FORWARD,
            "ratio is its time by the forward pass's, one image at a time by turns, all threads",
        ),
        Line(
            Part.PREDICTION, f"{recipe.name}, report PDF", _MS * median(from_pdf), "ms", _MS * limit,
            "bare pdftoppm + forward pass", median(from_pdf) / limit,
        ),
        Line(Part.PREDICTION, f"{recipe.name}, of which reading the PDF", _MS * median(read), "ms"),
        Line(Part.PREDICTION, f"{recipe.name}, of which predicting", _MS * median(from_image), "ms"),
    ]  # fmt: skip


def _model_dir(out: Path, recipe: Recipe) -> Path:
    """Write an untrained model, which takes as long as a trained one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    spec, transform = replace(recipe.model.spec, pretrained=Pretrained.NONE), recipe.image_input.transform
    return write_model_dir(build(spec).eval(), spec, transform, train_transform_json(transform, recipe.augment), out)


def _forward(model_dir: Path, size: ImageInput) -> Callable[[], object]:
    model = read_model_dir(model_dir)
    pixels = torch.randn(1, 3, size.height, size.width)

    def forward() -> object:
        with torch.inference_mode():
            return model.network(pixels)

    return forward


def _canonical(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")  # decoded here, not in the measurement


def _by_turns(
    works: list[Callable[[], object]], forward: Callable[[], object], effort: Effort
) -> tuple[list[float], list[float]]:
    works[0](), forward()  # warm-up
    pairs = [seconds_of_pair(work, forward, turn) for _ in range(effort.repeats) for turn, work in enumerate(works)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
