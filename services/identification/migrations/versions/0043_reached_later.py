"""Who was not reached for a month's follow-up may be later in that month: it is the same follow-up."""

from shared.data.migrations import apply

revision = "0043"
down_revision = "0042"

RIGHTS = """DO $$ BEGIN
    EXECUTE format('GRANT UPDATE ON return_follow_up TO %I', current_database());
END $$"""


def upgrade() -> None:
    apply(RIGHTS)
