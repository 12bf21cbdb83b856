"""Which label rule a version was trained for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ecgcore.cmr.label_rule import Comparison, LabelRule
from ecgcore.errors import EvaluationError
from tasks.judging.label_rule_check import check_label_rule, label_rule_of
from tasks.registry.version_tags import VersionTags

BELOW_40, AT_MOST_50 = LabelRule(40.0), LabelRule(50.0, Comparison.AT_MOST)


def refused(tags: dict[str, str], folder: Path, rule: LabelRule) -> bool:
    try:
        check_label_rule("3", VersionTags(snapshot="s1", **tags), folder, rule)
    except EvaluationError:
        return True
    return False


def snapshot(folder: Path, rule: LabelRule) -> None:
    (folder / "s1").mkdir(parents=True)
    (folder / "s1" / "snapshot.json").write_text(json.dumps({"label_rule": {"text": str(rule)}}), encoding="utf-8")


def test_its_tag_says_it_whatever_lies_in_the_snapshot(tmp_path: Path) -> None:
    snapshot(tmp_path, BELOW_40)
    assert not refused({"label_rule": "lvef <= 50"}, tmp_path, AT_MOST_50)
    assert refused({"label_rule": "lvef <= 50"}, tmp_path, BELOW_40)
    assert refused({"label_rule": "lvef <= 50"}, tmp_path, LabelRule())


def test_without_a_tag_its_snapshot_says_it(tmp_path: Path) -> None:
    snapshot(tmp_path, BELOW_40)
    assert not refused({}, tmp_path, BELOW_40)
    assert refused({}, tmp_path, LabelRule())


def test_without_either_it_is_the_study_s(tmp_path: Path) -> None:
    assert not refused({}, tmp_path, LabelRule())
    assert refused({}, tmp_path, BELOW_40)
    assert label_rule_of({}) == "lvef < 50"


def test_the_refusal_names_both_rules_and_the_settings(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError) as caught:
        check_label_rule("3", VersionTags(label_rule="lvef < 50"), tmp_path, BELOW_40)
    assert str(caught.value).startswith(
        "version 3: was trained for the label rule 'lvef < 50', and labels are now 'lvef < 40'. Hint: set ECG_LVEF_"
    )
