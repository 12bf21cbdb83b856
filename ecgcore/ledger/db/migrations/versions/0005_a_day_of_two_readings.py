"""A printed day that can be read in two ways, such as 03/04/2018, is kept in both, to be compared with the table.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("file", sa.Column("possible_dates", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("file", "possible_dates")
