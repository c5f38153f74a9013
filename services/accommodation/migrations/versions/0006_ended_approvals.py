"""An approval may end before its time: when that was recorded, by whom, and why."""

from shared.data.migrations import apply

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    apply(
        "ALTER TABLE approval ADD COLUMN ended_at timestamptz",
        "ALTER TABLE approval ADD COLUMN ended_by varchar",
        "ALTER TABLE approval ADD COLUMN ending bytea",
        "DO $$ BEGIN EXECUTE format('GRANT UPDATE ON approval TO %I', current_database()); END $$",
    )
