"""A ledger is bound to the key that it was first used with."""

import pytest

from ecgcore.errors import LedgerError
from ecgcore.ledger.pseudonym_key import check_key


def test_the_first_key_binds_and_any_other_is_refused(ledger):
    check_key(ledger, "one")
    check_key(ledger, "one")
    with pytest.raises(LedgerError, match="is not the key"):
        check_key(ledger, "two")
    assert ledger.check_audit() == 1
