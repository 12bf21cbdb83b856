"""The tags of a version, there and back."""

from __future__ import annotations

from dataclasses import fields

import pytest

from ecgcore.ledger.decide.candidacy import Candidacy, GateVerdict
from tasks.registry.version_tags import VersionTags

ALL = {
    **{each.name: f"a {each.name}" for each in fields(VersionTags) if each.name != "run_id"},
    "ecg_run_id": "tiny-1",
    "gate": "inconclusive",
    "promotable": "false",
}


def test_what_mlflow_keeps_comes_back() -> None:
    assert VersionTags.from_mlflow(ALL).to_mlflow() == ALL
    assert VersionTags.from_mlflow(ALL).run_id == "tiny-1"


def test_versions_of_long_ago_have_fewer_and_other_programs_add_some() -> None:
    old = {"gate": "pass", "snapshot": "s1", "recipe_sha256": "r", "mlflow.user": "somebody"}
    tags = VersionTags.from_mlflow(old)
    assert tags == VersionTags(gate=GateVerdict.PASS, snapshot="s1", recipe_sha256="r")
    assert tags.to_mlflow() == {"gate": "pass", "snapshot": "s1", "recipe_sha256": "r", "promotable": "true"}


@pytest.mark.parametrize(("text", "verdict"), [("pass", GateVerdict.PASS), ("", None), ("maybe", None)])
def test_a_verdict_is_one_of_three_or_none(text: str, verdict: GateVerdict | None) -> None:
    assert VersionTags.from_mlflow({"gate": text}).gate is verdict


def test_what_it_brings_to_a_promotion() -> None:
    told = {"gate": "pass", "judged_against": "2", "model_dir_sha256": "m", "policy_sha256": "p", "recipe": "tiny"}
    assert VersionTags.from_mlflow(told).candidacy("champion", "3") == Candidacy(
        "3", "champion", GateVerdict.PASS, True, "tiny", False, "2", "m", "p"
    )
    other = VersionTags.from_mlflow(told | {"decision": "rejected", "promotable": "false"}).candidacy("champion", "3")
    assert (other.rejected, other.promotable) == (True, False)
