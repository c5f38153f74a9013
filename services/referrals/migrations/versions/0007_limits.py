"""What clients have asked: rates, and misses."""

from shared.data.limits import tables
from shared.data.migrations import apply

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    apply(*tables())
