"""A file of any size, at a path of any length: sizes of 64 bits, and paths that are indexed by their hash.

Revision ID: 0004
Revises: 0002

PostgreSQL's integer ends at 2 GiB, and its indexes take no row above 2,704 bytes: either ended a whole ingest.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

_SIGHTING = sa.table(
    "file_sighting",
    sa.column("number", sa.Integer),
    sa.column("sha256", sa.String),
    sa.column("path", sa.Text),
    sa.column("path_sha256", sa.String),
)
_OLD, _NEW = "uq_file_sighting_path_sha256", "uq_file_sighting_path_sha256_sha256"
_AT_ONCE = 1000


def upgrade() -> None:
    _set_size(sa.Integer(), sa.BigInteger())
    op.add_column("file_sighting", sa.Column("path_sha256", sa.String(length=64), nullable=True))
    _hash_paths()
    with op.batch_alter_table("file_sighting") as table:
        table.alter_column("path_sha256", existing_type=sa.String(length=64), nullable=False)
        table.drop_constraint(_OLD, type_="unique")
        table.create_unique_constraint(_NEW, ["path_sha256", "sha256"])


def _set_size(before: sa.types.TypeEngine[int], after: sa.types.TypeEngine[int]) -> None:
    if op.get_bind().dialect.name != "sqlite":  # whose integers have 64 bits
        op.alter_column("file", "size_bytes", existing_type=before, type_=after, existing_nullable=False)


def _hash_paths() -> None:
    connection = op.get_bind()
    found = connection.execute(sa.select(_SIGHTING.c.number, _SIGHTING.c.path)).all()
    values = [{"id": number, "hash": hashlib.sha256(path.encode()).hexdigest()} for number, path in found]
    change = _SIGHTING.update().where(_SIGHTING.c.number == sa.bindparam("id"))
    for start in range(0, len(values), _AT_ONCE):
        connection.execute(change.values(path_sha256=sa.bindparam("hash")), values[start : start + _AT_ONCE])


def downgrade() -> None:
    with op.batch_alter_table("file_sighting") as table:
        table.drop_constraint(_NEW, type_="unique")
        table.create_unique_constraint(_OLD, ["path", "sha256"])
        table.drop_column("path_sha256")
    _set_size(sa.BigInteger(), sa.Integer())
