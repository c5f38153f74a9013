"""What holds of a case because it was merged: the facts of the case where the work goes on, until the merge is undone."""

from shared.data.migrations import apply

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    apply("ALTER TABLE case_turn ADD COLUMN through uuid")
