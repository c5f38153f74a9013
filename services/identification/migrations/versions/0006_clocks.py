"""Deadlines, alerts, the on-call."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    pass
