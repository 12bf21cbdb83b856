"""The newcomer's table says where things are, and every line of it is true."""

from __future__ import annotations

import pytest

from docs.where import PAGE, Place, page, places


def test_the_page_is_what_the_tree_says_today():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make where` and read what changed"


def test_it_answers_twenty_questions():
    assert len(places()) >= 20
    assert len({place.question for place in places()}) == len(places())


def test_a_name_that_is_not_there_is_told():
    with pytest.raises(ValueError, match="does not define no_such_name"):
        Place("?", "ecgcore/errors.py", "no_such_name").line()
