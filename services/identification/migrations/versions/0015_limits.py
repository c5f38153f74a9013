"""What clients have asked: rates, and misses."""

from shared.data.limits import tables
from shared.data.migrations import apply

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    apply(*tables())
