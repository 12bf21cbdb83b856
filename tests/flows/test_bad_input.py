"""Bad input to every verb: one line on standard error that names the thing and the next step, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e

WHO = ("--reviewer", "a", "--reason", "b")


def refused(done: Any, *words: str) -> None:
    """Assert one clear line that holds ``words``, and nothing on standard output."""
    assert done.code not in (0, None)
    assert done.code > 0, f"killed by signal {-done.code}"
    assert "Traceback" not in done.err + done.out
    lines = done.err.splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("ecg: ") and "Hint: " in lines[0], done.err
    assert all(word in lines[0] for word in words), done.err
    assert done.out == ""


@pytest.fixture
def small_books(tmp_path: Path, books_of: Callable[..., Any]) -> Any:
    return books_of(tmp_path / "home")  # of `small_cli` and `small_here`


class TestHome:
    @pytest.mark.parametrize(
        "words",
        [
            ("snapshot",),
            ("testset", "lock", "old"),
            ("testset", "list"),
            ("retrain",),
            ("evaluate", "1"),
            ("promote", "1", *WHO),
            ("rollback", *WHO),
            ("status",),
            ("bench",),
            ("demo",),
        ],
        ids=lambda words: "-".join(words[:2]),
    )
    def test_a_file_stands_where_the_home_should_be(self, here: Any, words: tuple[str, ...]) -> None:
        here.home.write_text("kept", encoding="utf-8")
        refused(here(*words), str(here.home))
        assert here.home.read_text(encoding="utf-8") == "kept"

    @pytest.mark.parametrize("words", [("ingest", "."), ("predict", "x.pdf")])
    def test_it_does_for_the_real_program(self, cli: Any, words: tuple[str, ...]) -> None:
        cli.home.write_text("kept", encoding="utf-8")
        refused(cli(*words), str(cli.home))
        assert cli.home.read_text(encoding="utf-8") == "kept"

    def test_a_wrong_setting_is_named(self, here: Any) -> None:
        refused(here("status", ECG_PAIR_DAYS="soon"), "ECG_PAIR_DAYS")

    def test_a_ledger_that_is_no_database(self, here: Any) -> None:
        here.home.mkdir()
        (here.home / "ledger.db").write_bytes(b"this is not a database, it is a text of some length" * 40)
        refused(here("status"), "ledger.db")


class TestSynth:
    def test_a_folder_that_holds_a_hospital(self, here: Any, small_hospital: Path) -> None:
        before = sorted(small_hospital.rglob("*"))
        refused(here("synth", "--out", small_hospital, "--studies", 3), str(small_hospital))
        assert sorted(small_hospital.rglob("*")) == before

    def test_a_file_in_its_place(self, here: Any, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("kept", encoding="utf-8")
        refused(here("synth", "--out", tmp_path / "file", "--studies", 3), str(tmp_path / "file"))

    def test_a_negative_seed(self, here: Any, tmp_path: Path) -> None:
        refused(here("synth", "--out", tmp_path / "new", "--studies", 3, "--seed", -1), "seed")


class TestIngest:
    def test_a_missing_folder_changes_nothing(self, small_here: Any, small_books: Any, tmp_path: Path) -> None:
        before = small_books.totals()
        refused(small_here("ingest", tmp_path / "nowhere"), str(tmp_path / "nowhere"))
        assert small_books.totals() == before

    def test_another_key_would_make_old_patients_new(
        self, small_cli: Any, small_books: Any, small_hospital: Path
    ) -> None:
        before = small_books.totals()
        done = small_cli("ingest", small_hospital, ECG_PSEUDONYM_KEY="another-key-of-sufficient-length")
        refused(done, "key")
        assert small_books.totals() == before

    def test_a_lost_key(self, small_here: Any, small_books: Any, small_hospital: Path) -> None:
        (small_here.home / ".env").unlink()
        refused(small_here("ingest", small_hospital), "ECG_PSEUDONYM_KEY")

    def test_a_short_key(self, here: Any, small_hospital: Path) -> None:
        refused(here("ingest", small_hospital, ECG_PSEUDONYM_KEY="short"), "ECG_PSEUDONYM_KEY")

    def test_the_demo_takes_in_no_patients(self, small_cli: Any, small_books: Any, small_hospital: Path) -> None:
        before = small_books.totals()
        (small_cli.home / "inbox").mkdir()
        (small_cli.home / "inbox" / "demo.txt").touch()
        done = small_cli("ingest", small_hospital)
        refused(done, str(small_cli.home), "ECG_HOME")
        assert "clean-demo" not in done.err  # it would remove what else the home holds
        assert small_books.totals() == before

    def test_a_prefect_server_that_is_away(
        self, small_cli: Any, small_books: Any, small_hospital: Path, free_port: Callable[[], int]
    ) -> None:
        before = small_books.totals()
        api = f"http://127.0.0.1:{free_port()}/api"
        refused(small_cli("ingest", small_hospital, PREFECT_API_URL=api), "Prefect's server", "PREFECT_API_URL")
        assert small_books.totals() == before

    def test_a_shared_ledger_without_a_key(self, here: Any, tmp_path: Path, small_hospital: Path) -> None:
        done = here("ingest", small_hospital, ECG_LEDGER_URL=f"sqlite:///{tmp_path / 'shared.db'}")
        refused(done, "ECG_PSEUDONYM_KEY", "ECG_LEDGER_URL")

    def test_an_empty_inbox_is_a_success(self, small_cli: Any, small_books: Any, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        before = {name: n for name, n in small_books.totals().items() if name not in ("batch", "audit_event")}
        summary = small_cli("ingest", tmp_path / "empty", "--json").json()
        assert (summary["files"], summary["new"]) == (0, 0)
        assert {name: n for name, n in small_books.totals().items() if name in before} == before

    def test_bad_files_are_quarantined_with_their_rule_and_nothing_is_lost(
        self, small_cli: Any, small_books: Any, tmp_path: Path, small_hospital: Path
    ) -> None:
        inbox = tmp_path / "inbox"
        shutil.copytree(small_hospital, inbox)
        bad = {
            "ecg/text.pdf": b"this is no PDF\n",
            "ecg/empty.pdf": b"",
            "ecg/notes.docx": b"PK\x03\x04",
            "cmr/empty.csv": b"",
            "cmr/headers-only.csv": b"hn,ecg_date,cmr_date,file_name,scar_cad,lvef\n",
            "cmr/without-hn.csv": b"ecg_date,cmr_date,file_name,scar_cad,lvef\n2013-01-01,2013-01-01,a.pdf,0,60\n",
            "cmr/not-a-workbook.xlsx": b"this is no workbook\n",
        }
        for name, content in bad.items():
            (inbox / name).write_bytes(content)
        before = small_books.files()
        summary = small_cli("ingest", inbox, "--json").json()
        after = small_books.files()
        duplicates = {"cmr/empty.csv", "ecg/empty.pdf"}  # the same empty content: one of them is a duplicate
        for name in bad:
            state, rule = after[name]
            assert (state == "quarantined" and rule) or (name in duplicates and state == "duplicate"), (name, state)
        assert summary["quarantined"] + summary["duplicates"] == len(bad)
        assert {path: after[path] for path in before} == before
        assert summary["files"] == len(before) + len(bad)

    def test_a_column_that_is_not_read_is_told_and_one_that_may_be_a_label_refused(
        self, cli: Any, tmp_path: Path
    ) -> None:
        (tmp_path / "inbox" / "cmr").mkdir(parents=True)
        header = "hn,ecg_date,cmr_date,file_name,scar_cad"
        for name, column in (("good", "ward"), ("bad", "LVEF (%)")):
            text = f"{header},{column}\n1234,2013-01-01,2013-01-01,{name}.pdf,0,60\n"
            (tmp_path / "inbox" / "cmr" / f"{name}.csv").write_text(text, encoding="utf-8")
        summary = cli("ingest", tmp_path / "inbox", "--json").json()
        assert (summary["waiting"], summary["by_rule"]) == (1, {"table-rejected": 1})
        assert summary["not_read"] == {"cmr/good.csv": "columns ward"}
        assert "columns ward" in Path(summary["page"]).read_text(encoding="utf-8")


class TestSnapshotsAndTestSets:
    def test_no_study_yet(self, here: Any) -> None:
        refused(here("snapshot"), "no study")
        refused(here("testset", "lock", "old"), "old")

    def test_an_unknown_test_set(self, small_here: Any) -> None:
        refused(small_here("testset", "lock", "no-such-set"), "no-such-set")


class TestRetrain:
    def test_an_unknown_recipe(self, small_here: Any, small_books: Any) -> None:
        before = small_books.totals()
        refused(small_here("retrain", "--recipe", "no-such", "--policy", "lax"), "no-such", "recipes")
        refused(small_here("retrain", "--recipe", "tinny", "--policy", "lax"), "did you mean tiny?")
        assert small_books.totals() == before

    def test_an_unknown_policy(self, small_here: Any, small_books: Any) -> None:
        before = small_books.totals()
        refused(small_here("retrain", "--recipe", "tiny", "--policy", "no-such"), "no-such", "policies")
        assert small_books.totals() == before

    @pytest.mark.parametrize("text", ["", "name: broken\nmodel: ["])
    def test_a_recipe_that_is_none(self, small_here: Any, tmp_path: Path, text: str) -> None:
        folder = shutil.copytree(small_here.deployments, tmp_path / "deployments")
        (folder / "recipes" / "broken.yaml").write_text(text, encoding="utf-8")
        refused(small_here("retrain", "--recipe", "broken", "--policy", "lax", ECG_DEPLOYMENTS=str(folder)), "broken")

    def test_a_home_without_studies(self, embedded: Callable[[Path], Any], tmp_path: Path) -> None:
        done = embedded(tmp_path / "home")("retrain", "--recipe", "tiny", "--policy", "lax")
        refused(done, "holds no study yet", "`ecg ingest INBOX` first")
        assert not (tmp_path / "home" / "prefect").exists() or not list((tmp_path / "home" / "prefect").glob("*.db"))

    def test_a_test_set_that_is_not_locked(self, small_cli: Any, small_books: Any) -> None:
        before = small_books.totals()
        refused(small_cli("retrain", "--recipe", "tiny", "--policy", "lax"), "test set")
        assert small_books.totals() == before


class TestVersions:
    def test_there_is_no_champion_yet(self, here: Any, small_hospital: Path) -> None:
        report = next((small_hospital / "ecg").rglob("*.pdf"))
        refused(here("predict", report), "no champion yet")
        refused(here("rollback", *WHO), "champion")

    def test_an_unknown_version(
        self,
        tmp_path: Path,
        champion_home: Path,
        copy_of: Callable[[Path, Path], Path],
        cli_of: Callable[[Path], Any],
        books_of: Callable[[Path], Any],
    ) -> None:
        cli = cli_of(copy_of(champion_home, tmp_path / "home"))
        before = books_of(cli.home).totals()
        refused(cli("promote", "7", *WHO), "version 7")
        refused(cli("evaluate", "7", "--policy", "lax"), "version 7")
        refused(cli("promote", "../../etc", *WHO), "../../etc")
        assert books_of(cli.home).totals() == before

    def test_an_unknown_policy(self, here: Any) -> None:
        refused(here("evaluate", "1", "--policy", "no-such"), "no-such")

    def test_a_model_directory_that_is_none(self, here: Any, tmp_path: Path, small_hospital: Path) -> None:
        report = next((small_hospital / "ecg").rglob("*.pdf"))
        refused(here("predict", report, "--model-dir", tmp_path), str(tmp_path))


class TestView:
    def test_what_cannot_be_read(self, here: Any, tmp_path: Path) -> None:
        (tmp_path / "text.pdf").write_text("no PDF", encoding="utf-8")
        refused(here("view", tmp_path / "text.pdf", "--out", tmp_path / "out.png"), "text.pdf")
        refused(here("view", tmp_path / "nowhere.pdf", "--out", tmp_path / "out.png"), "nowhere.pdf")
        assert not (tmp_path / "out.png").exists()

    def test_where_it_cannot_be_written(self, here: Any, tmp_path: Path, small_hospital: Path) -> None:
        report = next((small_hospital / "ecg").rglob("*.pdf"))
        (tmp_path / "file").touch()
        refused(here("view", report, "--out", tmp_path / "file" / "out.png"), "file")
        for words in (("view",), ("view", "--leads"), ("explain",)):
            refused(here(*words, report, "--out", tmp_path / "seen.jpg"), "seen.jpg", ".png")
            refused(here(*words, report, "--out", tmp_path / "nowhere" / "seen.png"), "nowhere", "is no folder")
        assert {path.name for path in tmp_path.iterdir()} - {"home"} == {"file"}


class TestExtract:
    def test_what_cannot_be_read(self, here: Any, tmp_path: Path) -> None:
        (tmp_path / "text.pdf").write_text("no PDF", encoding="utf-8")
        refused(here("extract", tmp_path / "text.pdf", "--out", tmp_path / "x.csv"), "text.pdf")
        refused(here("extract", tmp_path / "nowhere.pdf", "--out", tmp_path / "x.hea"), "nowhere.pdf")
        refused(here("view", tmp_path / "text.pdf", "--leads", "--out", tmp_path / "x.png"), "text.pdf")
        assert not list(tmp_path.glob("x.*"))

    def test_what_it_cannot_be_written_as(self, here: Any, tmp_path: Path, small_hospital: Path) -> None:
        report = next((small_hospital / "ecg").rglob("*.pdf"))
        refused(here("extract", report, "--out", tmp_path / "x.txt"), "x.txt", ".csv", ".hea")
        refused(here("extract", report, "--out", tmp_path / "a b.hea"), "a b.hea", "record name")

    def test_both_files_of_wfdb_are_written(self, here: Any, tmp_path: Path, small_hospital: Path) -> None:
        report = next((small_hospital / "ecg").rglob("*.pdf"))
        done = here("extract", report, "--out", tmp_path / "x.hea")
        assert done.code == 0 and "12 leads at 500 Hz from the vector" in done.out
        assert (tmp_path / "x.dat").stat().st_size == 12 * 5000 * 2


def test_predict_names_the_bad_file_and_answers_the_others(
    here: Any, tmp_path: Path, small_hospital: Path, champion_home: Path, cli_of: Callable[..., Any]
) -> None:
    from reportlab.pdfgen.canvas import Canvas

    text, blank = tmp_path / "text.pdf", tmp_path / "blank.pdf"
    text.write_text("no PDF", encoding="utf-8")
    page = Canvas(str(blank), pagesize=(792, 612))
    page.showPage()
    page.save()
    good = next((small_hospital / "ecg").rglob("*.pdf"))
    done = cli_of(champion_home)("predict", text, blank, good, tmp_path / "nowhere.pdf")
    assert done.code == 1 and "Traceback" not in done.err
    lines = [json.loads(line) for line in done.out.splitlines()]
    assert ["error" in line for line in lines] == [True, True, False, True]
    assert all("Hint: " in line["error"] for line in lines if "error" in line)
    reported = done.err.splitlines()
    assert len(reported) == 3 and all(line.startswith("ecg: ") and "Hint: " in line for line in reported)
