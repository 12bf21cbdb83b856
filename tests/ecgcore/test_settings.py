"""Settings come from the environment; a key is never guessed for a ledger that has one."""

import re
import stat
from pathlib import Path

import pytest

from ecgcore.errors import SettingsError, TargetError
from ecgcore.settings import Settings, load_settings

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ECG_PSEUDONYM_KEY", "ECG_LEDGER_URL", "ECG_DEPLOYMENTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ECG_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_fresh_home_gets_a_random_key_that_only_its_owner_reads(home):
    first = load_settings().pseudonymiser(ledger_holds_pseudonyms=False)
    mode = stat.S_IMODE((home / ".env").stat().st_mode)
    assert mode == 0o600
    assert load_settings().pseudonymiser(ledger_holds_pseudonyms=True) == first


def test_a_ledger_without_its_key_is_refused(home):
    with pytest.raises(SettingsError, match="ECG_PSEUDONYM_KEY: is not set"):
        load_settings().pseudonymiser(ledger_holds_pseudonyms=True)
    assert not home.exists()


def test_a_wrong_value_names_the_variable(home, monkeypatch):
    monkeypatch.setenv("ECG_PAIR_DAYS", "soon")
    with pytest.raises(SettingsError, match="ECG_PAIR_DAYS"):
        load_settings()


def test_a_file_in_the_place_of_home_is_refused(home):
    home.write_text("")
    with pytest.raises(SettingsError, match="set ECG_HOME"):
        load_settings().folder("pages")


def test_label_rule_follows_the_comparison(home, monkeypatch):
    assert load_settings().catalogue.target("lvef").label(50.0) == 0
    monkeypatch.setenv("ECG_LVEF_COMPARISON", "<=")
    assert load_settings().catalogue.target("lvef").label(50.0) == 1


def test_every_setting_is_documented():
    documented = set(re.findall(r"^#? ?(ECG_[A-Z0-9_]+)=", (PROJECT / ".env.example").read_text(), re.MULTILINE))
    assert documented == {f"ECG_{name.upper()}" for name in Settings.model_fields}


def test_the_catalogue_is_the_file_that_is_named_with_the_settings_own_rule(home, monkeypatch, tmp_path):
    text = (PROJECT / "ecgcore" / "targets" / "catalogue.yaml").read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace('"< 50"', '"<= 35"'), encoding="utf-8")
    monkeypatch.setenv("ECG_TARGETS", str(tmp_path / "mine.yaml"))
    assert load_settings().catalogue.rule_text == "lvef <= 35"
    monkeypatch.setenv("ECG_LVEF_THRESHOLD", "40")
    assert load_settings().catalogue.rule_text == "lvef <= 40"


def test_a_catalogue_that_is_not_there_names_the_setting(home, monkeypatch, tmp_path):
    monkeypatch.setenv("ECG_TARGETS", str(tmp_path / "absent.yaml"))
    with pytest.raises(TargetError, match="ECG_TARGETS"):
        _ = load_settings().catalogue


def test_the_form_of_hospital_numbers_is_checked_when_it_is_read(monkeypatch):
    monkeypatch.setenv("ECG_HN_PATTERN", r"\d{7}")
    assert not load_settings().pseudonymiser(ledger_holds_pseudonyms=False).form.admits("123456")
    monkeypatch.setenv("ECG_HN_PATTERN", r"(\d{7}")
    with pytest.raises(SettingsError, match=r"^ECG_HN_PATTERN: is not a regular expression \(missing \), unterminated"):
        load_settings()
