"""Directories of signal models: those of before in the deployed layout, and ours."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import timm
import torch
from torch import nn

from ecgcore.data.image_transform import ImageTransform
from ecgcore.data.signal_transform import SignalTransform
from ecgcore.errors import PredictorError
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats.model_dir import read_network_dir
from ecgcore.predictor.formats.mtecg import read_model_dir, write_model_dir
from ecgcore.predictor.formats.own import write_own_dir
from ecgcore.predictor.golden.golden import replay, write_golden

TRANSFORM = SignalTransform(100, (0.1,) * 12, (0.5,) * 12, 0.02)
FAMILIES = ("multi-task-1d", "single-task-1d")


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    torch.manual_seed(3)
    targets = {"multi-task-1d": ["scar", "lvef"], "single-task-1d": ["lvef"]}
    made = {name: build(ModelSpec(name, targets[name], backbone="resnet10t", latent_dim=16)) for name in FAMILIES}
    for network in made.values():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 1.5)
    return {name: network.eval() for name, network in made.items()}


class Foreign(nn.Module):
    """The upstream layout from its description (paper, 1D models; facts): nothing of ours is used."""

    def __init__(self, config: dict, multi: bool) -> None:
        super().__init__()
        self.model = timm.create_model(config["backbone"], pretrained=False, in_chans=config["in_channels"])
        self.model.conv1 = nn.Conv2d(1, self.model.bn1.num_features, (1, 3), padding=(0, 1))
        self.model.fc = nn.Linear(self.model.fc.in_features, config["latent_dim"], bias=False)
        self.multi = multi
        if multi:
            self.scar_head, self.lvef_head = (nn.Linear(config["latent_dim"], 2) for _ in range(2))
            self.scar_loss_fn = nn.CrossEntropyLoss(weight=torch.ones(2))
            self.lvef_loss_fn = nn.CrossEntropyLoss(weight=torch.ones(2))
        else:
            self.head = nn.Linear(config["latent_dim"], 2)

    def forward(self, signals: torch.Tensor) -> dict:
        z = torch.stack([self.model(signals[:, i, None, None, :]) for i in range(12)]).mean(0).relu()
        return {"scar": self.scar_head(z), "lvef": self.lvef_head(z)} if self.multi else {"lvef": self.head(z)}


def directory_of_before(family: str, folder: Path) -> tuple[Path, Foreign]:
    """A directory as versions of before wrote it, keys as in predictor_contract.json, and its network."""
    multi = family.startswith("multi")
    config = {"in_channels": 3, "learning_rate": 0.001, "use_timm": True, "pretrained": False, "backbone": "resnet10t",
              "latent_dim": 16, "bias_head": True, "load_state_dict": None}  # fmt: skip
    both = {"scar_class": 2, "lvef_class": 2, "loss_weights": {"scar": [1, 1], "lvef": [1, 1]},
            "scar_lvef_loss_ratio": [0.5, 0.5]}  # fmt: skip
    config |= both if multi else {"num_classes": 2}
    torch.manual_seed(3)
    foreign = Foreign(config, multi).eval()
    for name, value in foreign.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
    folder.mkdir()
    (folder / "configs.json").write_text(json.dumps(config))
    (folder / "signal.json").write_text(TRANSFORM.to_json())
    if not multi:
        (folder / "targets.json").write_text('{"targets": ["lvef"]}')
    content = {"state_dict": foreign.state_dict(), "hyper_parameters": {}, "pytorch-lightning_version": "2.2.5",
               "epoch": 1, "global_step": 2}  # fmt: skip
    torch.save(content, folder / "model.ckpt")
    return folder, foreign


@pytest.mark.parametrize("family", FAMILIES)
def test_a_directory_of_before_is_read_and_computes_what_it_did(family, tmp_path):
    folder, foreign = directory_of_before(family, tmp_path / "model")
    signals = torch.randn(2, 12, 100)
    with torch.inference_mode():
        expected, actual = foreign(signals), read_model_dir(folder, family).network(signals)
    assert actual.keys() == expected.keys()
    for target in expected:
        torch.testing.assert_close(actual[target], expected[target], rtol=0, atol=1e-5)
    assert read_network_dir(folder).transform == TRANSFORM
    assert read_network_dir(folder).spec.family == family


def test_none_is_written_in_the_layout_of_the_deployed_predictor_any_more(networks, tmp_path):
    network = networks["multi-task-1d"]
    with pytest.raises(PredictorError, match="does not fit the deployed predictor: this model reads signals"):
        write_model_dir(network, network.spec, TRANSFORM, "{}", tmp_path / "m")
    assert list(tmp_path.iterdir()) == []


def test_golden_studies_of_signals_are_replayed(networks, tmp_path):
    import cv2
    import numpy as np

    from ecgcore.reports.page.format import known_formats

    fmt = next(each for each in known_formats() if each.name == "old")
    image = np.full((*fmt.canonical_size[::-1], 3), 255, np.uint8)
    for box in fmt.canonical_leads.values():
        middle = (box.top + box.bottom) // 2
        cv2.line(image, (box.left + 80, middle), (box.right - 80, middle - 9), (0, 0, 0), 3)
    write_golden(
        write_own_dir(networks["multi-task-1d"], TRANSFORM, tmp_path / "model"),
        [image],
        tmp_path / "golden",
        "multi-task-1d",
    )
    assert replay(tmp_path / "model", tmp_path / "golden").ok


def test_a_directory_is_of_the_family_that_its_preprocessing_says(tmp_path):
    folder, _ = directory_of_before("single-task-1d", tmp_path / "model")
    with pytest.raises(PredictorError, match="belongs to a single-task-1d model, asked for is single-task"):
        read_model_dir(folder, "single-task")
    (folder / "transform.json").write_text(ImageTransform(64, 64).to_json())
    (folder / "signal.json").unlink()
    with pytest.raises(PredictorError, match="state_dict lacks"):
        read_model_dir(folder)


@pytest.mark.parametrize("text", ["{}", "nonsense", '{"targets": ["scar", "lvef"]}', '{"targets": [3]}', "[]"])
def test_a_single_task_directory_must_name_one_target(tmp_path, text):
    folder, _ = directory_of_before("single-task-1d", tmp_path / "model")
    (folder / "targets.json").write_text(text)
    with pytest.raises(PredictorError, match=r"targets\.json"):
        read_model_dir(folder)


@pytest.mark.parametrize("text", ["{}", "nonsense", b"\xff\xfe"])
def test_a_garbled_imputation_is_named(small_networks, tmp_path, text):
    network = small_networks["single-task-clinical"]
    folder = write_model_dir(network, network.spec, ImageTransform(64, 64), "{}", tmp_path / "model")
    assert read_model_dir(folder).imputation is None
    (folder / "imputation.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(PredictorError, match=r"imputation\.json: is"):
        read_model_dir(folder)


@pytest.mark.slow
def test_a_report_is_read_rendered_and_extracted(networks, tmp_path):
    from ecgcore.predictor.classifier import ECGClassifier
    from ecgcore.reports.report import read_report
    from ecgcore.synth.hospital import make_hospital

    make_hospital(tmp_path / "inbox", studies=1, seed=4, workers=1)
    (pdf,) = (tmp_path / "inbox" / "ecg").rglob("*.pdf")
    folder = write_own_dir(networks["multi-task-1d"], TRANSFORM, tmp_path / "model")
    classifier = ECGClassifier(folder, "multi-task-1d", round_probabilities=False)
    assert classifier.predict(pdf) == classifier.predict(read_report(pdf).image)
