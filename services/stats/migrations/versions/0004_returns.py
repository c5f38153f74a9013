"""Prepared returns: who has departed, and when."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE departure (
    case_id uuid PRIMARY KEY,
    departed_on date NOT NULL,
    recorded_at timestamptz NOT NULL);
CREATE INDEX ix_departure_departed ON departure (departed_on);
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded(
            "departure",
            "SELECT, INSERT, UPDATE",
            visible="havn_org() IN ('havn', 'cmm')",
            writable="havn_org() = 'havn'",
        ),
    )
