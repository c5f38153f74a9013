"""Rights, indicators, risk, evidence; when an interview was recorded."""

from services.identification.migrations.policies import working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0004"
down_revision = "0003"

TABLES = """
ALTER TABLE interview ADD COLUMN recorded_at timestamptz;
UPDATE interview SET recorded_at = held_at;
ALTER TABLE interview ALTER COLUMN recorded_at SET NOT NULL;
DROP INDEX ix_interview_case;
CREATE INDEX ix_interview_case ON interview (case_id, recorded_at, id);
CREATE TABLE rights_explanation (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    explained_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    rights varchar[] NOT NULL,
    language varchar,
    with_interpreter boolean NOT NULL,
    method varchar NOT NULL,
    account bytea NOT NULL);
CREATE INDEX ix_rights_explanation_case ON rights_explanation (case_id, recorded_at, id);
CREATE TABLE indicator_observation (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    number integer NOT NULL,
    indicator_set varchar NOT NULL,
    table_version varchar NOT NULL,
    item varchar NOT NULL,
    answer varchar NOT NULL,
    observed_on date,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    recorded_by_subject varchar NOT NULL,
    account bytea NOT NULL,
    UNIQUE (case_id, number));
CREATE TABLE risk_assessment (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    level varchar NOT NULL,
    assessed_on date NOT NULL,
    reassess_on date NOT NULL,
    is_latest boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    account bytea NOT NULL,
    CHECK (assessed_on < reassess_on));
CREATE INDEX ix_risk_assessment_case ON risk_assessment (case_id, recorded_at, id);
CREATE UNIQUE INDEX one_latest_risk_assessment ON risk_assessment (case_id) WHERE is_latest;
CREATE INDEX ix_risk_assessment_due ON risk_assessment (reassess_on, case_id) WHERE is_latest;
CREATE TABLE evidence (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    status varchar NOT NULL,
    scan varchar NOT NULL,
    media_type varchar,
    size integer NOT NULL,
    obtained_on date,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    description bytea NOT NULL);
CREATE INDEX ix_evidence_case ON evidence (case_id, recorded_at, id);
CREATE TABLE evidence_part (
    id uuid PRIMARY KEY,
    evidence_id uuid NOT NULL REFERENCES evidence (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    number integer NOT NULL,
    size integer NOT NULL,
    content bytea NOT NULL,
    UNIQUE (evidence_id, number));
ALTER TABLE evidence_part ALTER COLUMN content SET STORAGE EXTERNAL;
CREATE TABLE evidence_release (
    id uuid PRIMARY KEY,
    evidence_id uuid NOT NULL REFERENCES evidence (id),
    case_id uuid NOT NULL REFERENCES case_file (id),
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    recorded_by_subject varchar NOT NULL,
    reason bytea NOT NULL,
    UNIQUE (evidence_id, recorded_by, recorded_by_subject));
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded("rights_explanation", "SELECT, INSERT", visible=working("rights_explanation")),
        *guarded("indicator_observation", "SELECT, INSERT", visible=working("indicator_observation")),
        *guarded("risk_assessment", "SELECT, INSERT, UPDATE", visible=working("risk_assessment")),
        *guarded("evidence", "SELECT, INSERT, UPDATE", visible=working("evidence")),
        # Content is destroyed where it is infected or was removed; what is known of the file stays.
        *guarded("evidence_part", "SELECT, INSERT, DELETE", visible=working("evidence_part")),
        *guarded("evidence_release", "SELECT, INSERT", visible=working("evidence_release")),
    )
