"""Who was a minor when decided is counted as one, however old by now."""

from shared.data.migrations import apply

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    apply("ALTER TABLE description ADD COLUMN age_group_at_decision varchar")
