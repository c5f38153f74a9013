"""Consents that were taken back: with whom a case is no longer shared."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE withdrawn_share (
    case_id uuid NOT NULL,
    org varchar NOT NULL,
    was_referrer boolean NOT NULL,
    PRIMARY KEY (org, case_id));
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded(
            "withdrawn_share",
            "SELECT, INSERT, UPDATE, DELETE",
            visible="havn_org() IN (org, 'havn')",
            writable="havn_org() = 'havn'",
        ),
    )
