"""What HTTP shows of the waiting list."""

from services.accommodation.waiting import domain
from services.accommodation.waiting.domain import Waits
from services.accommodation.waiting.schemas import Waiting


def see_waiting(waits: Waits) -> Waiting:
    """A request on the list, explained."""
    request, standing = waits.request, waits.standing
    why, why_da = domain.why(waits)
    return Waiting(
        request_id=request.id,
        position=standing.position,
        of=standing.of,
        more_urgent=standing.more_urgent,
        asked_earlier=standing.asked_earlier,
        points=waits.points,
        parked_until=request.parked_until if waits.is_parked else None,
        rules=waits.rules.version,
        why=why,
        why_da=why_da,
        **request.model_dump(include={"case_id", "requested_at", "from_on"}),
    )
