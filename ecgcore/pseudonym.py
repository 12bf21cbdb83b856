"""Pseudonyms: HMAC-SHA256 of a normalised hospital number under a secret key."""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from ecgcore.errors import SettingsError
from ecgcore.hospital_number import HospitalNumberForm, folded, with_short_year, without_label

MIN_KEY_BYTES = 16
NORMALISATION = 3
"""Version of :func:`normalise_hn`; raise it with each change, since a ledger, which holds no numbers, cannot follow."""

OLDEST_NORMALISATION = 2
"""The oldest version that is still known: a ledger that was begun with it goes on with it."""

_DIGEST_CHARS = 20  # 80 bits: at 14,000 patients the chance of any collision is below 1e-16
_OLD_LABEL = re.compile(r"[\W_]*(?:H[\W_]*N[\W_]*)+", re.IGNORECASE)


def normalise_hn(hn: str, version: int = NORMALISATION) -> str:
    """Return the hospital number as it is compared.

    NFKC, upper case, without its label, letters and digits only, no leading zeros: a spreadsheet drops these where it
    takes the number for one, so with and without them it is one patient. A number of zeros alone stays as it is. The
    year behind or before a slash counts with its last two digits: ``7654323/2560`` is ``7654323/60``. Version 2 knew
    neither years nor another label than HN.
    """
    bare = with_short_year(without_label(folded(hn)).strip()) if version > OLDEST_NORMALISATION else _of_version_2(hn)
    written = "".join(c for c in bare if c.isalnum())
    return written.lstrip("0") or written


def _of_version_2(hn: str) -> str:
    plain = unicodedata.normalize("NFKC", hn)
    label = _OLD_LABEL.match(plain)
    return plain[label.end() if label else 0 :].upper()


@dataclass(frozen=True)
class Pseudonymiser:
    """Turns hospital numbers into stable pseudonyms. Safe to pickle to worker processes.

    Args:
        key: secret bytes, at least 16.
        form: what a hospital number is.
        normalisation: version of :func:`normalise_hn`, that of the ledger.

    Raises:
        SettingsError: the key is too short.
    """

    key: bytes = field(repr=False)
    form: HospitalNumberForm = field(default_factory=HospitalNumberForm)
    normalisation: int = NORMALISATION

    def __post_init__(self) -> None:
        if len(self.key) < MIN_KEY_BYTES:
            raise SettingsError(
                "ECG_PSEUDONYM_KEY",
                f"needs at least {MIN_KEY_BYTES} bytes, has {len(self.key)}",
                "set it to a long random secret, for example the output of `openssl rand -hex 32`",
            )

    def patient_id(self, hn: str) -> str:
        """Return the patient's pseudonym, ``P`` and 20 hex digits."""
        return "P" + self._digest("patient", normalise_hn(hn, self.normalisation))

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
