"""Custody as those see it who may know of it."""

from services.identification.case.models import Case
from services.identification.custody import domain
from services.identification.custody.schemas import CustodyDetails, CustodyStanding


def see_standing_custody(case: Case) -> CustodyStanding | None:
    """The last detention that is known of, if any."""
    if case.custody_since is None:
        return None
    return CustodyStanding(since=case.custody_since, ended_at=case.custody_ended_at, reason=case.custody_end_reason)


def see_custody(case: Case) -> CustodyDetails:
    """How long the person is or was held."""
    return CustodyDetails(
        case_id=case.id,
        since=case.custody_since,
        ended_at=case.custody_ended_at,
        reason=case.custody_end_reason,
        proposals=domain.proposals(case),
    )
