"""Promoting and rolling back through the flow, over real release directories and a registry in memory."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.cli import status as reading
from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.candidacy import Candidacy, GateVerdict
from ecgcore.ledger.decide.promotion_record import PromotionRecord
from ecgcore.ledger.decide.state import PromotionState
from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.promotion import promotion
from ecgcore.pages.markdown import render_markdown
from ecgcore.settings import Settings
from flows import rollback as flow
from tasks.release import champion_steps as steps
from tasks.release import leaving, promoting
from tasks.release.promoting import promote_version
from tasks.release.release import linked_version, read_release
from tasks.release.serving import Champion, champion_of
from tests.flows.memory_registry import MemoryRegistry

SLOT = "champion"
WHO = ("Dr. Reviewer", "agreed")


def passed(version: str, against: str) -> Candidacy:
    return Candidacy(version, SLOT, GateVerdict.PASS, judged_against=against)


@dataclass(frozen=True)
class House:
    """A home with its ledger and registry."""

    home: Path
    url: str
    ledger: Ledger
    shelf: MemoryRegistry

    def promote(self, version: str) -> PromotionRecord:
        settings: Any = SimpleNamespace(home=self.home)
        return promote_version(settings, self.ledger, SLOT, version, *WHO)

    def rollback(self, leave: str | None = None) -> Any:
        return flow.rollback.fn(*WHO, leave)

    def serves(self) -> tuple[str | None, str | None, str | None]:
        """What ledger, link and alias name."""
        current = promotion.current(self.ledger, SLOT)
        return (current.version if current else None, linked_version(self.home), self.shelf.champion)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    home, shelf = tmp_path / "home", MemoryRegistry(tmp_path / "shelf")
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    for module in (promoting, leaving):
        monkeypatch.setattr(module, "registry_of", lambda _settings: shelf)
    monkeypatch.setattr(flow, "rollback_step", flow.rollback_step.fn)
    monkeypatch.setattr(flow, "prepare", lambda: SimpleNamespace(home=home))
    monkeypatch.setattr(flow, "open_ledger", lambda _settings: Ledger(url))
    monkeypatch.setattr(flow, "publish_page", lambda *_: None)
    monkeypatch.setattr(steps, "verify_release", read_release)  # without the fresh process
    with Ledger(url) as ledger:
        yield House(home, url, ledger, shelf)


@pytest.fixture
def chain(house: House) -> House:
    """Champions 1, 2 and 3, each judged against the one before."""
    for version, against in (("1", "none"), ("2", "1"), ("3", "2")):
        house.shelf.add(version, against)
        house.promote(version)
    return house


def test_two_versions_judged_against_one_champion_are_not_promoted_one_after_the_other(house: House) -> None:
    for version, against in (("1", "none"), ("2", "1"), ("3", "1")):
        house.shelf.add(version, against)
    house.promote("1")
    house.promote("3")
    with pytest.raises(PromotionError, match="version 2: was judged against champion 1, and the slot has champion 3"):
        house.promote("2")
    assert house.serves() == ("3", "3", "3")


@pytest.mark.parametrize("lost", ["link", "release", "alias", "all"])
def test_promoting_the_champion_again_makes_what_was_lost(chain: House, lost: str) -> None:
    if lost in ("link", "all"):
        (chain.home / "champion").unlink()
    if lost in ("release", "all"):
        shutil.rmtree(chain.home / "releases" / "3")
    if lost in ("alias", "all"):
        chain.shelf.champion = None
    record = chain.promote("3")
    assert (record.version, record.state) == ("3", PromotionState.DONE)
    assert chain.serves() == ("3", "3", "3")
    assert (chain.home / "champion" / "model.ckpt").read_text(encoding="utf-8") == "model.ckpt of 3"
    assert len(promotion.history(chain.ledger, SLOT)) == 3


def test_an_altered_release_of_the_champion_is_refused_until_it_is_removed(chain: House) -> None:
    release = chain.home / "releases" / "3"
    (release / "model.ckpt").chmod(0o644)
    (release / "model.ckpt").write_text("altered", encoding="utf-8")
    with pytest.raises(PromotionError, match=r"releases/3: differs .* model\.ckpt\. Hint: remove .*`ecg promote 3`"):
        chain.promote("3")
    shutil.rmtree(release)
    chain.promote("3")
    assert (release / "model.ckpt").read_text(encoding="utf-8") == "model.ckpt of 3"


@pytest.mark.parametrize("fault", ["lost", "altered", "another"])
def test_the_champion_is_only_what_the_ledger_holds_and_promoting_it_again_repairs_it(chain: House, fault: str) -> None:
    release = chain.home / "releases" / "3"
    assert champion_of(chain.home, chain.ledger, SLOT) == Champion("3", release)
    if fault == "altered":
        (release / "transform.json").chmod(0o644)
        (release / "transform.json").write_text("altered", encoding="utf-8")
    else:
        shutil.rmtree(release)
    if fault == "another":  # whole in itself
        shutil.copytree(chain.home / "releases" / "2", release)
    rule = {"lost": "is not a release", "altered": "differs from", "another": "is not the model that the ledger holds"}
    with pytest.raises(PromotionError, match=rf"releases/3: {rule[fault]}.* Hint: remove .*`ecg promote 3` again"):
        champion_of(chain.home, chain.ledger, SLOT)
    shutil.rmtree(release, ignore_errors=True)
    chain.promote("3")
    assert champion_of(chain.home, chain.ledger, SLOT) == Champion("3", release)


def test_damaged_artifacts_block_neither_the_next_promotion_nor_a_rollback(chain: House) -> None:
    for version in ("5", "6"):
        chain.shelf.add(version, "3")
    (chain.shelf.folder / "5" / "model" / "model.ckpt").write_text("damaged", encoding="utf-8")
    with pytest.raises(PromotionError, match="version 5: was rolled back: version 5: its model_dir differs"):
        chain.promote("5")
    assert chain.serves() == ("3", "3", "3")
    chain.promote("6")
    assert chain.serves() == ("6", "6", "6")
    assert chain.rollback().to_json()["version"] == "3"


def test_a_rejected_version_is_refused_before_anything_is_written(house: House) -> None:
    house.shelf.add("1", "none", decision="rejected")
    with pytest.raises(PromotionError, match="version 1: was rejected by a reviewer"):
        house.promote("1")
    assert promotion.history(house.ledger, SLOT) == []


def test_a_rollback_to_a_version_rejected_since_writes_nothing(chain: House) -> None:
    chain.shelf.by_version["2"]["decision"] = "rejected"
    with pytest.raises(PromotionError, match="version 2: was rejected by a reviewer"):
        chain.rollback()
    assert promotion.unfinished(chain.ledger, SLOT) is None
    assert chain.serves() == ("3", "3", "3")


def test_a_rollback_says_what_it_did(chain: House) -> None:
    done = chain.rollback("3")
    assert done.to_text() == "version 2 is the champion (before: 3)"
    assert done.to_json() == {
        "slot": "champion", "way": "return", "version": "2", "previous": "3", "reviewer": WHO[0], "reason": WHO[1],
    }  # fmt: skip
    assert chain.serves() == ("2", "2", "2")
    assert chain.rollback("3").to_text() == "nothing to do: version 3 is not the champion; the champion is version 2"
    chain.shelf.add("7", "2")
    promotion.begin(chain.ledger, passed("7", "2"), *WHO)
    assert chain.rollback().to_text() == "the promotion of version 7 is abandoned; the champion is version 2"
    assert chain.serves() == ("2", "2", "2")


def test_status_says_how_to_repair_the_link_and_how_to_end_what_is_under_way(
    chain: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "open_ledger", lambda _settings: Ledger(chain.url))
    settings = Settings(home=chain.home)
    (chain.home / "champion").unlink()
    assert "the link names None; `ecg promote 3` repairs it" in render_markdown(reading.status(settings).to_document())
    chain.promote("3")
    assert "the link names" not in render_markdown(reading.status(settings).to_document())
    promotion.begin(chain.ledger, passed("7", "3"), *WHO)
    advice = "under way: version 7 is intended; `ecg promote 7` finishes it, `ecg rollback --from 7` abandons it"
    assert advice in render_markdown(reading.status(settings).to_document())
