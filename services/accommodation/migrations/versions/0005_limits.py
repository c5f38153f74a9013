"""What clients have asked: rates, and misses."""

from shared.data.limits import tables
from shared.data.migrations import apply

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    apply(*tables())
