"""Cases that turned out to be about one person, and merges that were undone."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE case_merge (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid NOT NULL,
    into_id uuid,
    recorded_at timestamptz NOT NULL);
CREATE INDEX ix_case_merge_case ON case_merge (case_id, position);
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded(
            "case_merge", "SELECT, INSERT", visible="havn_org() IN ('havn', 'cmm')", writable="havn_org() = 'havn'"
        ),
    )
