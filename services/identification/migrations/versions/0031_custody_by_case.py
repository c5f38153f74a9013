"""The hours of whom a police holds are found among custodies, not among all deadlines (`deadlines/queries.py`)."""

from shared.data.migrations import apply

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    apply("CREATE INDEX ix_deadline_custody ON deadline (case_id) WHERE kind = 'custody'")
