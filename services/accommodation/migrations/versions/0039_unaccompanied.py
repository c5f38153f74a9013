"""Whether a minor came alone, as the case has it: it decides who houses them (docs/rules.md, C1 to C3)."""

from shared.data.migrations import apply

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    apply("ALTER TABLE known_case ADD COLUMN unaccompanied boolean")
