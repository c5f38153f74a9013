"""That somebody is missing, or may be, goes on where the work does, and goes back when a merge is undone."""

from shared.data.migrations import apply

revision = "0021"
down_revision = "0020"

BROUGHT = """
ALTER TABLE absence ADD COLUMN brought_by uuid;
ALTER TABLE disappearance ADD COLUMN brought_by uuid;
"""
TAKEN_OUT = "DO $$ BEGIN EXECUTE format('GRANT DELETE ON absence, disappearance TO %I', current_database()); END $$"


def upgrade() -> None:
    apply(BROUGHT, TAKEN_OUT)
