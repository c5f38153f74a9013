"""By whom a login was vouched for, what was refused and sought, and the stored answers that an erasure finds."""

from shared.data.migrations import accountability, apply

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    apply(*accountability())
