"""What HTTP takes and gives of custody."""

from uuid import UUID

from services.identification.case.codes import CustodyEnd, Proposal
from shared.contract.personal import PersonalText
from shared.contract.times import Happened
from shared.contract.types import Answer, Body, Moment, example


class CustodyReport(Body):
    """The person is held. Sent again while it lasts, it corrects since when."""

    model_config = example(since="2026-03-09T08:00:00+01:00", place="The police station in Aarhus")

    since: Happened
    place: PersonalText | None = None


class CustodyEndReport(Body):
    model_config = example(ended_at="2026-03-09T11:30:00+01:00", reason="placed_34")

    ended_at: Happened
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
