"""What clients have asked: rates, and misses."""

from shared.data.limits import tables
from shared.data.migrations import apply

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    apply(*tables())
