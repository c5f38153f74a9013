"""The audit's lines are kept five years, and no longer."""

from shared.data.migrations import apply, audit_with_an_end

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    apply(*audit_with_an_end())
