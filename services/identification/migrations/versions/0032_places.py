"""Of whom a place was asked for somebody has begun to care: neither a machine nor a hand erases the case as one that came to
nothing. And nobody is erased who lives in a place (`retention/repository.py`)."""

from shared.data.migrations import apply

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    apply(
        "ALTER TABLE case_file ADD COLUMN placement_asked_at timestamptz",
        "ALTER TABLE case_file ADD COLUMN is_housed boolean NOT NULL DEFAULT false",
    )
