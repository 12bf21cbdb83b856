"""The ledger: files, rows, patients, studies, quarantine, snapshots, test sets, promotions, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_event",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("moment", sa.DateTime(), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_event"),
        sa.UniqueConstraint("sha256", name="uq_audit_event_sha256"),
    )
    op.create_index("ix_audit_event_event", "audit_event", ["event"], unique=False)
    op.create_table(
        "batch",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_batch"),
        sa.UniqueConstraint("batch_id", name="uq_batch_batch_id"),
    )
    op.create_table(
        "patient",
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column(
            "split",
            sa.Enum("train", "valid", "test", name="split", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("first_study_year", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("patient_id", name="pk_patient"),
        sa.UniqueConstraint("patient_id", "split", name="uq_patient_patient_id_split"),
    )
    op.create_table(
        "promotion",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("slot", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=128), nullable=False),
        sa.Column("previous_version", sa.String(length=128), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "intended",
                "exported",
                "verified",
                "linked",
                "aliased",
                "done",
                "rolled-back",
                name="promotionstate",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("reviewer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("policy_sha256", sa.String(length=64), nullable=True),
        sa.Column("model_dir_sha256", sa.String(length=64), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("updated", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_promotion"),
    )
    op.create_index("ix_promotion_slot", "promotion", ["slot"], unique=False)
    op.create_index(
        "uq_promotion_in_flight",
        "promotion",
        ["slot"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('done', 'rolled-back')"),
        postgresql_where=sa.text("state NOT IN ('done', 'rolled-back')"),
    )
    op.create_table(
        "snapshot",
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("studies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("snapshot_id", name="pk_snapshot"),
        sa.UniqueConstraint("content_sha256", name="uq_snapshot_content_sha256"),
    )
    op.create_table(
        "test_set",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("locked_at", sa.DateTime(), nullable=False),
        sa.Column("looks", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_test_set"),
    )
    op.create_table(
        "file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "ecg",
                "table",
                "narrative",
                "unknown",
                name="filekind",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "accepted",
                "waiting",
                "unpaired",
                "quarantined",
                "duplicate",
                "excluded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("fault_rule", sa.String(length=64), nullable=True),
        sa.Column("fault_value", sa.Text(), nullable=True),
        sa.Column("fault_hint", sa.Text(), nullable=True),
        sa.Column("ecg_format", sa.String(length=32), nullable=True),
        sa.Column("image_sha256", sa.String(length=64), nullable=True),
        sa.Column("image_path", sa.Text(), nullable=True),
        sa.Column("patient_id", sa.String(length=64), nullable=True),
        sa.Column("ecg_date", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.number"], name="fk_file_batch"),
        sa.PrimaryKeyConstraint("sha256", name="pk_file"),
    )
    op.create_index("ix_file_batch", "file", ["batch"], unique=False)
    op.create_index("ix_file_image_sha256", "file", ["image_sha256"], unique=False)
    op.create_index("ix_file_state", "file", ["state"], unique=False)
    op.create_index("ix_file_stem", "file", ["stem"], unique=False)
    op.create_table(
        "quarantine_entry",
        sa.Column("entry_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("is_row", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.number"], name="fk_quarantine_entry_batch"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_quarantine_entry"),
    )
    op.create_index("ix_quarantine_entry_batch", "quarantine_entry", ["batch"], unique=False)
    op.create_index("ix_quarantine_entry_subject", "quarantine_entry", ["subject"], unique=False)
    op.create_table(
        "file_sighting",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["batch"], ["batch.number"], name="fk_file_sighting_batch"),
        sa.ForeignKeyConstraint(["sha256"], ["file.sha256"], name="fk_file_sighting_sha256"),
        sa.PrimaryKeyConstraint("number", name="pk_file_sighting"),
        sa.UniqueConstraint("path", "sha256", name="uq_file_sighting_path_sha256"),
    )
    op.create_index("ix_file_sighting_batch", "file_sighting", ["batch"], unique=False)
    op.create_index("ix_file_sighting_sha256", "file_sighting", ["sha256"], unique=False)
    op.create_index("ix_file_sighting_stem", "file_sighting", ["stem"], unique=False)
    op.create_table(
        "row",
        sa.Column("row_id", sa.String(length=64), nullable=False),
        sa.Column("table_sha256", sa.String(length=64), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "accepted",
                "waiting",
                "unpaired",
                "quarantined",
                "duplicate",
                "excluded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column("rule", sa.String(length=64), nullable=True),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("hint", sa.Text(), nullable=True),
        sa.Column("fault_rule", sa.String(length=64), nullable=True),
        sa.Column("fault_value", sa.Text(), nullable=True),
        sa.Column("fault_hint", sa.Text(), nullable=True),
        sa.Column("fault_effect", sa.String(length=16), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=True),
        sa.Column("file_name", sa.Text(), nullable=True),
        sa.Column("study_id", sa.String(length=64), nullable=True),
        sa.Column("patient_id", sa.String(length=64), nullable=True),
        sa.Column("cmr_date", sa.Date(), nullable=True),
        sa.Column("ecg_date", sa.Date(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("month", sa.Integer(), nullable=True),
        sa.Column("run_num", sa.Text(), nullable=True),
        sa.Column("scar", sa.Integer(), nullable=True),
        sa.Column("lvef_percent", sa.Double(), nullable=True),
        sa.Column("subendocardial_scar", sa.Integer(), nullable=True),
        sa.Column("transmural_scar", sa.Integer(), nullable=True),
        sa.Column("age", sa.Double(), nullable=True),
        sa.Column("female", sa.Integer(), nullable=True),
        sa.Column("smoke", sa.Integer(), nullable=True),
        sa.Column("diabetes", sa.Integer(), nullable=True),
        sa.Column("hypertension", sa.Integer(), nullable=True),
        sa.Column("dyslipidemia", sa.Integer(), nullable=True),
        sa.Column("impute", sa.Integer(), nullable=True),
        sa.Column("new_cut", sa.Integer(), nullable=True),
        sa.Column("train_80_percent", sa.Integer(), nullable=True),
        sa.Column("develop_10_percent", sa.Integer(), nullable=True),
        sa.Column("split", sa.Text(), nullable=True),
        sa.Column("ecg_format", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.number"], name="fk_row_batch"),
        sa.ForeignKeyConstraint(["table_sha256"], ["file.sha256"], name="fk_row_table_sha256"),
        sa.PrimaryKeyConstraint("row_id", name="pk_row"),
    )
    op.create_index("ix_row_batch", "row", ["batch"], unique=False)
    op.create_index("ix_row_patient_id", "row", ["patient_id"], unique=False)
    op.create_index("ix_row_state", "row", ["state"], unique=False)
    op.create_index("ix_row_study_id", "row", ["study_id"], unique=False)
    op.create_index("ix_row_table_sha256", "row", ["table_sha256"], unique=False)
    op.create_table(
        "study",
        sa.Column("study_id", sa.String(length=64), nullable=False),
        sa.Column("patient_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("row_id", sa.String(length=64), nullable=False),
        sa.Column("ecg_format", sa.String(length=32), nullable=False),
        sa.Column("image_sha256", sa.String(length=64), nullable=False),
        sa.Column("image_path", sa.Text(), nullable=False),
        sa.Column(
            "split",
            sa.Enum("train", "valid", "test", name="split", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.Column("test_set", sa.String(length=64), nullable=True),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("batch", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.DateTime(), nullable=False),
        sa.Column("scar", sa.Integer(), nullable=True),
        sa.Column("lvef_percent", sa.Double(), nullable=True),
        sa.Column("subendocardial_scar", sa.Integer(), nullable=True),
        sa.Column("transmural_scar", sa.Integer(), nullable=True),
        sa.Column("age", sa.Double(), nullable=True),
        sa.Column("female", sa.Integer(), nullable=True),
        sa.Column("smoke", sa.Integer(), nullable=True),
        sa.Column("diabetes", sa.Integer(), nullable=True),
        sa.Column("hypertension", sa.Integer(), nullable=True),
        sa.Column("dyslipidemia", sa.Integer(), nullable=True),
        sa.Column("impute", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["batch"], ["batch.number"], name="fk_study_batch"),
        sa.ForeignKeyConstraint(["file_sha256"], ["file.sha256"], name="fk_study_file_sha256"),
        sa.ForeignKeyConstraint(
            ["patient_id", "split"], ["patient.patient_id", "patient.split"], name="fk_study_patient_split"
        ),
        sa.ForeignKeyConstraint(["row_id"], ["row.row_id"], name="fk_study_row_id"),
        sa.PrimaryKeyConstraint("study_id", name="pk_study"),
        sa.UniqueConstraint("file_sha256", name="uq_study_file_sha256"),
        sa.UniqueConstraint("patient_id", "day", name="uq_study_patient_id_day"),
        sa.UniqueConstraint("row_id", name="uq_study_row_id"),
    )
    op.create_index("ix_study_batch", "study", ["batch"], unique=False)
    op.create_index("ix_study_image_sha256", "study", ["image_sha256"], unique=False)
    op.create_index("ix_study_patient_id", "study", ["patient_id"], unique=False)
    op.create_index("ix_study_split", "study", ["split"], unique=False)
    op.create_index("ix_study_test_set", "study", ["test_set"], unique=False)
    op.create_table(
        "snapshot_study",
        sa.Column("snapshot_id", sa.String(length=64), nullable=False),
        sa.Column("study_id", sa.String(length=64), nullable=False),
        sa.Column(
            "split",
            sa.Enum("train", "valid", "test", name="split", native_enum=False, create_constraint=True, length=16),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.snapshot_id"], name="fk_snapshot_study_snapshot_id"),
        sa.ForeignKeyConstraint(["study_id"], ["study.study_id"], name="fk_snapshot_study_study_id"),
        sa.PrimaryKeyConstraint("snapshot_id", "study_id", name="pk_snapshot_study"),
    )
    op.create_table(
        "test_set_member",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("study_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["name"], ["test_set.name"], name="fk_test_set_member_name"),
        sa.ForeignKeyConstraint(["study_id"], ["study.study_id"], name="fk_test_set_member_study_id"),
        sa.PrimaryKeyConstraint("name", "study_id", name="pk_test_set_member"),
    )


def downgrade() -> None:
    op.drop_table("test_set_member")
    op.drop_table("snapshot_study")
    op.drop_index("ix_study_test_set", table_name="study")
    op.drop_index("ix_study_split", table_name="study")
    op.drop_index("ix_study_patient_id", table_name="study")
    op.drop_index("ix_study_image_sha256", table_name="study")
    op.drop_index("ix_study_batch", table_name="study")
    op.drop_table("study")
    op.drop_index("ix_row_table_sha256", table_name="row")
    op.drop_index("ix_row_study_id", table_name="row")
    op.drop_index("ix_row_state", table_name="row")
    op.drop_index("ix_row_patient_id", table_name="row")
    op.drop_index("ix_row_batch", table_name="row")
    op.drop_table("row")
    op.drop_index("ix_file_sighting_stem", table_name="file_sighting")
    op.drop_index("ix_file_sighting_sha256", table_name="file_sighting")
    op.drop_index("ix_file_sighting_batch", table_name="file_sighting")
    op.drop_table("file_sighting")
    op.drop_index("ix_quarantine_entry_subject", table_name="quarantine_entry")
    op.drop_index("ix_quarantine_entry_batch", table_name="quarantine_entry")
    op.drop_table("quarantine_entry")
    op.drop_index("ix_file_stem", table_name="file")
    op.drop_index("ix_file_state", table_name="file")
    op.drop_index("ix_file_image_sha256", table_name="file")
    op.drop_index("ix_file_batch", table_name="file")
    op.drop_table("file")
    op.drop_table("test_set")
    op.drop_table("snapshot")
    op.drop_index(
        "uq_promotion_in_flight",
        table_name="promotion",
        sqlite_where=sa.text("state NOT IN ('done', 'rolled-back')"),
        postgresql_where=sa.text("state NOT IN ('done', 'rolled-back')"),
    )
    op.drop_index("ix_promotion_slot", table_name="promotion")
    op.drop_table("promotion")
    op.drop_table("patient")
    op.drop_table("batch")
    op.drop_index("ix_audit_event_event", table_name="audit_event")
    op.drop_table("audit_event")
