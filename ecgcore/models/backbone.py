"""What must be known of a timm backbone before it is built."""

from __future__ import annotations

import re
from functools import lru_cache

from ecgcore.errors import RecipeError

# timm's ResNets, whose last layer is known to be a linear layer called fc: importing torch and timm takes seconds,
# which reading one of the study's recipes need not take.
_RESNET = re.compile(r"resnet(10t|14t|18d?|26[dt]?|34d?|50d?|101d?|152d?|200d?)(\..+)?")


def is_plain_resnet(backbone: str) -> bool:
    """Return whether it is known without looking that a backbone is a ResNet that reads images of any size."""
    return _RESNET.fullmatch(backbone) is not None


def ends_in_fc(backbone: str) -> bool:
    """Return whether the last layer is a linear layer called ``fc``, which the deployed predictor replaces.

    Raises:
        RecipeError: timm does not know the backbone.
    """
    return is_plain_resnet(backbone) or _looked_up(backbone)


@lru_cache
def _looked_up(backbone: str) -> bool:
    import timm
    import torch

    try:
        with torch.device("meta"):
            model = timm.create_model(backbone)
    except RuntimeError as error:
        raise unknown_backbone(backbone, error) from error
    return isinstance(getattr(model, "fc", None), torch.nn.Linear)


def unknown_backbone(backbone: str, error: Exception) -> RecipeError:
    """Return timm's answer to an unknown name, an unknown tag, or weights that were never published."""
    return RecipeError(f"backbone {backbone!r}", f"timm refuses it ({error})", "choose a name of timm.list_models()")
