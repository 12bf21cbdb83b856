import numpy as np
import pytest

from ecgcore.synth.heart.disease import Disease, Territory
from ecgcore.synth.heart.lead import LEADS
from ecgcore.synth.patient import draw_study
from ecgcore.synth.record import FS, draw_record, record_of


def disease(scar: float = -2.0, lvef: float = -2.0, territory: Territory = Territory.ANTERIOR) -> Disease:
    return Disease(scar, lvef, territory, scar > 0.6, scar > 0.6, False, 35.0 if lvef > 0.9 else 62.0)


def mean_beat(case: Disease, seeds: range = range(24)) -> dict[str, np.ndarray]:
    """Average over hearts of the median conducted beat, -0.25 s to 0.5 s around R, in mV."""
    beats = []
    for seed in seeds:
        record = record_of(case, np.random.default_rng(seed))
        rhythm = record.rhythm
        peaks = [t for t, early in zip(rhythm.times, rhythm.ectopic, strict=True) if 0.3 < t < 9.3 and not early]
        cuts = [record.signals[:, round(t * FS) - 125 : round(t * FS) + 250] for t in peaks]
        beats.append(np.median(cuts, axis=0))
    return dict(zip(LEADS, np.mean(beats, axis=0), strict=True))


SEEN_IN = {
    Territory.ANTERIOR: ("V1", "V2", "V3"),
    Territory.INFERIOR: ("II", "III", "aVF"),
    Territory.LATERAL: ("I", "aVL", "V5", "V6"),
}


def q_depth(beat: np.ndarray) -> float:
    return float(-beat[125 - 20 : 125 - 4].min())


def t_wave(beat: np.ndarray) -> float:
    return float(beat[125 + 110 : 125 + 180].mean())


@pytest.mark.parametrize("territory", list(Territory))
def test_scar_shows_q_and_inverted_t_in_its_leads(territory):
    healthy, scarred = mean_beat(disease()), mean_beat(disease(scar=2.0, territory=territory))
    for lead in SEEN_IN[territory]:
        assert q_depth(scarred[lead]) > q_depth(healthy[lead]) + 0.2
        assert t_wave(scarred[lead]) < t_wave(healthy[lead]) - 0.2


def test_anterior_scar_loses_r_in_v2():
    healthy, scarred = mean_beat(disease()), mean_beat(disease(scar=2.0))
    assert scarred["V2"].max() < 0.6 * healthy["V2"].max()


def test_changes_grow_with_severity():
    depth = [q_depth(mean_beat(disease(scar=s))["V2"]) for s in (-1.0, 0.3, 0.9, 2.0)]
    assert depth == sorted(depth)
    size = [np.ptp(mean_beat(disease(lvef=s))["V5"]) for s in (-1.0, 0.5, 1.0, 2.0)]
    assert size == sorted(size, reverse=True)


def qrs_energy_width(beat: np.ndarray) -> float:
    """Root mean square spread in s of the absolute slope around R: grows with QRS duration."""
    slope = np.abs(np.diff(beat[125 - 50 : 125 + 60])) ** 2
    time = np.arange(len(slope)) / FS
    centre = (slope * time).sum() / slope.sum()
    return float(np.sqrt((slope * (time - centre) ** 2).sum() / slope.sum()))


def test_low_lvef_widens_and_lowers_qrs_and_flattens_t():
    healthy, failing = mean_beat(disease()), mean_beat(disease(lvef=2.2))
    assert qrs_energy_width(failing["V5"]) > 1.3 * qrs_energy_width(healthy["V5"])
    assert np.ptp(failing["II"]) < 0.75 * np.ptp(healthy["II"])
    assert t_wave(failing["V4"]) < 0.2 * t_wave(healthy["V4"])
    assert failing["V2"].max() < 0.6 * healthy["V2"].max()


@pytest.mark.parametrize("index", range(12))
def test_lead_identities_and_plausible_size(index):
    signals = draw_record(3, draw_study(3, index)).signals
    lead = dict(zip(LEADS, signals, strict=True))
    assert signals.shape == (12, 5001)
    np.testing.assert_allclose(lead["III"], lead["II"] - lead["I"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(lead["aVR"], -(lead["I"] + lead["II"]) / 2, rtol=0, atol=1e-12)
    assert 0.2 < np.abs(signals).max() < 3.5


def test_a_record_depends_on_seed_and_index_only():
    first, again = draw_record(3, draw_study(3, 7)), draw_record(3, draw_study(3, 7))
    np.testing.assert_array_equal(first.signals, again.signals)
    assert not np.array_equal(first.signals, draw_record(3, draw_study(3, 8)).signals)
    assert not np.array_equal(first.signals, draw_record(4, draw_study(3, 7)).signals)


def test_rates_and_rhythms_are_those_of_a_ward():
    rhythms = [draw_record(5, draw_study(5, index)).rhythm for index in range(300)]
    rates = [r.rate for r in rhythms]
    assert 60 < np.mean(rates) < 85
    assert min(rates) >= 46
    assert max(rates) <= 125
    assert 0.02 < np.mean([r.fibrillation for r in rhythms]) < 0.15
    assert any(r.ectopic.any() for r in rhythms)
    assert all((np.diff(r.times) > 0.2).all() for r in rhythms)


@pytest.mark.full
def test_signals_are_learnable_to_near_the_oracle():
    """A linear model on the median beat, from 1,200 studies, keeps 85 % of what the oracle has over chance."""
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    studies = [draw_study(21, index) for index in range(3200)]
    table = np.array([_features(draw_record(21, study)) for study in studies])
    for label, severity in (
        ([s.disease.scar for s in studies], [s.disease.scar_severity for s in studies]),
        ([s.disease.lvef_percent < 50 for s in studies], [s.disease.lvef_severity for s in studies]),
    ):
        model = make_pipeline(
            StandardScaler(), PCA(40, random_state=0), StandardScaler(), LogisticRegression(C=0.02, max_iter=1000)
        )
        model.fit(table[:1200], label[:1200])
        reached = roc_auc_score(label[1200:], model.decision_function(table[1200:]))
        assert reached - 0.5 > 0.85 * (roc_auc_score(label[1200:], severity[1200:]) - 0.5)


def _features(record) -> np.ndarray:
    rhythm = record.rhythm
    peaks = [t for t, early in zip(rhythm.times, rhythm.ectopic, strict=True) if 0.3 < t < 9.4 and not early]
    cuts = [record.signals[:, round(t * FS) - 125 : round(t * FS) + 250 : 5] for t in peaks]
    return np.append(np.median(cuts, axis=0).ravel(), rhythm.rate / 60)
