"""The endpoints of secret addresses."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.facilities.schemas import FacilityDetails, FacilityReceipt
from services.accommodation.secrecy import domain, repository, views
from services.accommodation.secrecy.schemas import RevealDetails, RevealedFacility, UnveilingConfirmation
from shared.contract.codes import Purpose
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch
from shared.runtime.service import service_router

router = service_router()


@router.get("/facilities/{facility_id}")
async def read_facility(
    work: Reader,
    facility_id: UUID,
    purpose: Annotated[Purpose | None, Query(description="Why the address is read; without it there is none.")] = None,
) -> Tagged[RevealedFacility | FacilityDetails]:
    """One facility. Its operator, its socialtilsyn and CMM see the address, too, when they say why; a secret one after a login
    of the highest assurance, for some minutes, and on the facility's record."""
    shown = await domain.read_facility(work, facility_id=facility_id, purpose=purpose)
    return views.see_shown(shown).tagged(shown.facility)


@router.get("/facilities/{facility_id}/reveals")
async def list_reveals(work: Reader, facility_id: UUID, pages: Pages) -> Page[RevealDetails]:
    """To whom the secret address of your facility was shown, why, and until when; the last first. CMM reads it, too."""
    found = await repository.list_reveals(work, facility_id, after=pages.after, limit=pages.limit)
    items = [views.see_reveal(reveal) for reveal in found]
    return pages.page(items, found, lambda reveal: [reveal.revealed_at.isoformat(), str(reveal.id)])


@router.post("/facilities/{facility_id}/unveiling/confirm")
async def confirm_unveiling(
    work: Writer, facility_id: UUID, body: UnveilingConfirmation, expected: IfMatch
) -> Tagged[FacilityReceipt]:
    """A second person agrees that the address is a secret no more; the first has changed the facility so."""
    facility = await domain.confirm_unveiling(work, facility_id=facility_id, reason=body.reason, expected=expected)
    return FacilityReceipt(facility_id=facility.id).tagged(facility)
