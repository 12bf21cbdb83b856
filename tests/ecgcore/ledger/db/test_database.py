"""Migrations and the connection's settings."""

from __future__ import annotations

from hashlib import sha256

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from ecgcore.data.split import Split
from ecgcore.errors import LedgerError
from ecgcore.ledger.db.database import Database
from ecgcore.ledger.db.migrations import HEAD, config
from ecgcore.ledger.db.tables import Base, Batch, FileSighting, Patient, Study
from ecgcore.ledger.ledger import Ledger


def test_the_migrations_make_exactly_the_tables_of_the_models(url):
    database = Database(url)
    with database.reader() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
        assert ScriptDirectory.from_config(config(connection)).get_heads() == [HEAD]
    database.close()


def test_a_path_that_an_earlier_version_kept_is_still_known_to_be_a_copy_and_the_way_back_is_open(url, build, now):
    """Migrated to 0002 and back here, on a ledger that holds sightings."""
    files = [build.ecg(f"ecg/{name}.pdf", content="same") for name in ("a", "b", "c")]
    with Ledger(url) as ledger:
        ledger.record_batch(build.batch("b1", *files), now=now)
    database = Database(url)
    with database.writer() as connection:
        command.downgrade(config(connection), "0002")
        columns = {column["name"] for column in inspect(connection).get_columns("file_sighting")}
        assert columns == {"number", "sha256", "path", "stem", "batch", "seen"}
    database.close()
    with Ledger(url) as ledger:
        assert ledger.record_batch(build.batch("b2", *files), now=now).brought is None
        with ledger.reading() as connection:
            kept = connection.execute(select(FileSighting.path, FileSighting.path_sha256)).all()
    assert kept == [(f.path, sha256(f.path.encode()).hexdigest()) for f in files[1:]]


def test_sqlite_waits_keeps_keys_and_writes_ahead(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'l.db'}")
    with database.reader() as connection:
        values = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert values == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 60_000}
    database.close()


def test_a_full_disk_is_one_clear_error_and_nothing_is_written(tmp_path, now):
    database = Database(f"sqlite:///{tmp_path / 'l.db'}")
    with pytest.raises(LedgerError, match="full"), database.writer() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar()
        connection.execute(text(f"PRAGMA max_page_count = {pages}"))
        for number in range(1000):
            connection.execute(insert(Batch), {"number": number, "batch_id": f"{number:064d}", "created": now})
    database.close()
    again = Database(f"sqlite:///{tmp_path / 'l.db'}")
    with again.reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM batch")).scalar() == 0
    again.close()


def test_an_error_rolls_the_whole_write_back(url, now):
    database = Database(url)
    with pytest.raises(RuntimeError, match="stop"), database.writer() as connection:
        connection.execute(insert(Batch), {"number": 1, "batch_id": "b", "created": now})
        raise RuntimeError("stop")
    with database.reader() as connection:
        assert connection.execute(text("SELECT count(*) FROM batch")).scalar() == 0
    database.close()


def test_the_database_itself_refuses_a_study_outside_its_patient_s_split(url, now):
    database = Database(url)
    with database.writer() as connection:
        connection.execute(insert(Patient), {"patient_id": "P1", "split": Split.TRAIN, "first_study_year": 2010})
    with pytest.raises(IntegrityError), database.writer() as connection:
        connection.execute(insert(Study), {
            "study_id": "S1", "patient_id": "P1", "split": Split.TEST, "day": now.date(), "year": 2010,
            "file_sha256": "f",
            "row_id": "r", "ecg_format": "old", "image_sha256": "i", "image_path": "p", "batch": 1, "accepted": now,
            "disputed": False})  # fmt: skip
    database.close()


def test_a_ledger_of_a_newer_version_is_refused(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'l.db'}")
    with database.writer() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(LedgerError, match="update this software"):
        Database(f"sqlite:///{tmp_path / 'l.db'}")


def test_an_unreachable_server_is_one_clear_error_without_the_password():
    with pytest.raises(LedgerError, match="cannot be opened") as caught:
        Database("postgresql://ecg:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
