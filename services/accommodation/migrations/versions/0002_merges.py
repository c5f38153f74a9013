"""Cases that turned out to be about one person."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0002"
down_revision = "0001"

# No foreign keys: the two cases' events come in any order.
TABLES = """
CREATE TABLE case_merge (case_id uuid PRIMARY KEY, into_id uuid NOT NULL);
CREATE INDEX ix_case_merge_into ON case_merge (into_id);
"""


def upgrade() -> None:
    # Ids alone, told to whoever asks for a case of theirs: the walls around people stand in the other tables.
    apply(TABLES, *guarded("case_merge", "SELECT, INSERT, UPDATE, DELETE", writable="havn_org() = 'havn'"))
