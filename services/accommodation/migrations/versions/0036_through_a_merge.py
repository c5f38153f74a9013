"""What holds of a case because it was merged: the facts of the case where the work goes on, until the merge is undone."""

from shared.data.migrations import apply

revision = "0036"
down_revision = "0035"


# Who asked for a place under a merged case is shown who is responsible by that case alone, and so learns of no merge.
COLUMNS = """
ALTER TABLE case_turn ADD COLUMN through uuid;
ALTER TABLE placement_request ADD COLUMN shown_authority varchar;
"""


def upgrade() -> None:
    apply(COLUMNS)
