"""The police that has referred a person and holds them sees their 72 hours."""

from services.identification.migrations.policies import party, working
from shared.data.migrations import apply
from shared.data.row_security import guarded_anew

revision = "0027"
down_revision = "0026"

REFERRED = party("deadline.case_id", "'referrer'")
HOLDS = f"deadline.kind = 'custody' AND ({REFERRED})"


def upgrade() -> None:
    apply(
        *guarded_anew(
            "deadline",
            visible=f"deadline.for_org = havn_org() OR ({working('deadline')}) OR ({HOLDS})",
            writable="havn_org() = 'havn'",
        )
    )
