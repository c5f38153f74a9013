"""The police that holds a person sees their 72 hours also when nothing but that is left of its part."""

from services.identification.migrations.policies import party, working
from shared.data.migrations import apply
from shared.data.row_security import guarded_anew

revision = "0039"
down_revision = "0038"

HOLDING = party("deadline.case_id", "'referrer', 'holder'")
HOLDS = f"deadline.kind = 'custody' AND ({HOLDING})"


def upgrade() -> None:
    apply(
        *guarded_anew(
            "deadline",
            visible=f"deadline.for_org = havn_org() OR ({working('deadline')}) OR ({HOLDS})",
            writable="havn_org() = 'havn'",
        )
    )
