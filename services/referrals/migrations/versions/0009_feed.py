"""A feed of events that passes none by: each organisation sees those that name it as sender or recipient, of referrals that it
is a party of; CMM besides what was erased."""

from shared.data.history import FEED_SQL
from shared.data.migrations import apply
from shared.data.row_security import guarded_anew

revision = "0009"
down_revision = "0008"

HISTORY = (
    "havn_org() = 'havn' OR (havn_org() = 'cmm' AND NOT payload ? 'referral_id')"
    " OR (havn_org() IN (payload ->> 'sender', payload ->> 'recipient') AND EXISTS"
    " (SELECT FROM referral r WHERE r.id = event_history.key::uuid AND havn_org() IN (r.sender, r.recipient) OFFSET 0))"
)


def upgrade() -> None:
    apply(*FEED_SQL, *guarded_anew("event_history", visible=HISTORY, writable="actor_org = havn_org()"))
