"""A merge gives nobody a part: whoever was a party of the other case by it is one no more."""

from shared.data.migrations import apply

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    apply("DELETE FROM case_party WHERE part = 'merged'")
