from __future__ import annotations

import json
import os
import pickle
import signal
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from torch import nn

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.errors import PredictorError
from ecgcore.models.factory import build
from ecgcore.models.odds_line import OddsLine
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats import mtecg
from ecgcore.predictor.formats.contract import check_backbone
from ecgcore.predictor.formats.mtecg import read_model_dir, write_model_dir

CLASSES = ("multi-task", "single-task", "multi-task-clinical", "single-task-clinical")
TRANSFORM = ImageTransform(64, 64, Interpolation.AREA)
CATEGORIES, NUMBERS = torch.tensor([[1, 0, 1, 0, 1], [0, 0, 1, 1, 0]]), torch.tensor([[0.63], [0.41]])


def write(network: nn.Module, out: Path, **options: object) -> Path:
    return write_model_dir(network, network.spec, TRANSFORM, '{"a": 1}', out, **options)


def inputs(model_class: str) -> tuple[torch.Tensor, ...]:
    images = torch.from_numpy(np.random.default_rng(5).standard_normal((2, 3, 64, 64)).astype(np.float32))
    return (images, CATEGORIES, NUMBERS) if "clinical" in model_class else (images,)


class Foreign(nn.Module):
    """The upstream layout, written again from its description: nothing of ours is used."""

    def __init__(self, model_class: str, config: dict) -> None:
        super().__init__()
        self.multi, self.clinical = model_class.startswith("multi"), "clinical" in model_class
        latent, bias = config["latent_dim"], config["bias_head"]
        self.model = timm.create_model(config["backbone"], pretrained=False, in_chans=config["in_channels"])
        self.model.fc = nn.Linear(self.model.fc.in_features, latent, bias=False)
        width = latent
        if self.clinical:
            self.embedding_layer = nn.Embedding(2, config["embedding_size"])
            size = config["rnn_output_size"]
            self.clinical_rnn_layer = nn.RNN(config["embedding_size"] + 1, size, bidirectional=True, batch_first=True)
            width += size
        if self.multi:
            self.scar_head, self.lvef_head = nn.Linear(width, 2, bias=bias), nn.Linear(width, 2, bias=bias)
            self.scar_loss_fn = nn.CrossEntropyLoss(weight=torch.ones(2))
            self.lvef_loss_fn = nn.CrossEntropyLoss(weight=torch.ones(2))
        else:
            self.head = nn.Linear(latent, 2, bias=bias)
            if self.clinical:
                self.classification_head = nn.Linear(width, 2, bias=bias)

    def forward(self, images, categories=None, numbers=None) -> dict:
        z = self.model(images)
        if self.clinical:
            steps = torch.cat([self.embedding_layer(categories), numbers[:, None].expand(-1, 5, -1)], -1)
            _, state = self.clinical_rnn_layer(steps)
            z = torch.cat([z, state.sum(0)], 1)
        else:
            z = z.relu()
        if self.multi:
            return {"scar": self.scar_head(z), "lvef": self.lvef_head(z)}
        return {"scar": (self.classification_head if self.clinical else self.head)(z)}


@pytest.mark.parametrize("model_class", CLASSES)
def test_an_independent_reader_loads_it_strictly_and_computes_the_same(model_class, small_networks, tmp_path):
    network = small_networks[model_class]
    folder = write(network, tmp_path / "model", epoch=4, global_step=900)
    config = json.loads((folder / "configs.json").read_text())
    checkpoint = torch.load(folder / "model.ckpt", weights_only=True)
    foreign = Foreign(model_class, config)
    foreign.load_state_dict(checkpoint.pop("state_dict"), strict=True)
    assert checkpoint == {"hyper_parameters": {}, "pytorch-lightning_version": "2.2.5", "epoch": 4, "global_step": 900}
    with torch.inference_mode():
        expected, actual = network(*inputs(model_class)), foreign.eval()(*inputs(model_class))
    assert actual.keys() == expected.keys()
    for target, logits in expected.items():
        torch.testing.assert_close(actual[target], logits, rtol=0, atol=1e-6)


@pytest.mark.parametrize("model_class", CLASSES)
def test_state_dict_is_the_contract_key_for_key_and_shape_for_shape(model_class, contract, tmp_path):
    targets = ["lvef", "scar"] if model_class.startswith("multi") else ["lvef"]
    network = build(ModelSpec(model_class, targets))
    folder = write(network, tmp_path / "model")
    state = torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    assert {name: list(value.shape) for name, value in state.items()} == contract[model_class]["state_dict"]
    assert len(state) == contract[model_class]["state_dict_entries"]
    assert all(value.is_contiguous() and value.device.type == "cpu" for value in state.values())
    kinds = {name: value.dtype for name, value in state.items() if value.dtype != torch.float32}
    assert all(name.endswith("num_batches_tracked") for name in kinds)


@pytest.mark.parametrize("model_class", CLASSES)
def test_our_reader_gets_back_what_was_written(model_class, small_networks, tmp_path):
    network = small_networks[model_class]
    loaded = read_model_dir(write(network, tmp_path / "model", epoch=2, global_step=5), model_class, "scar")
    assert loaded.spec == network.spec and loaded.transform == TRANSFORM
    assert (loaded.epoch, loaded.global_step) == (2, 5)
    assert not loaded.network.training
    state = network.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in loaded.network.state_dict().items())


def test_files_of_the_directory(small_networks, tmp_path):
    folder = write(small_networks["multi-task"], tmp_path / "model", loss_ratio={"lvef": 0.4, "scar": 0.6},
                   loss_weights={"lvef": [0.5, 3], "scar": [1, 2]}, learning_rate=1e-3)  # fmt: skip
    names = ["configs.json", "model.ckpt", "train_transform.json", "transform.json"]
    assert sorted(path.name for path in folder.iterdir()) == names
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert ImageTransform.from_json((folder / "transform.json").read_text()) == TRANSFORM
    assert (folder / "train_transform.json").read_text() == '{"a": 1}'
    config = json.loads((folder / "configs.json").read_text())
    assert config["scar_lvef_loss_ratio"] == [0.6, 0.4] and config["learning_rate"] == 1e-3
    assert config["loss_weights"] == {"scar": [1, 2], "lvef": [0.5, 3]}
    state = torch.load(folder / "model.ckpt", weights_only=True)["state_dict"]
    assert state["scar_loss_fn.weight"].tolist() == [1, 2] and state["lvef_loss_fn.weight"].tolist() == [0.5, 3]


def test_a_line_on_the_log_odds_is_folded_into_the_heads(small_networks, tmp_path):
    network = small_networks["multi-task"]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    loaded = read_model_dir(
        write(network, tmp_path / "model", odds_lines={"scar": OddsLine(1.7, -0.8), "lvef": OddsLine(0.6, 2.5)})
    )
    with torch.inference_mode():
        raw, folded = network(*inputs("multi-task")), loaded.network(*inputs("multi-task"))
    for target, slope, intercept in (("scar", 1.7, -0.8), ("lvef", 0.6, 2.5)):
        expected = torch.sigmoid(slope * (raw[target][:, 1] - raw[target][:, 0]).double() + intercept)
        positive = torch.softmax(folded[target].double(), 1)[:, 1]
        torch.testing.assert_close(positive, expected, rtol=0, atol=1e-6)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_an_intercept_is_refused_where_the_heads_have_no_bias(tmp_path):
    network = build(ModelSpec("multi-task", ["scar", "lvef"], backbone="resnet10t", latent_dim=16, bias_head=False))
    with pytest.raises(PredictorError, match=r"the head of 'scar': the intercept 0\.5 needs a bias"):
        write(network, tmp_path / "model", odds_lines={"scar": OddsLine(1.0, 0.5)})
    loaded = read_model_dir(write(network, tmp_path / "model", odds_lines={"scar": OddsLine(2.0, 0.0)}))
    assert torch.equal(loaded.network.heads["scar"].weight, network.heads["scar"].weight * 2)


def test_order_of_targets_does_not_swap_the_heads(small_networks, tmp_path):
    network = build(ModelSpec("multi-task", ["lvef", "scar"], backbone="resnet10t", latent_dim=16))
    state = torch.load(write(network, tmp_path / "model") / "model.ckpt", weights_only=True)["state_dict"]
    assert torch.equal(state["lvef_head.weight"], network.heads["lvef"].weight)
    assert torch.equal(state["scar_head.weight"], network.heads["scar"].weight)


def test_a_backbone_with_buffers_outside_its_weights_is_loaded_too(tmp_path):
    network = build(ModelSpec("multi-task", ["scar", "lvef"], backbone="resnetblur18", latent_dim=8)).eval()
    before = torch.get_rng_state()
    loaded = read_model_dir(write(network, tmp_path / "model"))
    assert torch.equal(torch.get_rng_state(), before)
    with torch.inference_mode():
        expected, actual = network(*inputs("multi-task")), loaded.network(*inputs("multi-task"))
    assert torch.equal(actual["scar"], expected["scar"])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"odds_lines": {"fibrosis": OddsLine(1.0, 0.0)}}, "'fibrosis': is no target of this network"),
        ({"loss_ratio": {"scar": 1.0}}, "loss_ratio: must have one share per target"),
        ({"loss_weights": {"scar": [1, 1], "lvef": [1]}}, "loss_weights: must have two weights"),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_written(options, match, small_networks, tmp_path):
    with pytest.raises(PredictorError, match=match):
        write(small_networks["multi-task"], tmp_path / "model", **options)
    assert list(tmp_path.iterdir()) == []


def test_a_network_that_the_deployed_predictor_cannot_hold_is_refused(tmp_path):
    with pytest.raises(
        PredictorError, match="does not fit the deployed predictor: this model predicts scar, lvef, fib"
    ):
        write(build(ModelSpec("multi-task", ["scar", "lvef", "fibrosis"], backbone="resnet10t")), tmp_path / "model")


def test_a_diverged_network_is_never_written(tmp_path):
    network = build(ModelSpec("single-task", ["scar"], backbone="resnet10t", latent_dim=16))
    with torch.no_grad():
        network.heads["scar"].weight[0, 3] = float("nan")
    with pytest.raises(PredictorError, match=r"head\.weight holds NaN or infinite values"):
        write(network, tmp_path / "model")
    assert list(tmp_path.iterdir()) == []


def test_another_layout_or_training_transform_is_refused(small_networks, tmp_path):
    network = small_networks["multi-task"]
    with pytest.raises(PredictorError, match="another layout"):
        write_model_dir(network, ModelSpec("multi-task", ["scar", "lvef"]), TRANSFORM, "{}", tmp_path / "model")
    with pytest.raises(PredictorError, match=r"train_transform\.json: is not JSON"):
        write_model_dir(network, network.spec, TRANSFORM, "augment", tmp_path / "model")


def test_a_timm_that_renames_layers_is_noticed():
    with pytest.raises(PredictorError, match="other layers in this timm"):
        check_backbone(ModelSpec("multi-task", ["scar", "lvef"]), {"model.conv1.0.weight": (32, 3, 3, 3)})


@pytest.fixture
def folder(small_networks, tmp_path) -> Path:
    return write(small_networks["multi-task"], tmp_path / "model")


def edit_config(folder: Path, **fields: object) -> None:
    path = folder / "configs.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"pretrained": True}, "pretrained must be false, is True"),
        ({"use_timm": False}, "use_timm must be true"),
        ({"load_state_dict": "x.pt"}, "load_state_dict must be null"),
        ({"scar_class": 3}, "scar_class must be 2"),
        ({"surprise": 1}, "for multi-task surprise is missing or too many"),
        ({"latent_dim": 32}, r"model\.fc\.weight must be torch\.float32 \(32, 512\)"),
        ({"latent_dim": 10**12}, "latent_dim: must be a whole number"),
        ({"backbone": "resnet18d"}, "state_dict lacks"),
        ({"backbone": "no_such_model"}, "timm refuses it"),
        ({"backbone": "hf-hub:someone/model"}, "is not a plain timm name"),
        ({"bias_head": False}, r"unexpected lvef_head\.bias, scar_head\.bias"),
        ({"bias_head": 0}, "bias_head: must be true or false"),
    ],
)
def test_a_wrong_configuration_is_refused(fields, match, folder):
    edit_config(folder, **fields)
    with pytest.raises(PredictorError, match=match):
        read_model_dir(folder)


@pytest.mark.parametrize("name", ["configs.json", "model.ckpt", "transform.json"])
def test_a_missing_truncated_or_garbled_file_is_named(name, folder):
    path = folder / name
    content = path.read_bytes()
    for damage in (content[: len(content) // 2], b"", b"\x80\x04garbage\xff" * 9):
        path.write_bytes(damage)
        with pytest.raises(PredictorError, match=name.replace(".", r"\.")):
            read_model_dir(folder)
    path.unlink()
    with pytest.raises(PredictorError, match=f"{name}: is missing"):
        read_model_dir(folder)


def test_the_training_transform_is_not_needed(folder):
    (folder / "train_transform.json").unlink()
    assert read_model_dir(folder).spec.targets == ("scar", "lvef")


def test_another_family_than_asked_for_is_refused(folder):
    with pytest.raises(PredictorError, match="belongs to a multi-task model, asked for is single-task"):
        read_model_dir(folder, "single-task")


def edit_state(folder: Path, **entries: torch.Tensor | None) -> None:
    path = folder / "model.ckpt"
    content = torch.load(path, weights_only=True)
    for name, value in entries.items():
        content["state_dict"][name.replace("__", ".")] = value
    content["state_dict"] = {name: value for name, value in content["state_dict"].items() if value is not None}
    torch.save(content, path)


@pytest.mark.parametrize(
    ("entries", "match"),
    [
        ({"scar_loss_fn__weight": None}, r"state_dict lacks scar_loss_fn\.weight"),
        ({"other__weight": torch.ones(1)}, r"unexpected other\.weight"),
        ({"scar_head__weight": torch.ones(2, 17)}, r"scar_head\.weight must be .*\(2, 16\), is .*\(2, 17\)"),
        ({"scar_head__weight": torch.ones(2, 16).half()}, r"must be torch\.float32 .*, is torch\.float16"),
        ({"lvef_head__bias": torch.tensor([0.0, float("inf")])}, r"lvef_head\.bias holds NaN or infinite"),
        ({"lvef_head__bias": torch.ones(2).to_sparse()}, r"lvef_head\.bias is not a plain tensor"),
    ],
)
def test_wrong_entries_are_refused(entries, match, folder):
    edit_state(folder, **entries)
    with pytest.raises(PredictorError, match=match):
        read_model_dir(folder)


def test_a_checkpoint_lacking_its_form_is_refused(folder):
    torch.save({"state_dict": {}}, folder / "model.ckpt")
    with pytest.raises(PredictorError, match="lacks hyper_parameters, pytorch-lightning_version, epoch and 1 more"):
        read_model_dir(folder)


class Boom:
    ran = False

    def __reduce__(self):
        return setattr, (Boom, "ran", True)


def kill_before(step: int) -> None:
    """From now on, die by SIGKILL before the n-th file operation."""
    seen = 0

    def hook(event: str, _arguments: object) -> None:
        nonlocal seen
        if event in {"open", "os.rename", "os.chmod", "os.rmdir", "shutil.rmtree"}:
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


@pytest.mark.parametrize("step", range(1, 40, 3))
def test_a_kill_while_writing_leaves_the_old_model_or_the_new_one_or_none(step, folder, small_networks):
    network = small_networks["multi-task"]
    child = os.fork()
    if child == 0:
        kill_before(step)
        write(network, folder, epoch=9)
        os._exit(0)
    os.waitpid(child, 0)
    if folder.exists():
        assert read_model_dir(folder).epoch in (0, 9)
    write(network, folder, epoch=9)
    assert read_model_dir(folder).epoch == 9


def test_code_in_a_checkpoint_is_not_run(folder):
    torch.save({"state_dict": Boom()}, folder / "model.ckpt", pickle_module=pickle)
    with pytest.raises(PredictorError, match="cannot be read"):
        read_model_dir(folder)
    assert Boom.ran is False


def test_a_checkpoint_that_unpacks_to_too_much_is_refused(folder, monkeypatch):
    monkeypatch.setattr(mtecg, "MAX_CHECKPOINT_BYTES", 1_000_000)
    with zipfile.ZipFile(folder / "model.ckpt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(2_000_000))
    with pytest.raises(PredictorError, match="unpacks to 2000000 bytes"):
        read_model_dir(folder)


def test_a_file_beyond_the_bound_is_refused_unread(folder, monkeypatch):
    monkeypatch.setattr(mtecg, "MAX_TEXT_BYTES", 10)
    with pytest.raises(PredictorError, match="at most 10 are read"):
        read_model_dir(folder)
