"""Who left a place without notice: whether the person is missing is asked of those who work on the case, who answer."""

from services.identification.migrations.policies import working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0019"
down_revision = "0018"

TABLES = """
ALTER TABLE case_file ADD COLUMN missing_asked_since date;
CREATE INDEX ix_case_file_missing_asked ON case_file (opened_at) WHERE missing_asked_since IS NOT NULL;
CREATE TABLE disappearance (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    since date NOT NULL,
    recorded_at timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by varchar,
    is_missing boolean,
    reason bytea,
    CHECK ((answered_at IS NULL) = (is_missing IS NULL)));
CREATE INDEX ix_disappearance_case ON disappearance (case_id, recorded_at);
CREATE UNIQUE INDEX one_open_disappearance ON disappearance (case_id) WHERE answered_at IS NULL;
"""
VISIBLE = working("disappearance")


def upgrade() -> None:
    apply(TABLES, *guarded("disappearance", "SELECT, INSERT, UPDATE", visible=VISIBLE, writable=VISIBLE))
