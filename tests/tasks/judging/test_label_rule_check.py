"""Which label rule a version was trained for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecgcore.errors import EvaluationError
from ecgcore.targets.catalogue import Catalogue, load_catalogue
from ecgcore.targets.label_rule import LabelRule
from tasks.judging.label_rule_check import check_label_rule, label_rule_of
from tasks.registry.version_tags import VersionTags

SHIPPED = load_catalogue()
BELOW_40, AT_MOST_50 = (SHIPPED.with_rule("lvef", LabelRule.of(text)) for text in ("< 40", "<= 50"))


def refused(tags: dict[str, str], folder: Path, rule: Catalogue) -> bool:
    try:
        check_label_rule("3", VersionTags(snapshot="s1", **tags), folder, rule)
    except EvaluationError:
        return True
    return False


def snapshot(folder: Path, rule: Catalogue) -> None:
    (folder / "s1").mkdir(parents=True)
    (folder / "s1" / "snapshot.json").write_text(json.dumps({"label_rule": {"text": rule.rule_text}}), encoding="utf-8")


def test_its_tag_says_it_whatever_lies_in_the_snapshot(tmp_path: Path) -> None:
    snapshot(tmp_path, BELOW_40)
    assert not refused({"label_rule": "lvef <= 50"}, tmp_path, AT_MOST_50)
    assert refused({"label_rule": "lvef <= 50"}, tmp_path, BELOW_40)
    assert refused({"label_rule": "lvef <= 50"}, tmp_path, SHIPPED)


def test_without_a_tag_its_snapshot_says_it(tmp_path: Path) -> None:
    snapshot(tmp_path, BELOW_40)
    assert not refused({}, tmp_path, BELOW_40)
    assert refused({}, tmp_path, SHIPPED)


def test_without_either_it_is_the_study_s(tmp_path: Path) -> None:
    assert not refused({}, tmp_path, SHIPPED)
    assert refused({}, tmp_path, BELOW_40)
    assert label_rule_of({}) == "lvef < 50"


def test_the_refusal_names_both_rules_and_the_settings(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError) as caught:
        check_label_rule("3", VersionTags(label_rule="lvef < 50"), tmp_path, BELOW_40)
    assert str(caught.value).startswith(
        "version 3: was trained for the label rule 'lvef < 50', and labels are now 'lvef < 40'. Hint: set ECG_TARGETS"
    )


def test_a_target_that_only_one_side_knows_says_nothing_against_a_version(tmp_path: Path) -> None:
    assert not refused({"label_rule": "lvef < 50; lvef_below_40 < 40"}, tmp_path, SHIPPED)
    assert refused({"label_rule": "lvef_below_40 < 40; lvef < 45"}, tmp_path, SHIPPED)
