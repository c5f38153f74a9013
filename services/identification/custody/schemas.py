from uuid import UUID

from services.identification.case.codes import CustodyEnd, Proposal
from shared.contract.personal import PersonalText
from shared.contract.types import Answer, Body, Moment


class CustodyReport(Body):
    """The person is held. Sent again while it lasts, it corrects since when."""

    since: Moment
    place: PersonalText | None = None


class CustodyEndReport(Body):
    ended_at: Moment
    reason: CustodyEnd | None = None


class CustodyStanding(Answer):
    """Since when the person is or was held last, until when, and why it ended."""

    since: Moment | None
    ended_at: Moment | None
    reason: CustodyEnd | None


class CustodyDetails(CustodyStanding):
    """A detention, and what is proposed instead of it."""

    case_id: UUID
    proposals: list[Proposal]
