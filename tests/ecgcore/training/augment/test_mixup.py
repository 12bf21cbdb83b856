import numpy as np
import pytest
import torch
from scipy.stats import beta, kstest

from ecgcore.training.augment.mixup import Mixup
from ecgcore.training.network.loss import MultiTargetLoss
from ecgcore.training.recipe.augment_section import MixupSection


def test_shares_follow_their_beta_distribution():
    shares = Mixup(MixupSection(0.4), 4000, seed=1).shares(torch.arange(4000), 0)
    assert kstest(shares, beta(0.4, 0.4).cdf).pvalue > 0.01


def test_pixels_are_mixed_with_the_next_sample():
    images = torch.tensor([0, 100, 200], dtype=torch.uint8).view(3, 1, 1, 1).expand(3, 2, 2, 3).contiguous()
    mixup = Mixup(MixupSection(1.0), 10, seed=2)
    indices = torch.tensor([7, 1, 4])
    mixed = mixup(images, indices, epoch=3)
    share = mixup.shares(indices, 3)
    assert mixed.partner.tolist() == [1, 2, 0]
    expected = share * [0, 100, 200] + (1 - share) * [100, 200, 0]
    np.testing.assert_allclose(mixed.images[:, 0, 0, 0].numpy(), expected, atol=0.51)
    assert not np.array_equal(share, mixup.shares(indices, 4))


def test_the_loss_is_the_cross_entropy_of_the_mixed_label():
    torch.manual_seed(0)
    logits = {"scar": torch.randn(4, 2), "lvef": torch.randn(4, 2)}
    labels = torch.tensor([[0, 1], [1, 1], [0, 0], [1, 0]])
    partner, share = torch.tensor([1, 2, 3, 0]), torch.tensor([0.9, 0.5, 0.3, 1.0])
    loss = MultiTargetLoss({"scar": 0.5, "lvef": 0.5}, {t: torch.ones(2) for t in logits})
    got = loss.per_target_mixed(logits, labels, partner, share)
    for i, target in enumerate(logits):
        own, other = (torch.nn.functional.one_hot(y[:, i], 2).float() for y in (labels, labels[partner]))
        soft = share[:, None] * own + (1 - share)[:, None] * other
        expected = torch.nn.functional.cross_entropy(logits[target], soft)
        assert got[target].item() == pytest.approx(expected.item(), rel=1e-6)


def test_a_missing_label_counts_in_neither_place():
    """Rows 0 and 1, mixed with each other; 1 has no label: only the parts with row 0's label are left."""
    logits = {"scar": torch.tensor([[0.2, 1.0], [0.5, -0.3]])}
    labels, share = torch.tensor([[1], [-1]]), torch.tensor([0.7, 0.6])
    loss = MultiTargetLoss({"scar": 1.0}, {"scar": torch.ones(2)})
    got = loss.per_target_mixed(logits, labels, torch.tensor([1, 0]), share)["scar"].item()
    minus_log = (-torch.log_softmax(logits["scar"], 1)[:, 1]).tolist()
    assert got == pytest.approx((0.7 * minus_log[0] + 0.4 * minus_log[1]) / 1.1, rel=1e-6)


def test_a_share_of_one_is_no_mixing():
    torch.manual_seed(1)
    logits, labels = {"scar": torch.randn(6, 2)}, torch.tensor([[0], [1], [-1], [1], [0], [0]])
    loss = MultiTargetLoss({"scar": 1.0}, {"scar": torch.tensor([0.7, 2.0])})
    mixed = loss.per_target_mixed(logits, labels, torch.roll(torch.arange(6), -1), torch.ones(6))
    assert mixed["scar"].item() == pytest.approx(loss.per_target(logits, labels)["scar"].item(), rel=1e-6)
