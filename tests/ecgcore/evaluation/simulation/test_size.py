"""How often a candidate that is worse by the margin passes, by the gates' interval and by others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from ecgcore.errors import EvaluationError
from ecgcore.evaluation.estimate.discrimination.paired import paired_difference
from ecgcore.evaluation.estimate.proportion import wilson
from ecgcore.evaluation.gates.gate import MinimumCases, NonInferior
from ecgcore.evaluation.gates.policy import load_policy
from ecgcore.evaluation.simulation import size as module
from ecgcore.evaluation.simulation.alternatives import mover_ends
from ecgcore.evaluation.simulation.size import AREAS, CORRELATIONS, SIZES, Duel, Method, pass_rates, score_passes

POLICIES = Path(__file__).parents[4] / "deployments" / "policies"


def most(replicates):
    """The 99 % Monte-Carlo bound of a rate of 2.5 %."""
    return 0.025 + 2.576 * np.sqrt(0.025 * 0.975 / replicates)


def test_mover_of_wilsons_limits_is_newcombes_interval_as_a_textbook_prints_it():
    # Cavo et al. 2012, as in test_paired_share: 59, 6, 16 and 80 of 161. Newcombe's square-and-add interval is MOVER
    # with the correlation of the table, corrected for continuity.
    first, second = wilson(65, 161), wilson(75, 161)
    correlation = (59 * 80 - 6 * 16 - 161 / 2) / np.sqrt(65 * 96 * 75 * 86)
    found = mover_ends(first.value, (first.low, first.high), second.value, (second.low, second.high), correlation)
    assert [round(float(end), 4) for end in found] == [-0.1186, -0.0046]


@pytest.mark.parametrize(
    "duel", [Duel(12, 40, 0.9, 0.05, 0.9), Duel(8, 12, 0.97, 0.0, 0.95), Duel(9, 15, 0.9, 0.0, 0.9, 3)]
)
def test_vectorised_verdicts_are_those_of_the_interval(duel):
    new, old = next(duel.samples(60, seed=2))
    labels = np.repeat([1, 0], [new.positive.shape[1], new.negative.shape[1]])
    whose = duel.clusters
    patients = None if whose is None else np.concatenate([whose.positive, whose.negative])
    joined = [np.hstack([cases.positive, cases.negative]) for cases in (new, old)]
    lows = np.array(
        [paired_difference(labels, a, b, 0.95, patients).difference.low for a, b in zip(*joined, strict=True)]
    )
    for margin in (0.05, 0.1, 0.3):
        assert (score_passes(new, old, margin, 0.95, whose) == (lows > -margin)).all()
    assert (lows > -0.3).sum() > 0


def test_at_the_demos_minimum_a_candidate_worse_by_its_margin_passes_as_rarely_as_the_policy_says():
    found = pass_rates(Duel(12, 40, 0.93, 0.10, 0.8), 0.10, replicates=3_000)
    assert found[Method.SCORE] <= most(3_000)
    assert found[Method.DELONG] > 0.05  # why DeLong's own interval is not used


def test_mover_hardly_ever_passes_an_equal_model_whose_scores_are_alike():
    """Why MOVER is not used: it gives power away where a champion and its successor agree."""
    found = pass_rates(Duel(12, 40, 0.87, 0.10, 0.95), 0.10, replicates=1_000)
    assert found[Method.MOVER] < 0.008 <= found[Method.SCORE] + 0.006 <= most(1_000) + 0.006
    equal = pass_rates(Duel(12, 40, 0.87, 0.0, 0.95), 0.10, replicates=500)
    assert equal[Method.SCORE] > equal[Method.MOVER] + 0.1


def test_near_copies_of_a_patient_do_not_make_a_worse_candidate_pass():
    """34 and 34 patients with three near-copies each, which rows would count as 102 and 102."""
    copies = Duel(34, 34, 0.93, 0.05, 0.8, copies=3)
    assert pass_rates(copies, 0.05, replicates=1_000)[Method.SCORE] <= most(1_000)
    unaware = Duel(34, 34, 0.93, 0.05, 0.8, copies=3, by_patient=False)
    assert pass_rates(unaware, 0.05, replicates=300)[Method.SCORE] > 0.09


def test_the_table_names_what_it_holds(monkeypatch, capsys):
    monkeypatch.setattr(module, "table", partial(module.table, replicates=50))
    monkeypatch.setattr(module, "SIZES", ((12, 40),))
    monkeypatch.setattr(module, "AREAS", (0.9,))
    module.main(["0.1"])
    title, head, *rows = capsys.readouterr().out.splitlines()
    assert "0.1" in title and head.split()[:4] == ["positives", "negatives", "AUC", "correlation"]
    rates = pass_rates(Duel(12, 40, 0.9, 0.1, 0.8), 0.1, replicates=50)
    assert len(rows) == 3
    assert [float(cell) for cell in rows[1].split()[:7]] == [12, 40, 0.9, 0.8, *(100 * rates[m] for m in Method)]


@pytest.mark.parametrize("arguments", [[], ["much"], ["0.1", "0.2"]])
def test_arguments_are_checked(arguments):
    with pytest.raises(EvaluationError, match="arguments"):
        module.main(arguments)


def test_the_table_holds_the_fewest_cases_that_a_policy_asks_for():
    for path in POLICIES.glob("*.yaml"):
        asked = {gate.positives for gate in load_policy(path).gates if isinstance(gate, MinimumCases)}
        assert asked <= {positives for positives, _ in SIZES}, path.name


@pytest.mark.full
@pytest.mark.parametrize("name", ["default", "demo"])
@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("correlation", CORRELATIONS)
def test_at_the_shipped_minimum_a_candidate_worse_by_the_margin_passes_in_2_5_percent(name, area, correlation):
    gates = load_policy(POLICIES / f"{name}.yaml").gates
    minimum = next(gate for gate in gates if isinstance(gate, MinimumCases))
    margin = next(gate for gate in gates if isinstance(gate, NonInferior)).margin
    duel = Duel(minimum.positives, minimum.negatives, area, margin, correlation)
    assert pass_rates(duel, margin)[Method.SCORE] <= most(module.REPLICATES)


@pytest.mark.full
@pytest.mark.parametrize("correlation", CORRELATIONS)
@pytest.mark.parametrize("cases", SIZES)
@pytest.mark.parametrize("margin", [0.03, 0.05])
def test_over_the_grid_it_passes_in_2_5_percent(cases, correlation, margin):
    for area in AREAS:
        found = pass_rates(Duel(*cases, area, margin, correlation), margin, replicates=4_000)
        assert found[Method.SCORE] <= most(4_000), area
