"""Custody as those see it who may know of it."""

from services.identification.case.models import Case
from services.identification.custody import domain
from services.identification.custody.arrests import Arrest
from services.identification.custody.schemas import CustodyDetails, CustodyStanding


def see_standing_custody(case: Case) -> CustodyStanding | None:
    """The last detention that is known of, if any."""
    if case.custody_since is None:
        return None
    return CustodyStanding(since=case.custody_since, ended_at=case.custody_ended_at, reason=case.custody_end_reason)


def see_custody(case: Case, arrest: Arrest | None) -> CustodyDetails:
    """How long the person is or was held by what the caller has said."""
    return CustodyDetails(
        case_id=case.id,
        since=arrest.since if arrest else None,
        ended_at=arrest.ended_at if arrest else None,
        reason=arrest.reason if arrest else None,
        proposals=[] if arrest and arrest.ended_at else domain.proposals(case),
    )
