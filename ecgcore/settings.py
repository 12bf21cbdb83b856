"""Settings: one class, each value an ``ECG_*`` environment variable (``.env.example`` documents them)."""

from __future__ import annotations

import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from ecgcore.errors import SettingsError
from ecgcore.hospital_number import DEFAULT_PATTERN, HospitalNumberForm
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.sqlite_url import sqlite_url
from ecgcore.targets.catalogue import SHIPPED, Catalogue, load_catalogue
from ecgcore.targets.label_rule import Comparison, LabelRule

PROJECT = Path(__file__).resolve().parent.parent
SHIPPED_DEPLOYMENTS = PROJECT / "deployments"


class Settings(BaseSettings):
    """Where things are and which thresholds hold. Built by :func:`load_settings`.

    Every field is read from the variable ``ECG_<NAME>``; ``.env`` in the working directory and in ``ECG_HOME`` are
    read as well, the process environment wins.
    """

    model_config = SettingsConfigDict(env_prefix="ECG_", extra="ignore", frozen=True)

    home: Path = Path("var")
    inbox: str | None = None
    ledger_url: str | None = None
    mlflow_tracking_uri: str | None = None
    deployments: Path = SHIPPED_DEPLOYMENTS
    pseudonym_key: SecretStr | None = None
    hn_pattern: str = DEFAULT_PATTERN
    s3_endpoint_url: str | None = None
    pair_days: int = Field(default=30, ge=0)
    settle_seconds: float = Field(default=0.0, ge=0.0)
    split_pdf: bool = False
    targets: Path | None = None
    lvef_threshold: float | None = Field(default=None, gt=0.0, lt=100.0)
    lvef_comparison: Literal["<", "<="] | None = None
    min_new_studies: int = Field(default=60, ge=1)
    recipe: str = "multi-task"
    policy: str = "default"
    splits: str = "study"
    formats: Path | None = None
    pretrained_weights: Path | None = None
    train_device: Literal["cpu", "cuda"] | None = None
    workers: int | None = Field(default=None, ge=1)

    @field_validator("hn_pattern")
    @classmethod
    def _is_a_form(cls, pattern: str) -> str:
        try:
            return HospitalNumberForm(pattern).pattern
        except SettingsError as error:
            raise ValueError(f"{error.rule}; {error.hint}") from error

    @cached_property
    def ledger(self) -> str:
        """The ledger's SQLAlchemy URL."""
        return self.ledger_url or sqlite_url(self.home / "ledger.db")

    @cached_property
    def tracking_uri(self) -> str:
        """MLflow's tracking URI."""
        return self.mlflow_tracking_uri or sqlite_url(self.home / "mlflow" / "mlflow.db")

    @cached_property
    def inbox_uri(self) -> str:
        """The inbox: a folder or ``s3://bucket/prefix``."""
        return self.inbox or str(self.home / "inbox")

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be predicted, with the settings' own rule for the target ``lvef`` where they have one.

        Raises:
            TargetError: the file that ``ECG_TARGETS`` names is wrong.
        """
        known = load_catalogue(self.targets or SHIPPED)
        if self.lvef_threshold is None and self.lvef_comparison is None:
            return known
        rule = known.target("lvef").rule or LabelRule(50.0)
        threshold = rule.threshold if self.lvef_threshold is None else self.lvef_threshold
        return known.with_rule("lvef", LabelRule(threshold, Comparison(self.lvef_comparison or rule.comparison)))

    @property
    def split_policy(self) -> Path:
        """The file that decides the splits of new studies; the shipped one where ``deployments`` has none so named."""
        own, shipped = (folder / "splits" / f"{self.splits}.yaml" for folder in (self.deployments, SHIPPED_DEPLOYMENTS))
        return own if own.exists() or not shipped.exists() else shipped

    def folder(self, name: str) -> Path:
        """Return ``ECG_HOME/<name>``, made if missing.

        Raises:
            SettingsError: the folder cannot be made or written.
        """
        path = self.home / name
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingsError(
                path, f"cannot be created ({error.strerror})", "set ECG_HOME to a folder that you may write"
            ) from error
        if not os.access(path, os.W_OK):
            raise SettingsError(path, "is not writable", "set ECG_HOME to a folder that you may write")
        return path

    def pseudonymiser(self, ledger_holds_pseudonyms: bool) -> Pseudonymiser:
        """Return the pseudonymiser; a home without any pseudonym gets a random key of its own in ``ECG_HOME/.env``.

        Raises:
            SettingsError: the ledger holds pseudonyms but the key that made them is not given.
        """
        form = HospitalNumberForm(self.hn_pattern)
        if self.pseudonym_key is not None:
            return Pseudonymiser(self.pseudonym_key.get_secret_value().encode(), form)
        if self.ledger_url is not None:
            raise SettingsError(
                "ECG_PSEUDONYM_KEY",
                "is not set, and a ledger that ECG_LEDGER_URL names may be shared by several machines",
                "set it, on each of them to the same key; another key would make old patients look new",
            )
        if ledger_holds_pseudonyms:
            raise SettingsError(
                "ECG_PSEUDONYM_KEY",
                "is not set, and the ledger already holds pseudonyms made with a key",
                "set it to the key that was used before; another key would make old patients look new",
            )
        return Pseudonymiser(_new_key(self.folder("") / ".env").encode(), form)


def load_settings() -> Settings:
    """Read the settings from the environment and the ``.env`` files.

    Raises:
        SettingsError: a variable does not have the form it needs.
    """
    try:
        first = Settings(_env_file=".env")  # type: ignore[call-arg]
        home = first.home.expanduser().resolve()
        settings = Settings(_env_file=(".env", home / ".env"))  # type: ignore[call-arg]
    except ValidationError as error:
        problem = error.errors()[0]
        name = "ECG_" + "_".join(str(part) for part in problem["loc"]).upper()
        raise SettingsError(
            name, problem["msg"].removeprefix("Value error, "), "see .env.example for what it may be"
        ) from error
    return settings.model_copy(update={"home": home})


def _new_key(env_file: Path) -> str:
    key = secrets.token_hex(32)
    handle = os.open(env_file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(f"ECG_PSEUDONYM_KEY={key}\n")
    return key
