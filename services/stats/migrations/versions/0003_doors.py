"""What is told later about a person: a description; and that a case is of somebody who had one before."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0003"
down_revision = "0002"

TABLES = """
ALTER TABLE person ADD COLUMN age_group_at_exploitation varchar, ADD COLUMN earlier_case_id uuid;
CREATE INDEX ix_person_earlier ON person (earlier_case_id) WHERE earlier_case_id IS NOT NULL;
CREATE TABLE description (
    case_id uuid NOT NULL,
    sequence bigint NOT NULL,
    gender varchar NOT NULL,
    age_group varchar NOT NULL,
    age_group_at_exploitation varchar,
    citizenships varchar[] NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, sequence));
"""


def upgrade() -> None:
    apply(
        TABLES,
        *guarded(
            "description", "SELECT, INSERT", visible="havn_org() IN ('havn', 'cmm')", writable="havn_org() = 'havn'"
        ),
    )
