"""Candidates become versions, aliases say which version serves. The ledger is the truth, the registry its mirror."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ecgcore.errors import PromotionError
from ecgcore.ledger.decide.permission import own_objection
from ecgcore.predictor.fingerprint import directory_sha256
from ecgcore.settings import Settings
from tasks.registry.alias import Alias
from tasks.registry.candidate import Candidate
from tasks.registry.connection import connect, experiment_id
from tasks.registry.error import registry_errors
from tasks.registry.evidence import GOLDEN_DIR, MODEL_DIR, log_evidence
from tasks.registry.registered_model import model_name
from tasks.registry.served import log_served_model
from tasks.registry.version_tags import REJECTED, RUN_ID, VersionTags

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

DEFAULT_EXPERIMENT = "ecg"


@dataclass(frozen=True)
class Aliases:
    """Which versions of a slot serve: ``champion`` now, ``previous`` before it; None where there is none."""

    champion: str | None
    previous: str | None


@dataclass(frozen=True)
class Registry:
    """An MLflow registry. Holds no connection, so it is cheap to make and to pass on.

    Promotions must come one at a time, because MLflow cannot compare and set; the ledger sees to that.

    Args:
        tracking_uri: a server (``http://``) or a database (``sqlite:///``, ``postgresql://``).
        experiment: the MLflow experiment that holds the runs.
        artifact_root: where a database without a server keeps files; beside the file for SQLite.
    """

    tracking_uri: str
    experiment: str = DEFAULT_EXPERIMENT
    artifact_root: str | None = None

    def register_candidate(self, candidate: Candidate) -> str:
        """Register a candidate with all its evidence, and return its version, which :meth:`offer` is still to offer.

        A run that is registered already keeps its version; a registration that was interrupted is finished.

        Raises:
            RegistryError: MLflow cannot be reached or refuses.
            PromotionError: the run was registered with another model, or its model directory is wrong.
        """
        sha256 = directory_sha256(candidate.model_dir)
        with registry_errors(f"run {candidate.run_id}"):
            client = connect(self.tracking_uri)
            name = model_name(candidate.slot)
            _ensure_model(client, name)
            known = _version_of_run(client, name, candidate.run_id)
            version = known or self._create_version(client, name, candidate, sha256)
            _check_same_model(version, candidate.run_id, sha256)
        return str(version.version)

    def offer(self, slot: str, version: str) -> None:
        """Give a version the alias ``candidate``, once all that a reviewer reads about it is there; repeatable.

        An older version and a rejected one do not get it.

        Raises:
            RegistryError: there is no such version, or MLflow refuses.
        """
        name = model_name(slot)
        with registry_errors(_thing(slot, version)):
            client = connect(self.tracking_uri)
            rejected = _tags(client.get_model_version(name, version)).decision == REJECTED
            newest = max(int(other.version) for other in client.search_model_versions(f"name = '{name}'"))
            if int(version) == newest and not rejected:
                client.set_registered_model_alias(name, Alias.CANDIDATE, version)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            client.set_model_version_tag(name, version, "offered", now)  # last: what has it is complete

    def champion_version(self, slot: str) -> str | None:
        """Return the version that the alias ``champion`` names, or None."""
        return self._version_by_alias(slot, Alias.CHAMPION)

    def candidate_version(self, slot: str) -> str | None:
        """Return the version that the alias ``candidate`` names (the latest one not rejected), or None."""
        return self._version_by_alias(slot, Alias.CANDIDATE)

    def offered_version(self, slot: str, recipe_sha256: str) -> str | None:
        """Return the latest version of a recipe that was offered, whatever became of it, or None."""
        name = model_name(slot)
        with registry_errors(f"slot {slot}"):
            client = connect(self.tracking_uri)
            found = client.search_model_versions(f"name = '{name}' and tags.recipe_sha256 = '{recipe_sha256}'")
        return max((str(each.version) for each in found if _tags(each).offered), key=int, default=None)

    def tags(self, slot: str, version: str) -> VersionTags:
        """Return the tags of a version.

        Raises:
            RegistryError: there is no such version.
        """
        with registry_errors(_thing(slot, version)):
            return _tags(connect(self.tracking_uri).get_model_version(model_name(slot), version))

    def set_champion(self, slot: str, version: str, evidence: Mapping[str, str]) -> Aliases:
        """Let ``champion`` name a version and ``previous`` the one before; repeating it changes nothing.

        The order is safe at any interruption: read the champion, tag the new version with ``evidence``, set
        ``previous``, set ``champion``, read back.

        Raises:
            PromotionError: the version did not pass its gates or was rejected, or the alias reads back otherwise.
            RegistryError: there is no such version, or MLflow refuses.
        """
        name, thing = model_name(slot), _thing(slot, version)
        with registry_errors(thing):
            client = connect(self.tracking_uri)
            old = _by_alias(client, name, Alias.CHAMPION)
            if objection := own_objection(_tags(client.get_model_version(name, version)).candidacy(slot, version)):
                objection.require(thing)
            for key, value in evidence.items():
                client.set_model_version_tag(name, version, key, value)
            if old is not None and old != version:
                client.set_registered_model_alias(name, Alias.PREVIOUS, old)
            client.set_registered_model_alias(name, Alias.CHAMPION, version)
            aliases = Aliases(_by_alias(client, name, Alias.CHAMPION), _by_alias(client, name, Alias.PREVIOUS))
        if aliases.champion != version:
            hint = "somebody else promotes at the same time; run `ecg promote` again"
            raise PromotionError(thing, f"is not the champion after promoting it, {aliases.champion} is", hint)
        return aliases

    def clear_champion(self, slot: str) -> None:
        """Remove the alias ``champion``: what rolling back the very first promotion leaves."""
        with registry_errors(f"slot {slot}"):
            client = connect(self.tracking_uri)
            if _by_alias(client, model_name(slot), Alias.CHAMPION) is not None:
                client.delete_registered_model_alias(model_name(slot), Alias.CHAMPION)

    def reject(self, slot: str, version: str, reviewer: str, reason: str) -> None:
        """Record that a version will not be promoted, and take the alias ``candidate`` from it.

        Raises:
            PromotionError: it is the champion.
            RegistryError: there is no such version, or MLflow refuses.
        """
        name, thing = model_name(slot), _thing(slot, version)
        with registry_errors(thing):
            client = connect(self.tracking_uri)
            if _by_alias(client, name, Alias.CHAMPION) == version:
                raise PromotionError(thing, "is the champion and cannot be rejected", "roll it back first")
            decided = datetime.now(UTC).isoformat(timespec="seconds")
            decision = {"reviewer": reviewer, "reason": reason, "decided": decided, "decision": REJECTED}
            for key, value in decision.items():
                client.set_model_version_tag(name, version, key, value)
            if _by_alias(client, name, Alias.CANDIDATE) == version:
                client.delete_registered_model_alias(name, Alias.CANDIDATE)

    def attach(self, slot: str, version: str, name: str, text: str) -> None:
        """Keep a text file beside the run of a version; the same name replaces it.

        Raises:
            RegistryError: there is no such version, or MLflow refuses.
        """
        with registry_errors(_thing(slot, version)):
            client = connect(self.tracking_uri)
            registered = client.get_model_version(model_name(slot), version)
            client.log_text(str(registered.run_id), text, name)

    def read(self, slot: str, version: str, name: str) -> str:
        """Return the text of a file that was kept beside the run of a version, such as ``decision.json``.

        Raises:
            RegistryError: there is no such version or file, or MLflow refuses.
        """
        with registry_errors(_thing(slot, version)), tempfile.TemporaryDirectory(prefix="ecg-read-") as work:
            client = connect(self.tracking_uri)
            registered = client.get_model_version(model_name(slot), version)
            return Path(client.download_artifacts(str(registered.run_id), name, work)).read_text(encoding="utf-8")

    def download_model_dir(self, slot: str, version: str, dest: Path) -> Path:
        """Download a version's model directory to ``dest``, check its fingerprint, and return ``dest``.

        A ``dest`` that is there already is only checked.

        Raises:
            PromotionError: the files differ from those that were registered.
            RegistryError: there is no such version, or MLflow refuses.
        """
        return self._download(slot, version, MODEL_DIR, lambda tags: tags.model_dir_sha256, dest)

    def download_golden_dir(self, slot: str, version: str, dest: Path) -> Path:
        """Download a version's golden studies to ``dest``; see :meth:`download_model_dir`."""
        return self._download(slot, version, GOLDEN_DIR, lambda tags: tags.golden_dir_sha256, dest)

    def _create_version(self, client: MlflowClient, name: str, candidate: Candidate, sha256: str) -> ModelVersion:
        experiment = experiment_id(client, self.tracking_uri, self.experiment, self.artifact_root)
        run = _ensure_run(client, experiment, candidate)
        with tempfile.TemporaryDirectory(prefix="ecg-register-") as work:
            evidence = Path(work) / "evidence"
            evidence.mkdir()
            log_evidence(client, run, candidate, evidence)
            model = log_served_model(client, run, candidate, Path(work) / "served")
        client.set_terminated(run, "FINISHED")
        tags = replace(
            candidate.all_tags,
            model_dir_sha256=sha256,
            golden_dir_sha256=directory_sha256(candidate.golden_dir),
        )
        # the artifact's own address: a models:/ address makes MLflow ask its process-wide default database
        source = str(model.artifact_location)
        return client.create_model_version(name, source, run, tags=tags.to_mlflow(), model_id=model.model_id)

    def _version_by_alias(self, slot: str, alias: str) -> str | None:
        with registry_errors(f"slot {slot}"):
            return _by_alias(connect(self.tracking_uri), model_name(slot), alias)

    def _download(
        self, slot: str, version: str, artifact: str, sha256: Callable[[VersionTags], str | None], dest: Path
    ) -> Path:
        thing = _thing(slot, version)
        with registry_errors(thing):
            client = connect(self.tracking_uri)
            registered = client.get_model_version(model_name(slot), version)
            if not dest.exists():
                _fetch(client, str(registered.run_id), artifact, dest)
        if directory_sha256(dest) != sha256(_tags(registered)):
            hint = f"remove {dest} and download again; if that does not help, do not serve this version"
            raise PromotionError(thing, f"its {artifact} differs from what was registered", hint)
        return dest


def _thing(slot: str, version: str) -> str:
    return f"{model_name(slot)} version {version}"


def _ensure_model(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _ensure_run(client: MlflowClient, experiment: str, candidate: Candidate) -> str:
    same = f"tags.{RUN_ID} = '{candidate.run_id}' and tags.slot = '{candidate.slot}'"
    found = client.search_runs([experiment], same, max_results=1)
    if found:
        return str(found[0].info.run_id)
    tags = {**candidate.all_tags.to_mlflow(), "mlflow.source.git.commit": candidate.code_commit}
    return str(client.create_run(experiment, run_name=candidate.run_id, tags=tags).info.run_id)


def _version_of_run(client: MlflowClient, name: str, run_id: str) -> ModelVersion | None:
    found = client.search_model_versions(f"name = '{name}' and tags.{RUN_ID} = '{run_id}'")
    return min(found, key=lambda version: int(version.version), default=None)


def _check_same_model(version: ModelVersion, run_id: str, sha256: str) -> None:
    if _tags(version).model_dir_sha256 != sha256:
        rule = f"is registered as version {version.version} with another model directory"
        raise PromotionError(f"run {run_id}", rule, "train under a new run id; a run's model never changes")


def _by_alias(client: MlflowClient, name: str, alias: str) -> str | None:
    from mlflow.exceptions import MlflowException

    try:
        return str(client.get_model_version_by_alias(name, alias).version)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _tags(version: ModelVersion) -> VersionTags:
    return VersionTags.from_mlflow(version.tags)


def _fetch(client: MlflowClient, mlflow_run: str, artifact: str, dest: Path) -> None:
    dest.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=dest.parent) as work:
        Path(client.download_artifacts(mlflow_run, artifact, work)).rename(dest)


def registry_of(settings: Settings) -> Registry:
    """Return the registry."""
    if settings.mlflow_tracking_uri is None:
        settings.folder("mlflow")
    return Registry(settings.tracking_uri)
