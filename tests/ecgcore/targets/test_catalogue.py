"""The shipped catalogue, and what a wrong one is told."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from ecgcore.errors import TargetError
from ecgcore.targets.catalogue import SHIPPED, load_catalogue
from ecgcore.targets.label_column import Kind
from ecgcore.targets.label_rule import LabelRule
from ecgcore.targets.language import Language


def test_the_shipped_targets_are_those_of_the_study() -> None:
    shipped = load_catalogue()
    assert shipped.names == ("scar", "lvef")
    assert [target.kind for target in shipped.targets] == [Kind.BINARY, Kind.NUMBER]
    assert [shipped.target("lvef").label(percent) for percent in (49.9, 50.0, None)] == [1, 0, None]
    assert [shipped.target("scar").label(value) for value in (1, 0, None)] == [1, 0, None]
    assert [column.key for column in shipped.labels] == ["scar", "lvef_percent"]
    assert [column.written for column in shipped.labels] == ["scar_cad", "lvef"]


def test_people_read_words_that_follow_the_rule() -> None:
    shipped = load_catalogue()
    assert (shipped.words("scar"), shipped.words("lvef")) == ("myocardial scar", "LVEF below 50 %")
    assert shipped.words("lvef", Language.THAI) == "LVEF ต่ำกว่า 50 %"
    assert shipped.with_rule("lvef", LabelRule.of("<= 45")).words("lvef") == "LVEF at most 45 %"
    assert shipped.words("unheard") == "unheard"


def test_the_rules_are_recorded_in_one_line() -> None:
    assert load_catalogue().rule_text == "lvef < 50"


def written(folder: Path, *path: str, value: object) -> Path:
    """The shipped catalogue with one value replaced, or taken away if it is None."""
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    place = content
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if value is None:
        del place[path[-1]]
    file = folder / "targets.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("targets", "lvef", "colum"), "lvef", "target lvef: has the unknown key 'colum'.*did you mean 'column'"),
        (("targets", "lvef", "column"), "lvfe", "follows from the column 'lvfe'.*did you mean 'lvef'"),
        (("targets", "lvef", "positive"), None, "target lvef: follows from a number.*say `positive"),
        (("targets", "scar", "positive"), "< 1", "target scar: follows from a flag"),
        (("targets", "lvef", "positive"), "< 95", "outside the column's range.*between 5 and 90"),
        (("targets", "lvef", "words", "th"), None, "has no words in th"),
        (("targets", "lvef", "words", "fr"), "FEVG", "unknown key 'fr'"),
        (("targets", "lvef", "prevalence", "low"), 0.9, "prevalence: is from 0.9 to 0.4"),
        (("targets", "lvef", "prevalence"), None, "lacks the key 'prevalence'"),
        (("targets", "LVEF 50"), {}, "has a name that no column can have"),
        (("columns", "lvef", "kind"), "numbr", "has the kind 'numbr'.*did you mean 'number'"),
        (("columns", "lvef", "range"), None, "is a number without a range"),
        (("columns", "lvef", "range"), [5], r"has the range \[5\]"),
        (("columns", "scar", "range"), [0, 1], "is a flag and has a range"),
        (("columns", "transmural_scar", "written"), "lvef", "has lvef twice"),
        (("targets",), {}, "has no target"),
        (("target",), {}, "did you mean 'targets'"),
    ],
)
def test_a_wrong_catalogue_names_the_place_and_the_next_step(
    tmp_path: Path, path: tuple[str, ...], value: object, message: str
) -> None:
    with pytest.raises(TargetError, match=message):
        load_catalogue(written(tmp_path, *path, value=value))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="ECG_TARGETS"):
        load_catalogue(tmp_path / "absent.yaml")
    (tmp_path / "list.yaml").write_text("- scar\n", encoding="utf-8")
    with pytest.raises(TargetError, match="no mapping"):
        load_catalogue(tmp_path / "list.yaml")


def test_an_unknown_target_names_the_nearest() -> None:
    with pytest.raises(TargetError, match="did you mean 'scar'"):
        load_catalogue().target("scr")
