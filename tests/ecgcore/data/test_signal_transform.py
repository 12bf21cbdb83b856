import json

import numpy as np
import pytest
import torch

from ecgcore.data.signal_transform import LEADS, SignalTransform
from ecgcore.errors import PredictorError
from ecgcore.reports.page.format import LEADS as NAMES

TRANSFORM = SignalTransform(100, tuple(range(12)), tuple(0.5 + i for i in range(12)), 0.02)


def test_each_lead_has_its_own_mean_and_scale():
    batch = np.random.default_rng(0).normal(size=(3, 12, 100)).astype(np.float32)
    expected = (batch - np.arange(12)[:, None]) / (0.5 + np.arange(12))[:, None]
    np.testing.assert_allclose(TRANSFORM.normalise(torch.from_numpy(batch)), expected, rtol=1e-6, atol=1e-6)


def test_a_blank_study_is_zero_to_the_network():
    assert torch.equal(TRANSFORM.normalise(torch.from_numpy(TRANSFORM.blank)[None]), torch.zeros(1, 12, 100))


def test_it_has_as_many_leads_as_reports_have():
    assert len(NAMES) == LEADS


def test_json_round_trip():
    assert SignalTransform.from_json(TRANSFORM.to_json()) == TRANSFORM


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"samples": 0}, "samples must be 1 to 2000"),
        ({"samples": True}, "samples must be"),
        ({"mean": [0.0] * 11}, "mean must be 12 numbers"),
        ({"scale": [1.0] * 11 + [0.0]}, "scale must be above 0"),
        ({"scale": [1.0] * 11 + ["1"]}, "scale must be 12 numbers"),
        ({"max_unreadable_share": 2}, r"max_unreadable_share must be in \[0, 1\]"),
        ({"leads": 12}, "must have the keys"),
    ],
)
def test_a_wrong_file_is_refused(change, match):
    with pytest.raises(PredictorError, match=match):
        SignalTransform.from_json(json.dumps(json.loads(TRANSFORM.to_json()) | change))


@pytest.mark.parametrize("text", ["", "[1]", "{}"])
def test_a_garbled_file_is_refused(text):
    with pytest.raises(PredictorError, match="Hint"):
        SignalTransform.from_json(text)


@pytest.mark.parametrize("batch", [torch.zeros(1, 12, 99), torch.zeros(1, 12, 100, dtype=torch.float64)])
def test_another_shape_or_type_is_refused(batch):
    with pytest.raises(PredictorError, match="must be float32 N x 12 x 100"):
        TRANSFORM.normalise(batch)


def test_a_picture_that_is_no_canonical_image_is_refused():
    with pytest.raises(PredictorError, match="must be a uint8 array"):
        TRANSFORM.prepare(np.zeros((4, 4)))
