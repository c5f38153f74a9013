"""What is told later about a person: a description; and that a case is of somebody who had one before."""

from shared.migrations import apply, guarded

revision = "0003"
down_revision = "0002"

TABLES = """
ALTER TABLE person ADD COLUMN age_group_at_exploitation varchar, ADD COLUMN earlier_case_id uuid;
CREATE INDEX ix_person_earlier ON person (earlier_case_id) WHERE earlier_case_id IS NOT NULL;
CREATE TABLE description (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    case_id uuid NOT NULL,
    gender varchar NOT NULL,
    age_group varchar NOT NULL,
    age_group_at_exploitation varchar,
    citizenships varchar[] NOT NULL,
    recorded_at timestamptz NOT NULL);
CREATE INDEX ix_description_case ON description (case_id, recorded_at, position);
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded(
            "description", "SELECT, INSERT", visible="havn_org() IN ('havn', 'cmm')", writable="havn_org() = 'havn'"
        ),
    )
