"""Requests for access to what is held of a person, which a second person reviews."""

from services.identification.migrations.policies import party
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0025"
down_revision = "0024"

TABLE = """
CREATE TABLE access_request (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    recorded_by_subject varchar NOT NULL,
    requested_on date NOT NULL,
    asked_by varchar NOT NULL,
    relation varchar,
    answer_by date NOT NULL,
    outcome varchar,
    reviewed_at timestamptz,
    reviewed_by_subject varchar,
    granted_until date,
    handed_out_on date,
    ended_at timestamptz,
    account bytea,
    review bytea,
    CHECK (reviewed_by_subject <> recorded_by_subject),
    CHECK ((outcome IS NULL) = (reviewed_by_subject IS NULL)),
    CHECK (handed_out_on IS NULL OR outcome = 'granted'));
CREATE INDEX ix_access_request_case ON access_request (case_id, recorded_at, id);
"""
CENTRE = party("access_request.case_id", "'centre'")


def upgrade() -> None:
    apply(TABLE, *guarded("access_request", "SELECT, INSERT, UPDATE", visible=CENTRE, writable=CENTRE))
