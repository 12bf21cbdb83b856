from collections import Counter

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from ecgcore.synth.heart.oracle import rank_auc
from ecgcore.synth.patient import draw_study, split_of

N = 8000


@pytest.fixture(scope="module")
def studies():
    return [draw_study(11, index) for index in range(N)]


def share(flags) -> float:
    return float(np.mean(list(flags)))


def near(value: float) -> object:
    """Within four standard errors of a share among N independent patients."""
    return pytest.approx(value, abs=4 * (value * (1 - value) / N) ** 0.5 + 1e-9)


def test_prevalences_are_those_of_the_study(studies):
    disease = [s.disease for s in studies]
    assert share(d.scar for d in disease) == near(0.271)
    assert share(d.lvef_percent < 50 for d in disease) == near(0.187)
    assert share(d.lvef_percent < 40 for d in disease) == near(0.124)
    assert share(d.subendocardial and not d.transmural for d in disease) == near(0.0945)
    assert share(d.transmural and not d.subendocardial for d in disease) == near(0.0761)
    assert share(d.transmural and d.subendocardial for d in disease) == near(0.1004)


def test_scar_and_pattern_agree(studies):
    assert all(s.disease.scar == (s.disease.subendocardial or s.disease.transmural) for s in studies)


def test_risk_factors_are_as_common_as_in_the_study(studies):
    assert share(s.risk.smoke for s in studies) == near(0.261)
    assert share(s.risk.diabetes for s in studies) == near(0.449)
    assert share(s.risk.hypertension for s in studies) == near(0.760)
    assert share(s.risk.dyslipidemia for s in studies) == near(0.686)
    assert share(not s.female for s in studies) == near(0.505)
    assert share(not s.risk.recorded for s in studies) == near(0.3848)
    ages = [s.age for s in studies]
    assert np.mean(ages) == pytest.approx(72.3, abs=1.0)
    assert np.std(ages) == pytest.approx(13.8, abs=1.0)
    assert min(ages) >= 18


def test_oracle_is_good_but_not_perfect(studies):
    disease = [s.disease for s in studies]
    scar = rank_auc(np.array([d.scar for d in disease]), np.array([d.scar_severity for d in disease]))
    low = np.array([d.lvef_percent < 50 for d in disease])
    lvef = rank_auc(low, np.array([d.lvef_severity for d in disease]))
    assert 0.92 <= scar <= 0.95
    assert 0.92 <= lvef <= 0.95


def test_clinical_features_alone_reach_the_studys_auc(studies):
    risk = [(s.risk.smoke, s.risk.diabetes, s.risk.hypertension, s.risk.dyslipidemia) for s in studies]
    table = StandardScaler().fit_transform([[s.age, s.female, *r] for s, r in zip(studies, risk, strict=True)])
    scar = np.array([s.disease.scar for s in studies])
    model = LogisticRegression().fit(table[: N // 2], scar[: N // 2])
    # the study: 0.682 (0.655 to 0.707)
    assert 0.655 <= roc_auc_score(scar[N // 2 :], model.decision_function(table[N // 2 :])) <= 0.707


def test_scar_and_low_lvef_go_together(studies):
    scar = np.array([s.disease.scar for s in studies])
    low = np.array([s.disease.lvef_percent < 50 for s in studies])
    assert low[scar].mean() > 1.5 * low[~scar].mean()


def test_years_are_even_and_formats_change_in_2017(studies):
    years = Counter(s.day.year for s in studies)
    assert sorted(years) == list(range(2009, 2022))
    assert min(years.values()) > 0.8 * N / 13
    assert max(years.values()) < 1.2 * N / 13
    assert all((s.fmt.value == "new") == (s.day.year >= 2017) for s in studies)


def test_a_few_patients_come_back_and_stay_in_their_split(studies):
    by_patient: dict[str, list] = {}
    for s in studies:
        by_patient.setdefault(s.hn, []).append(s)
    back = [visits for visits in by_patient.values() if len(visits) > 1]
    assert len(back) / len(by_patient) == pytest.approx(0.024, abs=4 * (0.024 / N) ** 0.5)
    for first, second in back:
        assert first.split == second.split
        assert first.day != second.day
        assert (first.name, first.disease) == (second.name, second.disease)


def test_any_study_can_be_drawn_alone(studies):
    assert draw_study(11, 4321) == studies[4321]
    assert draw_study(12, 4321) != studies[4321]


@pytest.mark.parametrize(
    ("day", "trains", "split"),
    [
        ("2014-12-31", True, "old_train"),
        ("2015-01-01", True, "old_valid"),
        ("2016-06-01", True, "old_test"),
        ("2017-01-01", True, "new_train"),
        ("2020-12-31", False, "new_valid"),
        ("2021-01-01", True, "new_test"),
    ],
)
def test_split_follows_the_year(day, trains, split):
    from datetime import date

    assert split_of(date.fromisoformat(day), trains) == split
