"""Consents that were taken back: with whom a case is no longer shared, and since when."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0002"
down_revision = "0001"

TABLES = """
CREATE TABLE withdrawn_share (
    case_id uuid NOT NULL,
    org varchar NOT NULL,
    since timestamptz NOT NULL,
    PRIMARY KEY (org, case_id));
CREATE INDEX ix_referral_subject_case ON referral_subject (case_id) WHERE case_id IS NOT NULL;
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
