"""Work begins and ends with a statement each."""

from shared.data.begin_and_end import functions
from shared.data.migrations import apply

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    apply(*functions())
