import numpy as np
import pytest
import torch

from ecgcore.data.cache import open_cache
from ecgcore.data.cache_spec import ImageSpec
from ecgcore.data.clinical import ClinicalFeatures, clinical_table
from ecgcore.data.dataset import labelled_studies, study_dataset
from ecgcore.data.image_transform import Interpolation
from ecgcore.data.loader import ordered_loader, train_loader
from ecgcore.data.snapshot import Snapshot
from ecgcore.data.split import Split


@pytest.fixture
def make(snapshot_path):
    snapshot = Snapshot.open(snapshot_path)
    images = {sha: snapshot.image_path(sha) for sha in snapshot.studies["image_sha256"]}
    cache = open_cache(snapshot_path / "cache", ImageSpec(24, 32, Interpolation.AREA), images, progress=False)

    def dataset(split=Split.TRAIN, targets=("scar", "lvef"), formats=("old", "new"), features=None):
        return study_dataset(labelled_studies(snapshot, split, targets, formats), cache, targets, features)

    return dataset


def test_only_rows_of_the_split_and_formats_with_some_label(make):
    train = make()
    # of 0 1 4 5 8 9 12 13 16 17, study 0 has no label of either target
    assert train.study_ids.tolist() == [f"S{i:03d}" for i in (1, 4, 5, 8, 9, 12, 13, 16, 17)]
    assert train.labels.tolist() == [[1, 1], [0, 1], [-1, 1], [0, 1], [1, 1], [0, 1], [1, 1], [0, 1], [1, 1]]
    assert train.label_counts() == {"scar": (4, 4), "lvef": (0, 9)}
    assert make(formats=("old",)).study_ids.tolist() == ["S009", "S012"]
    assert make(targets=("scar",)).study_ids.tolist() == [f"S{i:03d}" for i in (1, 4, 8, 9, 12, 13, 16, 17)]


def test_batches_carry_the_features_of_their_rows(make, snapshot_path):
    data = make()
    studies = Snapshot.open(snapshot_path).studies.set_index("study_id").loc[data.study_ids].reset_index()
    table = clinical_table(studies.fillna({"smoke": 1}))
    data = make(features=ClinicalFeatures.of(table, table))
    for batch in train_loader(data, 4, seed=3, epoch=2):
        categories, numbers = batch.inputs.features
        assert np.array_equal(categories.numpy(), table[batch.indices.numpy(), :5])
        assert np.array_equal(numbers.numpy(), table[batch.indices.numpy(), 5:].astype(np.float32))


def test_batches_carry_the_right_pixels_and_labels(make):
    data = make()
    for batch in train_loader(data, 4, seed=3, epoch=2):
        index = batch.indices.numpy()
        assert np.array_equal(batch.inputs.recordings.numpy(), data.cache.as_memmap()[data.rows[index]])
        assert np.array_equal(batch.labels.numpy(), data.labels[index])
        assert batch.epoch == 2 and batch.inputs.recordings.dtype == torch.uint8


def test_order_is_a_function_of_seed_and_epoch(make):
    def seen(seed, epoch):
        return torch.cat([b.indices for b in train_loader(make(), 4, seed, epoch)]).tolist()

    assert seen(1, 5) == seen(1, 5)
    assert seen(1, 5) != seen(1, 6) != seen(2, 6)
    assert sorted(seen(1, 5)) == list(range(9))


def test_validation_keeps_file_order(make):
    batches = list(ordered_loader(make(Split.VALID), 2))
    assert torch.cat([b.indices for b in batches]).tolist() == list(range(len(make(Split.VALID))))


def test_a_reader_that_fails_fails_the_loop(make):
    data = make()
    data.cache.path.write_bytes(b"")
    with pytest.raises(Exception, match="no complete row"):
        list(ordered_loader(data, 4))
