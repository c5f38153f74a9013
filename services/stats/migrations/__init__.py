"""Alembic: every table with its row level security and rights."""
