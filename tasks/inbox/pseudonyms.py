"""The one key of a ledger's pseudonyms."""

from __future__ import annotations

from dataclasses import replace

from ecgcore.ledger.ledger import Ledger
from ecgcore.ledger.pseudonym_key import check_key, holds_pseudonyms, normalisation_of
from ecgcore.pseudonym import Pseudonymiser
from ecgcore.settings import Settings


def bound_pseudonymiser(settings: Settings, ledger: Ledger) -> Pseudonymiser:
    """Return the pseudonymiser that the ledger is bound to; a ledger without pseudonyms is bound now.

    Raises:
        SettingsError: no key is given, and the ledger holds pseudonyms or may be shared.
        LedgerError: the key is another one.
    """
    with ledger.exclusive("the pseudonym key"):  # of two first ingests one makes the key
        version = normalisation_of(ledger)
        pseudonymiser = replace(settings.pseudonymiser(holds_pseudonyms(ledger)), normalisation=version)
        check_key(ledger, pseudonymiser.fingerprint, version)
    return pseudonymiser
