"""Pages keep their cautions: what is unusual about a page, and what nothing on it confirms, in a table of their own.

Revision ID: 0006
Revises: 0005

Pages that were read before have none: whether anything confirmed them was not looked at.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_caution",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("caution", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["sha256"], ["file.sha256"], name="fk_file_caution_sha256"),
        sa.PrimaryKeyConstraint("sha256", "caution", name="pk_file_caution"),
    )


def downgrade() -> None:
    op.drop_table("file_caution")
