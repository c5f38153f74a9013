"""Whether a minor came alone, as the case has it, and the day on which what the stay rests on ends: both decide who houses
them."""

from shared.data.migrations import apply

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    apply(
        "ALTER TABLE known_case ADD COLUMN unaccompanied boolean",
        "ALTER TABLE case_turn ADD COLUMN is_end boolean NOT NULL DEFAULT false",
    )
