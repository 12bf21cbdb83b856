"""`ECG_SPLITS` names the policy that splits new studies; it is asked before anything is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecgcore.settings import SHIPPED_DEPLOYMENTS, Settings


def test_a_folder_of_the_version_before_which_has_no_splits_goes_on_with_the_shipped_ones(tmp_path: Path) -> None:
    settings = Settings(deployments=tmp_path)
    assert settings.split_policy == SHIPPED_DEPLOYMENTS / "splits" / "study.yaml"
    own = tmp_path / "splits" / "study.yaml"
    own.parent.mkdir()
    own.write_bytes(settings.split_policy.read_bytes())
    assert settings.split_policy == own


def test_a_policy_that_is_not_there_ends_the_ingest_before_a_report_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ecgcore.errors import RecipeError
    from tasks.inbox.nothing_new import ingest_nothing_new

    (tmp_path / "inbox").mkdir()
    settings = Settings(home=tmp_path / "home", splits="nowhere")
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(RecipeError, match=r"split policy nowhere\.yaml: cannot be read.*ECG_SPLITS"):
        ingest_nothing_new(settings, str(tmp_path / "inbox"))
    assert not (tmp_path / "home").exists()
