"""Addresses that pages lead to."""

from __future__ import annotations

from pathlib import Path

from ecgcore.pages.parts.address import file_address, relative_address


def test_the_page_of_a_pdf_is_opened_in_the_pdf():
    assert relative_address("/in/ecg/a b.pdf#page=2", Path("/in/pages")) == "../ecg/a%20b.pdf#page=2"
    assert file_address("/in/ecg/a.PDF#page=12") == "file:///in/ecg/a.PDF#page=12"


def test_a_number_sign_in_a_name_is_part_of_it():
    assert relative_address("/in/ecg/a#page=2.pdf", Path("/in/pages")) == "../ecg/a%23page%3D2.pdf"
