"""Small networks of every image family with random weights, as model directories."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats.mtecg import write_model_dir

FAMILIES = ("multi-task", "single-task", "multi-task-clinical", "single-task-clinical")


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def networks() -> dict:
    """One per family; a head's gradient is large enough that every map has something in it."""
    torch.manual_seed(5)
    made = {}
    for family in FAMILIES:
        targets = ["scar", "lvef"] if family.startswith("multi") else ["scar"]
        made[family] = build(ModelSpec(family, targets, backbone="test_resnet", latent_dim=16)).eval()
        made[family].requires_grad_(False)
    return made


@pytest.fixture(scope="session")
def model_dirs(networks, tmp_path_factory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("models")
    transform = ImageTransform(96, 128, Interpolation.AREA)
    return {name: write_model_dir(n, n.spec, transform, "{}", root / name) for name, n in networks.items()}
