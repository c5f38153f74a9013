"""Work under a key that nobody has used begins with one message to PostgreSQL, not two."""

from shared.data.begin_and_end import BEGIN_ANEW_SQL
from shared.data.migrations import apply

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    apply(BEGIN_ANEW_SQL)
