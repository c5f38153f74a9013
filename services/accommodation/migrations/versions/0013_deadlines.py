"""What has to be done by a day: notices of § 110, and which ends were announced."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0013"
down_revision = "0012"

TABLES = """
CREATE TABLE notice (
    id uuid PRIMARY KEY,
    placement_id uuid NOT NULL UNIQUE REFERENCES placement (id),
    case_id uuid NOT NULL,
    facility_id uuid NOT NULL REFERENCES facility (id),
    operator varchar NOT NULL,
    municipality varchar,
    admitted_on date NOT NULL,
    due_on date NOT NULL,
    given_at timestamptz,
    acknowledged_at timestamptz CHECK (acknowledged_at >= given_at),
    version integer NOT NULL);
CREATE INDEX ix_notice_due ON notice (due_on, id);
CREATE TABLE announcement (
    about_id uuid NOT NULL,
    ends_on date NOT NULL,
    days_before integer NOT NULL,
    announced_at timestamptz NOT NULL,
    PRIMARY KEY (about_id, ends_on, days_before));
"""
HAVN = "havn_org() = 'havn'"
# The municipality sees a notice when it is given, and nothing of the placement behind it.
NOTICE = "havn_org() IN (operator, 'cmm', 'havn') OR given_at IS NOT NULL AND havn_org() = 'kommune-' || municipality"


def upgrade() -> None:
    apply(
        TABLES,
        *guarded("notice", "SELECT, INSERT, UPDATE", visible=NOTICE, writable=NOTICE),
        *guarded("announcement", "SELECT, INSERT", visible=HAVN, writable=HAVN),
    )
