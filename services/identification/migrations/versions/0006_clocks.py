"""Deadlines, alerts, the on-call, custody."""

from services.identification.migrations.policies import working
from shared.alerts.queue import ALERT_SQL
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0006"
down_revision = "0005"

TABLES = """
ALTER TABLE case_file
    ADD COLUMN custody_ended_at timestamptz,
    ADD COLUMN custody_end_reason varchar,
    ADD COLUMN custody_place bytea,
    ADD COLUMN is_wound boolean NOT NULL DEFAULT false;
CREATE INDEX ix_case_file_unwound ON case_file (id) WHERE NOT is_wound;
CREATE TABLE deadline (
    case_id uuid NOT NULL REFERENCES case_file (id),
    kind varchar NOT NULL,
    ref varchar NOT NULL,
    starts_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    due_on date NOT NULL,
    for_org varchar NOT NULL,
    alerts timestamptz[] NOT NULL,
    alerted_until timestamptz,
    next_alert_at timestamptz,
    done_at timestamptz,
    PRIMARY KEY (case_id, kind, ref));
CREATE INDEX ix_deadline_next ON deadline (next_alert_at) WHERE next_alert_at IS NOT NULL;
CREATE INDEX ix_deadline_due ON deadline (due_at, case_id, kind, ref) WHERE done_at IS NULL;
CREATE INDEX ix_deadline_for ON deadline (for_org, due_at) WHERE done_at IS NULL;
CREATE TABLE on_call (
    case_id uuid PRIMARY KEY REFERENCES case_file (id),
    started_at timestamptz NOT NULL,
    alerts integer NOT NULL,
    next_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by varchar);
CREATE INDEX ix_on_call_next ON on_call (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE child_referral (
    referral_id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    municipality varchar NOT NULL);
CREATE INDEX ix_child_referral_case ON child_referral (case_id);
"""
ITSELF = "havn_org() = 'havn'"


def upgrade() -> None:
    apply(
        TABLES,
        ALERT_SQL,
        # Clocks follow from the whole of what is known of a case, which not everybody who changes one may see: Havn itself
        # sets them. Whom a clock runs for sees it, also without a part in the case.
        *guarded(
            "deadline",
            "SELECT, INSERT, UPDATE",
            visible=f"deadline.for_org = havn_org() OR ({working('deadline')})",
            writable=ITSELF,
        ),
        *guarded("on_call", "SELECT, INSERT, UPDATE", visible=working("on_call"), writable=working("on_call")),
        *guarded("child_referral", "SELECT, INSERT, UPDATE", visible=ITSELF, writable=ITSELF),
        # Whoever does what calls for an alert may raise one; it is seen by whom it is for.
        *guarded("alert", "SELECT, INSERT, UPDATE", visible="havn_org() IN (alert.for_org, 'havn')"),
    )
