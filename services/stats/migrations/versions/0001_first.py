"""The first tables: what was told about people, referrals, interviews and decisions."""

from shared.data.migrations import apply, plumbing
from shared.data.row_security import guarded

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE person (
    case_id uuid PRIMARY KEY,
    opened_on date NOT NULL,
    gender varchar NOT NULL,
    age_group varchar NOT NULL,
    citizenships varchar[] NOT NULL,
    municipality varchar,
    region varchar,
    referral_id uuid,
    referred_by varchar);
CREATE TABLE further_referral (
    case_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    referred_by varchar NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, referral_id));
CREATE TABLE interview (
    interview_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    held_at timestamptz NOT NULL);
CREATE INDEX ix_interview_held ON interview (held_at, case_id);
CREATE TABLE decision (
    decision_id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    authority varchar NOT NULL,
    outcome varchar NOT NULL,
    exploitation_forms varchar[] NOT NULL,
    decided_on date NOT NULL,
    recorded_at timestamptz NOT NULL);
CREATE INDEX ix_decision_positive ON decision (case_id, decided_on, recorded_at, decision_id)
    WHERE outcome = 'assessed_trafficked';
CREATE TABLE replacement (
    decision_id uuid PRIMARY KEY,
    replaced_by uuid NOT NULL,
    recorded_at timestamptz NOT NULL);
CREATE TABLE referral (
    referral_id uuid PRIMARY KEY,
    sender varchar NOT NULL,
    status varchar NOT NULL,
    municipality varchar,
    region varchar,
    submitted_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL);
CREATE INDEX ix_referral_submitted ON referral (submitted_at, sender);
"""
# Exact rows about single cases are the national centre's to read; only what has happened, as events tell it, is written.
READER = "havn_org() IN ('havn', 'cmm')"
WRITER = "havn_org() = 'havn'"
KEPT_AS_TOLD = ("person", "further_referral", "interview", "decision", "replacement")


def upgrade() -> None:
    apply(*plumbing(), TABLES)
    for table in KEPT_AS_TOLD:
        apply(*guarded(table, "SELECT, INSERT", visible=READER, writable=WRITER))
    apply(*guarded("referral", "SELECT, INSERT, UPDATE", visible=READER, writable=WRITER))
