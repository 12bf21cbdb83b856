"""The transform against albumentations, which the deployed predictor uses."""

from __future__ import annotations

import json

import albumentations as A
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ecgcore.data.image_transform import ImageTransform, Interpolation
from ecgcore.errors import PredictorError

STUDY = ImageTransform(384, 384, Interpolation.LINEAR)

# The form that both albumentations releases were seen to load.
DEPLOYED = {
    "__version__": "1.3.1",
    "transform": {
        "__class_fullname__": "Compose",
        "p": 1.0,
        "transforms": [
            {"__class_fullname__": "Resize", "p": 1, "height": 384, "width": 384, "interpolation": 1},
            {
                "__class_fullname__": "Normalize",
                "p": 1.0,
                "mean": [0.485, 0.456, 0.406],
                "std": [0.229, 0.224, 0.225],
                "max_pixel_value": 255.0,
            },
            {"__class_fullname__": "ToTensorV2", "p": 1.0, "transpose_mask": False},
        ],
        "bbox_params": None,
        "keypoint_params": None,
        "additional_targets": {},
    },
}


def random_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def edited(step: int, **fields: object) -> str:
    content = json.loads(json.dumps(DEPLOYED))
    content["transform"]["transforms"][step].update(fields)
    return json.dumps(content)


def test_it_writes_the_deployed_form_exactly():
    assert json.loads(STUDY.to_json()) == DEPLOYED


@pytest.mark.parametrize("flag", list(Interpolation))
@pytest.mark.parametrize("shape", [(300, 400), (1320, 2820), (100, 90), (384, 384)])
def test_what_it_writes_gives_albumentations_the_same_pixels(flag: Interpolation, shape: tuple[int, int]):
    ours = ImageTransform(384, 320, flag)
    theirs = A.from_dict(json.loads(ours.to_json()))
    image = random_image(*shape)
    expected = theirs(image=image)["image"]
    actual = ours.normalise(ours.resize(image)[None])[0]
    assert actual.dtype == expected.dtype == torch.float32
    assert actual.shape == expected.shape == (3, 384, 320)
    assert (actual - expected).abs().max() <= 1e-6


def test_resize_equals_albumentations_bit_for_bit():
    image = random_image(2100, 1402)
    for flag in (Interpolation.LINEAR, Interpolation.AREA):
        expected = A.Resize(384, 384, interpolation=int(flag))(image=image)["image"]
        np.testing.assert_array_equal(ImageTransform(384, 384, flag).resize(image), expected)


def test_every_pixel_value_is_normalised_like_albumentations():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    expected = A.Normalize()(image=ramp)["image"].transpose(2, 0, 1)
    np.testing.assert_allclose(STUDY.normalise(ramp[None])[0].numpy(), expected, rtol=0, atol=1e-6)


def test_arrays_and_tensors_are_normalised_alike_and_left_alone():
    batch = np.stack([random_image(8, 6, seed) for seed in range(3)])
    before = batch.copy()
    from_array, from_tensor = STUDY.normalise(batch), STUDY.normalise(torch.from_numpy(batch))
    assert torch.equal(from_array, from_tensor)
    assert from_array.shape == (3, 3, 8, 6) and from_array.is_contiguous()
    np.testing.assert_array_equal(batch, before)


def test_an_image_of_the_right_size_is_returned_as_it_is():
    image = random_image(384, 384)
    assert STUDY.resize(image) is image


@given(
    st.integers(1, 700), st.integers(1, 700), st.sampled_from(list(Interpolation)),
    st.tuples(*[st.floats(-1, 2)] * 3), st.tuples(*[st.floats(0.01, 3)] * 3), st.sampled_from([1.0, 255.0, 65535.0]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_round_trip(height, width, flag, mean, std, maximum):
    transform = ImageTransform(height, width, flag, mean, std, maximum)
    assert ImageTransform.from_json(transform.to_json()) == transform


def test_it_reads_what_albumentations_2_writes():
    compose = A.Compose([A.Resize(384, 256, interpolation=3), A.Normalize(), A.ToTensorV2()])
    assert ImageTransform.from_json(json.dumps(A.to_dict(compose))) == ImageTransform(384, 256, Interpolation.AREA)


def test_it_reads_what_albumentations_1_writes():
    content = json.loads(json.dumps(DEPLOYED))
    names = ("albumentations.augmentations.geometric.resize.Resize", "Normalize", "albumentations.pytorch.ToTensorV2")
    for step, name in zip(content["transform"]["transforms"], names, strict=True):
        step.update(always_apply=False, __class_fullname__=name)
    content["transform"]["__class_fullname__"] = "albumentations.core.composition.Compose"
    assert ImageTransform.from_json(json.dumps(content)) == STUDY


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{", "is not JSON"),
        ("[]", "the file must be an object"),
        ("{}", "'transform' must be an object"),
        ('{"transform": {"__class_fullname__": "OneOf"}}', "must be a Compose"),
        (edited(0, __class_fullname__="Blur"), "steps must be Resize, Normalize, ToTensorV2; they are Blur"),
        (edited(0, p=0.5), "Resize must have p = 1"),
        (edited(0, area_for_downscale="image"), "Resize has area_for_downscale = 'image'"),
        (edited(1, normalization="min_max"), "Normalize has normalization = 'min_max'"),
        (edited(0, surprise=1), "Resize has surprise = 1"),
        (edited(0, height=0), "height must be a whole number"),
        (edited(0, width="384"), "width must be a whole number"),
        (edited(0, interpolation=17), "interpolation must be one of"),
        (edited(1, std=[0.2, 0.0, 0.2]), "std must be above 0"),
        (edited(1, mean=0.5), "mean must be three numbers"),
        (edited(1, max_pixel_value=0), "max_pixel_value must be above 0"),
    ],
)
def test_it_refuses_what_it_cannot_reproduce(text: str, match: str):
    with pytest.raises(PredictorError, match=match):
        ImageTransform.from_json(text)


def test_a_missing_number_is_named():
    content = json.loads(json.dumps(DEPLOYED))
    del content["transform"]["transforms"][0]["interpolation"]
    with pytest.raises(PredictorError, match="Resize lacks interpolation"):
        ImageTransform.from_json(json.dumps(content))


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda v: st.lists(v) | st.dictionaries(
    st.sampled_from(["transform", "transforms", "__class_fullname__", "p", "x"]), v)))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_any_other_json_is_refused_cleanly(content):
    with pytest.raises(PredictorError):
        ImageTransform.from_json(json.dumps(content))


@pytest.mark.parametrize("image", [None, np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3)),
                                   np.zeros((0, 4, 3), np.uint8)])  # fmt: skip
def test_resize_takes_8_bit_rgb_only(image):
    with pytest.raises(PredictorError, match="must be a uint8 array H x W x 3"):
        STUDY.resize(image)


@pytest.mark.parametrize(
    "batch", [np.zeros((4, 4, 3), np.uint8), np.zeros((1, 3, 4, 4), np.uint8), np.zeros((1, 4, 4, 3))]
)
def test_normalise_takes_8_bit_batches_only(batch):
    with pytest.raises(PredictorError, match="must be uint8 N x H x W x 3"):
        STUDY.normalise(batch)
