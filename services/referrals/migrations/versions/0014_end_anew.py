"""Work under a key ends with one message to PostgreSQL, its COMMIT in it."""

from shared.data.begin_and_end import END_ANEW_SQL
from shared.data.migrations import apply

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    apply(END_ANEW_SQL)
