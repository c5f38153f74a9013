"""An offer keeps the nights for which it was made: when the stay goes on, or ends, is not for all to know who know the offer."""

from shared.data.migrations import apply

revision = "0037"
down_revision = "0036"

# It may be null: while this Havn takes over from an older one, that one still makes offers.
COLUMN = """
ALTER TABLE offer ADD COLUMN during daterange;
UPDATE offer o SET during = s.during FROM stay s WHERE s.id = o.stay_id;
UPDATE offer o SET during = daterange(p.from_on, p.to_on) FROM placement p
    WHERE p.id = o.placement_id AND (p.to_on IS NULL OR p.to_on > p.from_on);
"""


def upgrade() -> None:
    apply(COLUMN)
