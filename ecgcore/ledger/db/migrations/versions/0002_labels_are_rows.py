"""Labels are rows: a study's labels stand in a table of their own, each with its evidence and version.

Revision ID: 0002
Revises: 0001

A table row keeps what its label cells say as JSON, so that a further target needs no further column. Every label that a
study had becomes its version 1, as the row that is the study's evidence has it, from the moment of the acceptance.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# the label columns of version 0001; what the catalogue of targets says now has no say here
_FLAGS = ("scar", "subendocardial_scar", "transmural_scar")
_NUMBERS = ("lvef_percent",)
_LABELS = ("scar", "lvef_percent", "subendocardial_scar", "transmural_scar")
_AT_ONCE = 1000


def _columns() -> list[sa.ColumnClause[Any]]:
    flags: list[sa.ColumnClause[Any]] = [sa.column(name, sa.Integer()) for name in _FLAGS]
    return [*flags, *(sa.column(name, sa.Double()) for name in _NUMBERS)]


_LABEL = sa.table(
    "label",
    sa.column("study_id", sa.String),
    sa.column("name", sa.String),
    sa.column("value", sa.Double),
    sa.column("file_sha256", sa.String),
    sa.column("place", sa.Text),
    sa.column("version", sa.Integer),
    sa.column("created", sa.DateTime),
)


def upgrade() -> None:
    op.create_table(
        "label",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("study_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["file_sha256"], ["file.sha256"], name="fk_label_file_sha256"),
        sa.ForeignKeyConstraint(["study_id"], ["study.study_id"], name="fk_label_study_id"),
        sa.PrimaryKeyConstraint("number", name="pk_label"),
        sa.UniqueConstraint("study_id", "name", "version", name="uq_label_study_id_name_version"),
    )
    op.add_column("row", sa.Column("labels", sa.Text(), nullable=False, server_default="{}"))
    _carry_rows_over()
    _carry_studies_over()
    for table in ("row", "study"):
        for name in _LABELS:
            op.drop_column(table, name)


def _carry_rows_over() -> None:
    row = sa.table("row", sa.column("row_id", sa.String), sa.column("labels", sa.Text), *_columns())
    connection = op.get_bind()
    found = connection.execute(sa.select(row.c.row_id, *(row.c[name] for name in _LABELS))).all()
    values = [{"id": each.row_id, "text": json.dumps(text)} for each in found if (text := _present(each))]
    change = row.update().where(row.c.row_id == sa.bindparam("id")).values(labels=sa.bindparam("text"))
    for start in range(0, len(values), _AT_ONCE):
        connection.execute(change, values[start : start + _AT_ONCE])


def _present(record: sa.Row) -> dict[str, float]:
    return {name: value for name in _LABELS if (value := getattr(record, name)) is not None}


def _carry_studies_over() -> None:
    study = sa.table(
        "study",
        sa.column("study_id", sa.String),
        sa.column("row_id", sa.String),
        sa.column("accepted", sa.DateTime),
        *_columns(),
    )
    row = sa.table("row", *(sa.column(name) for name in ("row_id", "table_sha256", "row")))
    labels = (study.c[name] for name in _LABELS)
    query = sa.select(study.c.study_id, study.c.accepted, row.c.table_sha256, row.c.row, *labels)
    found = op.get_bind().execute(query.join_from(study, row, study.c.row_id == row.c.row_id)).all()
    values = [
        {
            "study_id": each.study_id,
            "name": name,
            "value": float(value),
            "file_sha256": each.table_sha256,
            "place": f"row {each.row}",
            "version": 1,
            "created": each.accepted,
        }
        for each in found
        for name, value in _present(each).items()
    ]
    for start in range(0, len(values), _AT_ONCE):
        op.get_bind().execute(_LABEL.insert(), values[start : start + _AT_ONCE])


def downgrade() -> None:
    for table in ("row", "study"):
        for name in _FLAGS:
            op.add_column(table, sa.Column(name, sa.Integer(), nullable=True))
        for name in _NUMBERS:
            op.add_column(table, sa.Column(name, sa.Double(), nullable=True))
    _carry_back()
    op.drop_column("row", "labels")
    op.drop_table("label")


def _carry_back() -> None:
    """Write the labels that version 0001 knows into its columns; other labels are lost."""
    connection = op.get_bind()
    row = sa.table("row", sa.column("row_id", sa.String), sa.column("labels", sa.Text), *_columns())
    for row_id, text in connection.execute(sa.select(row.c.row_id, row.c.labels)).all():
        values = {name: value for name, value in json.loads(text).items() if name in _LABELS}
        if values:
            connection.execute(row.update().where(row.c.row_id == row_id).values(**values))
    study = sa.table("study", sa.column("study_id", sa.String), *_columns())
    query = sa.select(_LABEL.c.study_id, _LABEL.c.name, _LABEL.c.value).order_by(_LABEL.c.version)
    for study_id, name, value in connection.execute(query).all():
        if name in _LABELS:
            kept = int(value) if name in _FLAGS else value
            connection.execute(study.update().where(study.c.study_id == study_id).values({name: kept}))
