import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.data.order import Stream, epoch_generator, epoch_order, even_batches


@given(st.integers(0, 300), st.integers(0, 2**31 - 1), st.integers(0, 1000))
def test_an_order_is_a_permutation_and_a_function_of_seed_and_epoch(count, seed, epoch):
    order = epoch_order(count, seed, epoch)
    assert sorted(order) == list(range(count))
    np.random.random(3)
    assert np.array_equal(order, epoch_order(count, seed, epoch))


def test_it_differs_between_epochs_seeds_and_streams():
    orders = [tuple(epoch_order(50, seed, epoch)) for seed in range(5) for epoch in range(5)]
    assert len(set(orders)) == 25
    assert len({epoch_generator(1, 1, s).random() for s in Stream}) == len(Stream)


def test_another_process_gives_the_same_order():
    code = "from ecgcore.data.order import epoch_order; print(epoch_order(20, 3, 4).tolist())"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == str(epoch_order(20, 3, 4).tolist())


@given(st.integers(0, 500), st.integers(1, 40))
def test_batches_are_even_few_and_complete(count, size):
    batches = even_batches(np.arange(count), size)
    assert np.array_equal(np.concatenate([*batches, []]), np.arange(count))
    if count:
        lengths = [len(b) for b in batches]
        assert max(lengths) <= size and max(lengths) - min(lengths) <= 1
        assert len(batches) == -(-count // size)


@pytest.mark.parametrize("position", [0, 25, 49])
def test_every_sample_can_come_anywhere(position):
    seen = {int(epoch_order(50, 0, epoch)[position]) for epoch in range(600)}
    assert len(seen) == 50  # a given value is missed with probability 5e-6
