"""Pseudonyms: HMAC-SHA256 of a normalised hospital number under a secret key."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from ecgcore.errors import SettingsError

MIN_KEY_BYTES = 16
NORMALISATION = 2
"""Version of :func:`normalise_hn`; raise it with each change, since a ledger, which holds no numbers, cannot follow."""

_DIGEST_CHARS = 20  # 80 bits: at 14,000 patients the chance of any collision is below 1e-16
_LABEL = re.compile(r"[\W_]*(?:H[\W_]*N[\W_]*)+", re.IGNORECASE)


def without_label(hn: str) -> str:
    """Return a hospital number without the letters HN before it, however they are written: ``H.N. 123`` is 123."""
    label = _LABEL.match(hn)
    return hn[label.end() :] if label else hn


def normalise_hn(hn: str) -> str:
    """Return the hospital number as it is compared.

    NFKC, upper case, without its label, letters and digits only, no leading zeros: a spreadsheet drops these where it
    takes the number for one, so with and without them it is one patient. A number of zeros alone stays as it is.
    """
    written = "".join(c for c in without_label(unicodedata.normalize("NFKC", hn)).upper() if c.isalnum())
    return written.lstrip("0") or written


@dataclass(frozen=True)
class Pseudonymiser:
    """Turns hospital numbers into stable pseudonyms. Safe to pickle to worker processes.

    Args:
        key: secret bytes, at least 16.

    Raises:
        SettingsError: the key is too short.
    """

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise SettingsError(
                "ECG_PSEUDONYM_KEY",
                f"needs at least {MIN_KEY_BYTES} bytes, has {len(self.key)}",
                "set it to a long random secret, for example the output of `openssl rand -hex 32`",
            )

    def patient_id(self, hn: str) -> str:
        """Return the patient's pseudonym, ``P`` and 20 hex digits."""
        return "P" + self._digest("patient", normalise_hn(hn))

    def study_id(self, patient_id: str, day: date) -> str:
        """Return the study's pseudonym, ``S`` and 20 hex digits, of a patient and a day."""
        return "S" + self._digest("study", f"{patient_id}|{day.isoformat()}")

    @property
    def fingerprint(self) -> str:
        """A value that tells keys apart and gives nothing of the key away; the ledger keeps it."""
        return self._digest("fingerprint", "key")

    def _digest(self, purpose: str, text: str) -> str:
        mac = hmac.new(self.key, f"{purpose}:{text}".encode(), hashlib.sha256)
        return mac.hexdigest()[:_DIGEST_CHARS]
