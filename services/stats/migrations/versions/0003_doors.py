"""What is told later about a person: a description, a legal status, an earlier case."""

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    pass
