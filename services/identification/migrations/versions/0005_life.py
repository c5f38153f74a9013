"""Appeals, support, return, criminal track, missing, closure."""

from services.identification.migrations.policies import party, working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE case_file ADD COLUMN closed_on date, ADD COLUMN last_follow_up_on date;
ALTER TABLE decision ADD COLUMN decided_by varchar, ADD COLUMN rule varchar, ADD COLUMN table_version varchar;
CREATE TABLE appeal (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    decision_id uuid NOT NULL REFERENCES decision (id),
    filed_on date NOT NULL,
    filed_by varchar NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    outcome varchar,
    decided_on date,
    statement bytea,
    reasons bytea,
    CHECK ((outcome IS NULL) = (decided_on IS NULL)),
    CHECK (filed_on <= decided_on));
CREATE INDEX ix_appeal_case ON appeal (case_id, recorded_at);
CREATE TABLE support_measure (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    kind varchar NOT NULL,
    starts_on date NOT NULL,
    ends_on date,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    details bytea,
    CHECK (starts_on <= ends_on));
CREATE INDEX ix_support_measure_case ON support_measure (case_id, starts_on);
CREATE TABLE health_needs (
    case_id uuid PRIMARY KEY REFERENCES case_file (id),
    needs_midwife boolean NOT NULL,
    needs_doctor boolean NOT NULL,
    needs_psychologist boolean NOT NULL,
    needs_medication boolean NOT NULL,
    wheelchair boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    reasons bytea);
CREATE TABLE return_plan (
    case_id uuid PRIMARY KEY REFERENCES case_file (id),
    destination varchar NOT NULL,
    agreed_on date NOT NULL,
    planned_departure_on date,
    departed_on date,
    reintegration_until date,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    CHECK (agreed_on <= departed_on),
    CHECK ((departed_on IS NULL) = (reintegration_until IS NULL)));
CREATE TABLE return_follow_up (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    month integer NOT NULL CHECK (month >= 1),
    contacted boolean NOT NULL,
    made_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    note bytea,
    UNIQUE (case_id, month));
CREATE TABLE criminal_step (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    kind varchar NOT NULL,
    section varchar,
    taken_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    note bytea);
CREATE INDEX ix_criminal_step_case ON criminal_step (case_id, taken_on);
CREATE TABLE absence (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    since date NOT NULL,
    reported_to_police_on date,
    found_on date,
    municipality varchar,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    CHECK (since <= found_on));
CREATE INDEX ix_absence_case ON absence (case_id, recorded_at);
CREATE UNIQUE INDEX one_open_absence ON absence (case_id) WHERE found_on IS NULL;
CREATE TABLE closure (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    closed_on date NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    reopened_on date,
    reopened_by varchar,
    reason bytea,
    reopening bytea,
    CHECK ((reopened_on IS NULL) = (reopened_by IS NULL)));
CREATE INDEX ix_closure_case ON closure (case_id, recorded_at);
"""

# The prosecution writes down the steps that it takes, and sees no others.
OWN = f"criminal_step.recorded_by = havn_org() AND ({party('criminal_step.case_id')})"
CRIMINAL = f"({working('criminal_step')}) OR ({OWN})"
CHANGED = ("appeal", "support_measure", "return_plan", "absence", "closure")


def upgrade() -> None:
    apply(TABLES)
    for table in CHANGED:
        apply(*guarded(table, "SELECT, INSERT, UPDATE", visible=working(table), writable=working(table)))
    apply(
        # The flags are for whoever has a part and leave to know them; why is sealed, and not opened for them.
        *guarded(
            "health_needs",
            "SELECT, INSERT, UPDATE",
            visible=party("health_needs.case_id"),
            writable=working("health_needs"),
        ),
        *guarded("return_follow_up", "SELECT, INSERT", visible=working("return_follow_up")),
        *guarded("criminal_step", "SELECT, INSERT", visible=CRIMINAL, writable=CRIMINAL),
    )
