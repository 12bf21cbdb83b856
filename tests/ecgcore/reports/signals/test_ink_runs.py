"""Runs, links and stretches against the plain loops that define them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ecgcore.reports.page.format import known_formats
from ecgcore.reports.signals.ink_coverage import ink_coverage
from ecgcore.reports.signals.ink_runs import find_runs, links
from ecgcore.reports.signals.stretch import find_stretches

FORMATS = {f.name: f for f in known_formats()}
INK = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.sampled_from([0, 0, 100, 255]))


def plain_runs(ink):
    found = []
    for x in range(ink.shape[1]):
        first = None
        for y in range(ink.shape[0] + 1):
            dark = y < ink.shape[0] and ink[y, x] >= 64
            if dark and first is None:
                first = y
            if not dark and first is not None:
                found.append((x, first, y - 1))
                first = None
    return found


@settings(max_examples=100, deadline=None)
@given(INK)
def test_runs_and_links(ink):
    runs, plain = find_runs(ink, 64), plain_runs(ink)
    assert list(zip(runs.column, runs.first, runs.last, strict=True)) == plain
    sums = [ink[a : b + 1, x].astype(float).sum() / 255 for x, a, b in plain]
    np.testing.assert_allclose(runs.lower - runs.upper, sums, atol=1e-9)
    touching = {
        (i, j)
        for i, (x, a, b) in enumerate(plain)
        for j, (u, c, d) in enumerate(plain)
        if u == x + 1 and c <= b + 1 and d >= a - 1
    }
    assert set(zip(*(part.tolist() for part in links(runs, len(ink))), strict=True)) == touching


@settings(max_examples=100, deadline=None)
@given(INK)
def test_stretches_are_the_chains_without_forks(ink):
    runs = find_runs(ink, 64)
    pairs = list(zip(*(part.tolist() for part in links(runs, len(ink))), strict=True))
    after, before = [a for a, _ in pairs], [b for _, b in pairs]
    single = {a: b for a, b in pairs if after.count(a) == 1 and before.count(b) == 1}
    chains = []
    for head in range(len(runs)):
        if head not in single.values():
            chain = [head]
            while chain[-1] in single:
                chain.append(single[chain[-1]])
            chains.append(chain)
    found = find_stretches(runs, len(ink))
    assert [found.of(i).tolist() for i in range(len(found))] == chains


@pytest.mark.parametrize("ground", [(255, 255, 255), (216, 111, 98), (250, 200, 168), (168, 0, 0)])
def test_coverage_is_that_of_poppler_on_every_ground(ground):
    """Splash smooths with 4 x 4 points and paints opacity (n / 16) ** 1.5; the ground shines through the rest."""
    shares = np.arange(17) / 16
    pixels = np.rint(np.array(ground) * (1 - shares[:, None] ** 1.5)).astype(np.uint8)[None]
    found = ink_coverage(pixels, FORMATS["new"])[0] / 255
    dark = shares >= 0.25  # fainter ink on a dark grid line is within the line's own tolerance
    assert found[dark] == pytest.approx(shares[dark], abs=0.03)
    if ground == (255, 255, 255):
        np.testing.assert_allclose(ink_coverage(pixels, FORMATS["old"])[0] / 255, shares, atol=0.02)
