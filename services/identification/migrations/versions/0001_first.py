"""The first tables: cases and their parties, known identifiers, interviews, recommendations, decisions, periods."""

from services.identification.migrations.policies import decisions, party, working
from shared.data.migrations import apply, plumbing
from shared.data.row_security import guarded

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE case_file (
    id uuid PRIMARY KEY,
    status varchar NOT NULL,
    missing boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    opened_on date NOT NULL,
    channel varchar NOT NULL,
    occurred_at timestamptz NOT NULL,
    municipality varchar,
    referred_by varchar,
    custody_since timestamptz,
    gender varchar NOT NULL,
    age_group varchar NOT NULL,
    citizenships varchar[] NOT NULL,
    residence_basis varchar NOT NULL,
    residence_valid_until date,
    unpermitted_work boolean NOT NULL,
    asylum_pending boolean NOT NULL,
    court_recognised boolean NOT NULL,
    authority varchar NOT NULL,
    rule varchar NOT NULL,
    table_version varchar NOT NULL,
    why varchar NOT NULL,
    settled_by varchar,
    removal_hold boolean NOT NULL,
    version integer NOT NULL,
    person bytea NOT NULL,
    settlement bytea);
CREATE INDEX ix_case_file_opened ON case_file (opened_at, id);
CREATE TABLE case_party (
    case_id uuid NOT NULL REFERENCES case_file (id) DEFERRABLE INITIALLY DEFERRED,
    org varchar NOT NULL,
    part varchar NOT NULL,
    PRIMARY KEY (case_id, org));
CREATE INDEX ix_case_party_org ON case_party (org, case_id);
CREATE TABLE case_referral (
    subject_id uuid PRIMARY KEY,
    referral_id uuid NOT NULL,
    referred_by varchar NOT NULL,
    case_id uuid NOT NULL REFERENCES case_file (id));
CREATE INDEX ix_case_referral_case ON case_referral (case_id);
CREATE TABLE known_identifier (hash bytea PRIMARY KEY, case_id uuid NOT NULL REFERENCES case_file (id));
CREATE TABLE interview (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    held_at timestamptz NOT NULL,
    held_by varchar NOT NULL,
    language varchar,
    with_interpreter boolean NOT NULL,
    with_companion boolean NOT NULL,
    anonymous boolean NOT NULL,
    in_detention boolean NOT NULL,
    account bytea NOT NULL);
CREATE INDEX ix_interview_case ON interview (case_id);
CREATE TABLE recommendation (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    made_at timestamptz NOT NULL,
    made_by varchar NOT NULL,
    outcome varchar NOT NULL,
    reasons bytea NOT NULL);
CREATE INDEX ix_recommendation_case ON recommendation (case_id);
CREATE TABLE decision (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    authority varchar NOT NULL,
    outcome varchar NOT NULL,
    exploitation_forms varchar[] NOT NULL,
    decided_on date NOT NULL,
    notified_on date,
    legal_status varchar NOT NULL,
    asylum_pending boolean NOT NULL,
    replaces uuid REFERENCES decision (id),
    is_current boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    reasons bytea);
CREATE INDEX ix_decision_case ON decision (case_id, recorded_at);
CREATE UNIQUE INDEX one_current_decision ON decision (case_id, authority) WHERE is_current;
CREATE TABLE period (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    decision_id uuid NOT NULL UNIQUE REFERENCES decision (id),
    kind varchar NOT NULL,
    requested_on date NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    cap_on date NOT NULL,
    CHECK (starts_on <= ends_on AND ends_on <= cap_on));
CREATE INDEX ix_period_case ON period (case_id);
CREATE TABLE period_extension (
    id uuid PRIMARY KEY,
    period_id uuid NOT NULL REFERENCES period (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    until date NOT NULL,
    reason varchar NOT NULL,
    granted_at timestamptz NOT NULL,
    granted_by varchar NOT NULL,
    note bytea);
CREATE INDEX ix_period_extension_case ON period_extension (case_id);
"""


def upgrade() -> None:
    apply(
        *plumbing(),
        TABLES,
        *guarded("case_party", "SELECT, INSERT, UPDATE, DELETE", visible="havn_org() IN (org, 'cmm', 'havn')"),
        *guarded("case_file", "SELECT, INSERT, UPDATE", visible=party("case_file.id"), writable=party("case_file.id")),
        *guarded("case_referral", "SELECT, INSERT", visible=working("case_referral")),
        # Only equality can be asked of it, and only by who opens cases and keeps the centre's.
        *guarded("known_identifier", "SELECT, INSERT", visible="havn_org() IN ('havn', 'cmm')"),
        *guarded("interview", "SELECT, INSERT", visible=working("interview")),
        *guarded("recommendation", "SELECT, INSERT", visible=working("recommendation")),
        *guarded("decision", "SELECT, INSERT, UPDATE", visible=decisions(), writable=decisions()),
        *guarded("period", "SELECT, INSERT, UPDATE", visible=working("period")),
        *guarded("period_extension", "SELECT, INSERT", visible=working("period_extension")),
    )
