"""What HTTP shows of deadlines and notices."""

from services.accommodation.deadlines.domain import Running
from services.accommodation.deadlines.models import Notice
from services.accommodation.deadlines.schemas import HousingDeadlineDetails, NoticeDetails


def see_deadline(found: Running) -> HousingDeadlineDetails:
    """Something that runs out."""
    return HousingDeadlineDetails(
        **{"case_id": None, "placement_id": None} | found.ids,
        kind=found.kind,
        due_on=found.due_on,
        due_at=found.due_at,
        acting_municipality=found.acting_municipality,
        state=found.state,
        for_org=found.for_org,
    )


def see_notice(notice: Notice) -> NoticeDetails:
    """What the notice contains, and nothing of the facility."""
    return NoticeDetails(
        notice_id=notice.id,
        acting_municipality=notice.municipality,
        **notice.model_dump(include={"case_id", "operator", "admitted_on", "due_on", "given_at", "acknowledged_at"}),
    )
