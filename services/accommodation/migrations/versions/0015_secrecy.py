"""A secret address: who was shown it, and until when; dropping the secrecy takes two people. Who has approved a place for peaks.
People in a facility whose approval ended are an alert."""

from shared.alerts.queue import ALERT_SQL
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0015"
down_revision = "0014"

TABLES = """
ALTER TABLE facility ADD COLUMN unveiling_asked_by varchar, ADD COLUMN unveiling bytea;
ALTER TABLE place ADD COLUMN approved_by varchar CHECK (approved_by IS NULL OR kind = 'peak');
UPDATE place p SET approved_by = f.operator FROM facility f WHERE f.id = p.facility_id AND p.kind = 'peak';
CREATE TABLE reveal (
    id uuid PRIMARY KEY,
    facility_id uuid NOT NULL REFERENCES facility (id),
    org varchar NOT NULL,
    actor varchar NOT NULL,
    roles varchar[] NOT NULL,
    purpose varchar NOT NULL,
    revealed_at timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > revealed_at));
CREATE INDEX ix_reveal_facility ON reveal (facility_id, revealed_at);
"""
HAVN = "havn_org() = 'havn'"
SEEN = (
    "havn_org() IN (org, 'cmm', 'havn') OR EXISTS"
    " (SELECT FROM facility f WHERE f.id = facility_id AND f.operator = havn_org())"
)


def upgrade() -> None:
    apply(
        TABLES,
        ALERT_SQL,
        *guarded("reveal", "SELECT, INSERT", visible=SEEN, writable="havn_org() = org"),
        *guarded("alert", "SELECT, INSERT, UPDATE", visible=HAVN, writable=HAVN),
    )
