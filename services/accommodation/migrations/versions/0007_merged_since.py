"""Since when two cases are of one person: what was recorded in the other one before stays unseen by who only referred."""

from shared.data.migrations import apply

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    apply("ALTER TABLE case_merge ADD COLUMN merged_at timestamptz NOT NULL DEFAULT now()")
