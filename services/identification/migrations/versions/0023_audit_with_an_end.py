"""The audit's lines are kept five years, and no longer."""

from shared.data.migrations import apply, audit_with_an_end

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    apply(*audit_with_an_end())
