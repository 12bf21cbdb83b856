"""Weights and images by the formulas of the facts, and directories made of them without our own writer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec

_CLASSES = ("multi-task", "single-task", "multi-task-clinical", "single-task-clinical")
_SMALL = {"backbone": "resnet10t", "latent_dim": 16}


def facts_file(name: str) -> Path:
    data = os.environ.get("ECG_TEST_DATA")
    shared = Path(data).parent if data else Path(__file__).resolve().parents[4] / "shared"
    path = shared / "facts" / name
    if not path.is_file():
        pytest.skip(f"{path} is absent")
    return path


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def contract() -> dict:
    return json.loads(facts_file("predictor_contract.json").read_text())


@pytest.fixture(scope="session")
def golden() -> dict:
    return json.loads(facts_file("predictor_golden.json").read_text())


def formula_entry(number: int, name: str, shape: list[int]) -> torch.Tensor:
    """One entry of the golden weights; the order of the rules is their precedence."""
    s = np.random.RandomState(number).standard_normal(int(np.prod(shape))).reshape(shape)
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if name.endswith("running_var"):
        value = 1 + 0.1 * s**2
    elif name.endswith("running_mean"):
        value = 0.05 * s
    elif name.endswith("loss_fn.weight"):
        value = np.ones(shape)
    elif name == "model.fc.weight":
        value = 0.0001 * s
    elif len(shape) == 2 and "head" in name:
        value = 0.05 * s
    elif len(shape) >= 2:
        value = s * np.sqrt(2 / np.prod(shape[1:]))
    elif len(shape) == 1 and name.endswith("weight"):
        value = 1 + 0.05 * s
    else:
        value = 0.05 * s
    return torch.tensor(value, dtype=torch.float32)


@pytest.fixture(scope="session")
def formula_image() -> np.ndarray:
    y, x = np.mgrid[:300, :400]
    image = np.full((300, 400, 3), 255, np.uint8)
    image[((y - 150 - np.round(100 * np.sin(x / 9)).astype(int)) % 97) < 3] = 0
    image[:, ::37] = (250, 200, 168)
    return image


def transform_json(interpolation: int) -> str:
    steps = [
        {"__class_fullname__": "Resize", "p": 1, "height": 384, "width": 384, "interpolation": interpolation},
        {"__class_fullname__": "Normalize", "p": 1.0, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225],
         "max_pixel_value": 255.0},
        {"__class_fullname__": "ToTensorV2", "p": 1.0, "transpose_mask": False},
    ]  # fmt: skip
    compose = {"__class_fullname__": "Compose", "p": 1.0, "transforms": steps, "bbox_params": None,
               "keypoint_params": None, "additional_targets": {}}  # fmt: skip
    return json.dumps({"__version__": "1.3.1", "transform": compose})


@pytest.fixture(scope="session")
def formula_dir(tmp_path_factory: pytest.TempPathFactory, contract: dict) -> Callable[[str], Path]:
    """Directories as the deployed predictor's owners have them: formula weights, contract keys; made once per class."""
    made: dict[str, Path] = {}

    def make(model_class: str) -> Path:
        if model_class not in made:
            folder = tmp_path_factory.mktemp(model_class)
            shapes = contract[model_class]["state_dict"]
            state = {name: formula_entry(i, name, shapes[name]) for i, name in enumerate(sorted(shapes))}
            content = {"state_dict": state, "hyper_parameters": {}, "pytorch-lightning_version": "2.2.5", "epoch": 3,
                       "global_step": 77}  # fmt: skip
            torch.save(content, folder / "model.ckpt")
            (folder / "configs.json").write_text(json.dumps(contract[model_class]["configs.json"]))
            (folder / "transform.json").write_text(transform_json(1))
            made[model_class] = folder
        return made[model_class]

    return make


@pytest.fixture(scope="session")
def small_networks() -> dict:
    """One network per class with a small backbone, every entry random, batch statistics included."""
    torch.manual_seed(11)
    networks = {}
    for model_class in _CLASSES:
        targets = ["scar", "lvef"] if model_class.startswith("multi") else ["scar"]
        network = build(ModelSpec(model_class, targets, **_SMALL))
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
            elif name.endswith("running_mean"):
                value.uniform_(-0.1, 0.1)
            elif ".bn2.weight" in name or ".bn3.weight" in name:
                value.uniform_(0.5, 1.5)
            elif name.startswith("heads.") and value.ndim == 2:
                value.mul_(4)
        networks[model_class] = network.eval()
    return networks
