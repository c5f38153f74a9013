"""Work begins and ends with a statement each, and so does an event take its place."""

from shared.data.begin_and_end import functions
from shared.data.migrations import apply
from shared.messaging.inbox import TAKE_PLACE_SQL

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    apply(*functions(), TAKE_PLACE_SQL)
