"""What turns the responsibility for a placed person: a legal status, a positive decision, each from its day."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0004"
down_revision = "0003"

TABLES = """
ALTER TABLE placement_request ADD COLUMN facts jsonb;
CREATE TABLE case_turn (
    case_id uuid NOT NULL,
    sequence bigint NOT NULL,
    from_on date NOT NULL,
    residence_basis varchar,
    asylum_pending boolean,
    decision_id uuid,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, sequence));
"""
# Whoever sees that the person is placed may be told who answers for it.
SEEN = (
    "havn_org() = 'havn' OR EXISTS (SELECT FROM case_party c WHERE c.case_id = case_turn.case_id AND c.org = havn_org())"
    " OR EXISTS (SELECT FROM placement p WHERE p.case_id = case_turn.case_id)"
)


def upgrade() -> None:
    apply(TABLES, *guarded("case_turn", "SELECT, INSERT, DELETE", visible=SEEN, writable="havn_org() = 'havn'"))
