"""Alembic's entry: migrates over the connection that the ledger passes in, inside its transaction."""

from __future__ import annotations

from alembic import context

from ecgcore.ledger.db.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
