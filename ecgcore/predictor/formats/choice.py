"""Which format an exported model has: the one decision, made when the recipe is read.

``mtecg`` is the deployed predictor's directory. The slot ``champion``, which that predictor serves, takes nothing else,
and of it only image models of scar and lvef (family multi-task). A network without a slot gets it as well where the
deployed predictor has a class for it: one of the four image families, single-task ones of any target, multi-task ones
of exactly scar and lvef, on a backbone whose last layer is a linear layer called ``fc``.

``own`` is this program's directory, for everything else: signals, tables, other backbones, other targets or numbers of
them, and slots of their own.

No torch here, so that a recipe of the study is read anywhere, at once.
"""

from __future__ import annotations

from enum import StrEnum

from ecgcore.errors import RecipeError
from ecgcore.models.backbone import ends_in_fc
from ecgcore.models.spec import ClinicalSpec, Family, ModelSpec

CHAMPION = "champion"
DEPLOYED_TARGETS = ("scar", "lvef")


class ModelFormat(StrEnum):
    """``mtecg``: the deployed predictor's directory; ``own``: this program's."""

    MTECG = "mtecg"
    OWN = "own"


def choose_format(slot: str | None, spec: ModelSpec) -> ModelFormat:
    """Return the format of a network's directory.

    Args:
        slot: what a champion of this kind serves; None where it serves nothing.
        spec: the network's layout.

    Raises:
        RecipeError: the slot is ``champion``, and the deployed predictor cannot serve such a network.
    """
    why = why_not_deployed(spec)
    if slot != CHAMPION:
        return ModelFormat.OWN if slot is not None or why else ModelFormat.MTECG
    if why is None and spec.family is not Family.MULTI_TASK:
        why = f"is of family {spec.family.value}"
    if why is not None:
        raise RecipeError(
            f"slot {CHAMPION}",
            f"is served by the deployed predictor, which loads {Family.MULTI_TASK.value} image models of "
            f"{' and '.join(DEPLOYED_TARGETS)} only, and this model {why}",
            "say slot: null and promotable: false, or give it a slot of its own",
        )
    return ModelFormat.MTECG


def why_not_deployed(spec: ModelSpec) -> str | None:
    """Return why the deployed predictor has no class for a network, as words after 'this model'; None if it has one.

    Raises:
        RecipeError: timm does not know the backbone.
    """
    if spec.family.is_signal:
        return "reads signals"
    if not spec.family.is_single and set(spec.targets) != set(DEPLOYED_TARGETS):
        return f"predicts {', '.join(spec.targets)}"
    known = ClinicalSpec()
    if spec.clinical and (spec.clinical.categories, spec.clinical.numbers) != (known.categories, known.numbers):
        return f"reads {', '.join(spec.clinical.categories + spec.clinical.numbers)}"
    if not ends_in_fc(spec.backbone):
        return f"has the backbone {spec.backbone}, whose last layer is not a linear layer called fc"
    return None
