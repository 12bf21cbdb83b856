import json
import re
from dataclasses import dataclass
from fractions import Fraction
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.prefect.artifacts import (
    ProgressBar,
    artifact_key,
    count_note,
    percent,
    progress_bar,
    publish_page,
    publish_table,
)


@dataclass(frozen=True)
class Row:
    rule: str
    count: int | None


def stored(key):
    from prefect.artifacts import Artifact

    return Artifact.get(key)


@pytest.mark.parametrize(
    ("words", "key"),
    [
        (("Ingest summary",), "ingest-summary"),
        (("gates", "ecg_champion v3"), "gates-ecg-champion-v3"),
        (("--Ä(x)--",), "x"),
        (("a" * 300,), "a" * 100),
    ],
)
def test_keys_are_made_valid(words, key):
    assert artifact_key(*words) == key


@given(st.text(min_size=1))
def test_a_key_is_always_valid_or_refused(text):
    if not re.search(r"[a-z0-9]", text.lower()):
        with pytest.raises(ValueError, match="hold no letter"):
            artifact_key(text)
    else:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", artifact_key(text))


@given(st.integers(-5, 10_000), st.integers(0, 10_000))
def test_percent_is_the_fraction_kept_within_its_bounds(done, total):
    expected = 100.0 if total == 0 else float(Fraction(100 * max(0, min(done, total)), total))
    assert percent(done, total) == pytest.approx(expected, abs=0.05001)


@pytest.mark.parametrize(
    ("total", "note"), [(0, "(0 rows.)"), (1, "(1 row.)"), (1234, "(1,234 rows, the first 100 are shown.)")]
)
def test_the_count_is_said(total, note):
    assert count_note(total, 100) == note


def test_a_progress_bar_outlives_the_server_that_shows_it(free_port, caplog):
    from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    away = {PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with temporary_settings(away):
        ProgressBar(uuid4()).show(1, 2)
    assert "the progress cannot be shown" in caplog.text


@pytest.mark.slow  # Prefect's server takes its time to start
def test_pages_tables_and_progress_reach_the_server(prefect_server):
    from prefect import flow

    @flow
    def publishing():
        publish_page("Ingest Summary!", "# Ingest\n\n3 accepted", "of today")
        publish_table("quarantine", [Row("lvef-range", number) for number in range(150)], "Files by rule.")
        publish_table("wide", [{"value": "x" * 1000, "none": None, "nan": float("nan"), "low": 0.0132850241}])
        publish_table("nothing", [], "No file was quarantined.")
        with progress_bar("training", "Training") as bar:
            bar.show(3, 4)
        with pytest.raises(KeyError), progress_bar("broken", "Broken") as bar:
            bar.show(1, 4)
            raise KeyError

    publishing()
    page = stored("ingest-summary")
    assert (page.type, page.data, page.description) == ("markdown", "# Ingest\n\n3 accepted", "of today")
    table = stored("quarantine")
    assert json.loads(table.data) == [{"rule": "lvef-range", "count": str(number)} for number in range(100)]
    assert table.description == "Files by rule. (150 rows, the first 100 are shown.)"
    assert json.loads(stored("wide").data) == [{"value": "x" * 299 + "…", "none": "–", "nan": "–", "low": "0.013"}]
    assert stored("nothing").description == "No file was quarantined. (0 rows.)"
    assert stored("training").data == 100.0
    assert stored("broken").data == 25.0
