"""Erasures that reach every holder: what was asked for, and who has confirmed."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE erasure (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    extent varchar NOT NULL,
    erased_at timestamptz NOT NULL,
    confirm_by timestamptz NOT NULL);
CREATE INDEX ix_erasure_erased ON erasure (erased_at, id);
CREATE TABLE erasure_holder (
    erasure_id uuid NOT NULL REFERENCES erasure (id),
    holder varchar NOT NULL,
    case_id uuid NOT NULL REFERENCES case_file (id),
    confirmed_at timestamptz,
    alerted_at timestamptz,
    PRIMARY KEY (erasure_id, holder));
CREATE INDEX ix_erasure_holder_open ON erasure_holder (erasure_id) WHERE confirmed_at IS NULL;
"""
CENTRAL, ITSELF = "havn_org() IN ('havn', 'cmm')", "havn_org() = 'havn'"


def upgrade() -> None:
    apply(
        TABLES,
        *guarded("erasure", "SELECT, INSERT", visible=CENTRAL, writable=ITSELF),
        *guarded("erasure_holder", "SELECT, INSERT, UPDATE", visible=CENTRAL, writable=ITSELF),
    )
