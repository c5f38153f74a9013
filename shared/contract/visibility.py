"""Who may know what: one table, which all services ask."""

from enum import StrEnum


class Part(StrEnum):
    """What an organisation has to do with a case or a referral; what it may know follows from that."""

    CENTRE = "centre"
    AUTHORITY = "authority"
    REFERRER = "referrer"
    RECIPIENT = "recipient"
    """The person's consent, or the law, lets it know what that covers; see the visibility table."""
    REMOVAL = "removal"
    """Could have the person removed, and so must see that an identification is pending; nothing else."""
    MUNICIPALITY = "municipality"
    """The acting municipality of a child: it sees nothing of the case but the deadline that is its own."""
    PROSECUTION = "prosecution"
    """May record what a court has decided in a case whose id it knows; no list shows it the case."""
