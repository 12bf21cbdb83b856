"""A ledger is bound to the key and the normalisation that it was first used with."""

import pytest

from ecgcore.errors import LedgerError
from ecgcore.ledger.pseudonym_key import EVENT, check_key, normalisation_of
from ecgcore.ledger.review import audit
from ecgcore.pseudonym import NORMALISATION


def test_the_first_key_binds_and_any_other_is_refused(ledger):
    check_key(ledger, "one")
    check_key(ledger, "one")
    with pytest.raises(LedgerError, match="is not the key"):
        check_key(ledger, "two")
    assert ledger.check_audit() == 1


def test_a_ledger_of_another_normalisation_is_refused_and_the_way_on_is_named(ledger):
    check_key(ledger, "one", normalisation=2)
    check_key(ledger, "one", normalisation=2)
    with pytest.raises(LedgerError, match=r"version 2, not 3.*ECG_HOME.*ingest the whole inbox again"):
        check_key(ledger, "one", normalisation=3)
    assert ledger.check_audit() == 1


def test_a_ledger_from_before_versions_were_recorded_kept_leading_zeros_and_is_refused(ledger, now):
    with ledger.writing() as connection:
        audit.record(connection, now, EVENT, "one", {})
    with pytest.raises(LedgerError, match="version 1, not 2"):
        check_key(ledger, "one", normalisation=2)


def test_a_ledger_goes_on_with_the_normalisation_that_it_was_begun_with(ledger):
    assert normalisation_of(ledger) == NORMALISATION
    check_key(ledger, "one", normalisation=2)
    assert normalisation_of(ledger) == 2
