"""Pseudonyms: HMAC-SHA256, checked against the standard library's one-shot digest."""

import hashlib
import hmac
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecgcore.errors import SettingsError
from ecgcore.pseudonym import Pseudonymiser, normalise_hn

KEY = b"a key for tests only, 16+ bytes"


def test_patient_id_is_the_hmac_of_the_normalised_number():
    wanted = hmac.digest(KEY, b"patient:1234567", hashlib.sha256).hex()[:20]
    assert Pseudonymiser(KEY).patient_id(" 12-345 67") == f"P{wanted}"


def test_another_day_is_another_study():
    p = Pseudonymiser(KEY)
    assert p.study_id("P1", date(2020, 1, 2)) != p.study_id("P1", date(2020, 1, 3))


def test_keys_are_told_apart_by_their_fingerprint_and_do_not_show():
    one, other = Pseudonymiser(KEY), Pseudonymiser(KEY + b"!")
    assert one.fingerprint != other.fingerprint
    assert KEY.decode() not in repr(one)


def test_a_short_key_is_refused():
    with pytest.raises(SettingsError, match="at least 16 bytes"):
        Pseudonymiser(b"short")


@given(st.text(alphabet="0123456789abcXYZ", min_size=1), st.sampled_from(["-", " ", "/", "."]))
def test_separators_and_case_do_not_make_another_patient(hn, separator):
    p = Pseudonymiser(KEY)
    assert p.patient_id(separator.join(hn).lower()) == p.patient_id(hn.upper())
    assert normalise_hn(normalise_hn(hn)) == normalise_hn(hn)


@pytest.mark.parametrize(
    ("written", "compared"),
    [
        ("0045678", "45678"),
        ("45678", "45678"),
        ("00-45/678", "45678"),
        ("4500", "4500"),
        ("000", "000"),
        ("0A1", "A1"),
        ("HN 0045678", "45678"),
    ],
)
def test_leading_zeros_are_dropped_as_a_spreadsheet_drops_them(written, compared):
    assert normalise_hn(written) == compared
    assert Pseudonymiser(KEY).patient_id(written) == Pseudonymiser(KEY).patient_id(compared)


@pytest.mark.parametrize(
    "hn", ["HN1234567", "hn 1234567", "HN: 1234567", "H.N. 1234567", "H N.#1234567", "HN-1234567", "ＨＮ１２３４５６７"]
)
def test_the_label_before_a_number_does_not_make_another_patient(hn):
    p = Pseudonymiser(KEY)
    assert p.patient_id(hn) == p.patient_id("1234567")
    assert normalise_hn(normalise_hn(hn)) == "1234567"


@pytest.mark.parametrize(
    ("hn", "kept"), [("N1234", "N1234"), ("AHN1234", "AHN1234"), ("HX-12", "HX12"), ("HN A12", "A12")]
)
def test_other_letters_belong_to_the_number(hn, kept):
    assert normalise_hn(hn) == kept
