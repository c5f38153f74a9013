"""An event that is next has its place with the lock of its case: one statement, not two."""

from shared.data.migrations import apply
from shared.messaging.inbox import TAKE_PLACE_SQL

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    apply(TAKE_PLACE_SQL)
