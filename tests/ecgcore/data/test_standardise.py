from dataclasses import dataclass

import numpy as np

from ecgcore.data.standardise import fit_scaler

SIGNALS = np.random.default_rng(0).normal(size=(600, 12, 30)).astype(np.float32) * np.arange(1, 13)[:, None] + 3


class Cache:
    def read(self, rows: np.ndarray) -> np.ndarray:
        return SIGNALS[rows]


@dataclass
class Rows:
    rows: np.ndarray
    cache: Cache

    def __len__(self) -> int:
        return len(self.rows)


def test_it_is_the_mean_and_deviation_of_each_lead_over_the_given_rows_alone():
    rows = np.arange(0, 600, 2)
    scaler = fit_scaler(Rows(rows, Cache()))
    chosen = SIGNALS[rows].astype(np.float64)
    np.testing.assert_allclose(scaler.mean_, chosen.mean(axis=(0, 2)), rtol=1e-12)
    np.testing.assert_allclose(scaler.scale_, chosen.std(axis=(0, 2)), rtol=1e-12)
    assert scaler.n_features_in_ == 12 and scaler.n_samples_seen_ == 300 * 30
