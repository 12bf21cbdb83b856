import subprocess

import numpy as np
import pytest
import torch

from ecgcore.data.image_transform import ImageTransform
from ecgcore.errors import PromotionError, TransientError
from ecgcore.models.factory import build
from ecgcore.models.spec import ModelSpec
from ecgcore.predictor.formats.mtecg import write_model_dir
from ecgcore.predictor.golden.golden import GOLDEN, write_golden
from tasks.release import fresh_replay as replay_module
from tasks.release.fresh_replay import TOLERANCE, replay
from tasks.release.release import export_release, link_champion, verify_release


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    torch.set_num_threads(1)
    torch.manual_seed(5)
    root = tmp_path_factory.mktemp("replay")
    spec = ModelSpec("multi-task", ("scar", "lvef"), backbone="resnet10t", latent_dim=16)
    write_model_dir(build(spec), spec, ImageTransform(height=64, width=64), "{}", root / "model")
    write_golden(root / "model", [np.full((1320, 2820, 3), level, np.uint8) for level in (0, 99)], root / "golden")
    return root


def answering(monkeypatch, code, out, err=""):
    done = subprocess.CompletedProcess([], code, out, err)
    monkeypatch.setattr(replay_module.subprocess, "run", lambda *_arguments, **_options: done)


@pytest.mark.slow  # fresh processes that import torch
def test_a_release_replays_in_a_fresh_process_and_an_altered_one_does_not(home):
    path = export_release(home / "model", home / "golden", home / "releases", "1", {})
    result = verify_release(path)
    assert result.studies == 2
    assert result.max_difference <= TOLERANCE
    link_champion(home, "1")
    golden = home / "golden" / GOLDEN
    text = golden.read_text()
    probability = text.split('"scar": ')[1].split(",")[0].split("\n")[0]
    golden.write_text(text.replace(probability, str(float(probability) + 1e-3), 1))
    with pytest.raises(PromotionError, match="does not replay: exit code 1"):
        replay(home / "model", home / "golden")
    with pytest.raises(TransientError, match=r"did not load and replay within 0\.01 s"):
        replay(home / "model", home / "golden", timeout=0.01)


@pytest.mark.parametrize(
    ("code", "out", "err", "message"),
    [
        (1, '{"ok": false}', "first\nweights overflow\n", "exit code 1, weights overflow"),
        (0, "", "", "without an answer"),
        (0, "{broken", "", "without an answer"),
        (0, "{}", "", "replays 0 golden studies"),
        (0, '{"studies": 0, "max_difference": 0.0}', "", "replays 0 golden studies"),
        (0, '{"studies": 3, "max_difference": 1.1e-5}', "", "largest difference of 1.1e-05, allowed is 1e-05"),
        (0, '{"studies": 3, "max_difference": NaN}', "", "largest difference of nan"),
    ],
)
def test_only_a_replay_within_the_tolerance_counts(monkeypatch, tmp_path, code, out, err, message):
    answering(monkeypatch, code, out, err)
    with pytest.raises(PromotionError, match=message):
        replay(tmp_path, tmp_path)


@pytest.mark.parametrize(
    ("code", "err", "message"),
    [
        (-9, "", "signal 9, no message"),
        (1, "Traceback\nMemoryError\n", "exit code 1, MemoryError"),
        (1, "RuntimeError: DefaultCPUAllocator: can't allocate memory", "exit code 1, RuntimeError"),
    ],
)
def test_a_machine_that_ends_the_replay_gives_no_verdict(monkeypatch, tmp_path, code, err, message):
    answering(monkeypatch, code, "", err)
    with pytest.raises(TransientError, match=f"was ended while it replayed: {message}.*then run it again"):
        replay(tmp_path, tmp_path)


def test_a_model_that_does_not_load_is_a_verdict_not_a_matter_of_the_machine(monkeypatch, tmp_path):
    answering(monkeypatch, 1, '{"ok": false}', "size mismatch for model.conv1.weight")
    with pytest.raises(PromotionError, match="size mismatch") as caught:
        replay(tmp_path, tmp_path)
    assert not isinstance(caught.value, TransientError)


def test_the_limit_itself_is_allowed(monkeypatch, tmp_path):
    answering(monkeypatch, 0, 'noise\n{"studies": 3, "max_difference": 1e-5}\n')
    assert replay(tmp_path, tmp_path).studies == 3
