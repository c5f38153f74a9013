"""What is asked of whom: the offers of places in one's own facilities, with what the person needs."""

from collections.abc import Sequence
from uuid import UUID

from services.accommodation.offers import repository
from services.accommodation.offers.visibility import SeenOffer
from services.accommodation.placements.codes import OfferStatus
from services.accommodation.placements.repository import needs_of
from services.accommodation.placements.schemas import Needs
from shared.contract.codes import Purpose
from shared.contract.visibility import Aspect
from shared.data.unit_of_work import UnitOfWork


async def list_offers(
    work: UnitOfWork,
    *,
    status: OfferStatus | None,
    purpose: Purpose | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[SeenOffer]:
    """The offers that the actor deals with, newest first, up to one more than `limit`, each with what the actor may know of the
    needs. Raises PurposeNotYours."""
    found = await repository.list_offers(work, status=status, purpose=purpose, after=after, limit=limit)
    # Several offers may be for one request, whose needs are opened once.
    opened: dict[tuple[UUID, frozenset[Aspect]], Needs] = {}
    for each in found[:limit]:
        if not each.request.needs:  # whoever it was for was erased
            each.needs = Needs()
            continue
        if (key := (each.request.id, each.known)) not in opened:
            opened[key] = await needs_of(work, each.request, operation="offer.needs", known=each.known, purpose=purpose)
        each.needs = opened[key]
    return found
