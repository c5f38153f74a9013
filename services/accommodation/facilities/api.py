"""The endpoints of the register: facilities, their places and approvals."""

from uuid import UUID

from services.accommodation.case.policies import Reader, Writer
from services.accommodation.facilities import approvals, domain, places, repository, views
from services.accommodation.facilities.schemas import (
    ApprovalDetails,
    ApprovalEnd,
    ApprovalRecord,
    Closure,
    ClosureDetails,
    ClosureEnd,
    FacilityDetails,
    FacilityReceipt,
    FacilityRegistration,
    PlaceDetails,
    PlaceReceipt,
    PlaceRegistration,
    UnitDetails,
    UnitReceipt,
    UnitRegistration,
)
from shared.contract.types import Tagged
from shared.http.paging import Page, Pages
from shared.http.parameters import IfMatch, RequiredIfMatch
from shared.runtime.service import service_router

router = service_router()


@router.post("/facilities", status_code=201)
async def register_facility(work: Writer, registration: FacilityRegistration) -> Tagged[FacilityReceipt]:
    """Register a facility of your own; CMM may register one for any operator. The address is sealed."""
    facility = await domain.register_facility(work, registration=registration)
    return FacilityReceipt(facility_id=facility.id).tagged(facility)


@router.get("/facilities")
async def list_facilities(work: Reader, pages: Pages) -> Page[FacilityDetails]:
    """The facilities you may know of, without any address; a socialtilsyn those of its region."""
    found = await repository.list_facilities(work, after=pages.after, limit=pages.limit)
    items = [views.see_facility(facility, particulars) for facility, particulars in found]
    return pages.page(items, found, lambda row: [str(row[0].id)])


@router.put("/facilities/{facility_id}")
async def change_facility(
    work: Writer, facility_id: UUID, registration: FacilityRegistration, expected: RequiredIfMatch
) -> Tagged[FacilityReceipt]:
    """Describe the facility anew."""
    facility = await domain.change_facility(work, facility_id=facility_id, registration=registration, expected=expected)
    return FacilityReceipt(facility_id=facility.id, awaiting=views.see_awaited(facility)).tagged(facility)


@router.post("/facilities/{facility_id}/units", status_code=201)
async def add_unit(
    work: Writer, facility_id: UUID, registration: UnitRegistration, expected: IfMatch
) -> Tagged[UnitReceipt]:
    """Add a unit to a facility that you run. It accepts no more than the facility, and has days of its own. `If-Match` takes the
    facility's ETag; that of the answer is the unit's."""
    unit = await places.add_unit(work, facility_id=facility_id, registration=registration, expected=expected)
    return UnitReceipt(unit_id=unit.id).tagged(unit)


@router.get("/facilities/{facility_id}/units")
async def list_units(work: Reader, facility_id: UUID, pages: Pages) -> Page[UnitDetails]:
    """The facility's units, and whom each accepts."""
    found = await repository.list_units(work, facility_id, after=pages.after, limit=pages.limit)
    items = [views.see_unit(unit, name) for unit, name in found]
    return pages.page(items, found, lambda row: [str(row[0].id)])


@router.get("/facilities/{facility_id}/units/{unit_id}")
async def read_unit(work: Reader, facility_id: UUID, unit_id: UUID) -> Tagged[UnitDetails]:
    """One unit of a facility that you may know of."""
    unit, name = await repository.read_unit(work, facility_id, unit_id)
    return views.see_unit(unit, name).tagged(unit)


@router.put("/facilities/{facility_id}/units/{unit_id}")
async def change_unit(
    work: Writer, facility_id: UUID, unit_id: UUID, registration: UnitRegistration, expected: RequiredIfMatch
) -> Tagged[UnitReceipt]:
    """Describe the unit anew; nothing changes that those who live there could not live with."""
    unit = await places.change_unit(
        work, facility_id=facility_id, unit_id=unit_id, registration=registration, expected=expected
    )
    return UnitReceipt(unit_id=unit.id).tagged(unit)


@router.post("/facilities/{facility_id}/places", status_code=201)
async def add_place(
    work: Writer, facility_id: UUID, registration: PlaceRegistration, expected: IfMatch
) -> PlaceReceipt:
    """Add a place to a facility that you run. The ETag is the facility's."""
    place = await places.add_place(work, facility_id=facility_id, registration=registration, expected=expected)
    return PlaceReceipt(place_id=place.id)


@router.get("/facilities/{facility_id}/places")
async def list_places(work: Reader, facility_id: UUID, pages: Pages) -> Page[PlaceDetails]:
    """The facility's places."""
    found = await repository.list_places(work, facility_id, after=pages.after, limit=pages.limit)
    items = [views.see_place(place, label) for place, label in found]
    return pages.page(items, found, lambda row: [str(row[0].id)])


@router.get("/facilities/{facility_id}/places/{place_id}")
async def read_place(work: Reader, facility_id: UUID, place_id: UUID) -> Tagged[PlaceDetails]:
    """One place of a facility that you may know of. The ETag is the facility's, which changes with each of its places."""
    facility, place, label = await repository.read_place(work, facility_id, place_id)
    return views.see_place(place, label).tagged(facility)


@router.put("/facilities/{facility_id}/places/{place_id}")
async def change_place(
    work: Writer, facility_id: UUID, place_id: UUID, registration: PlaceRegistration, expected: RequiredIfMatch
) -> PlaceReceipt:
    """Describe the place anew; nobody who has it loses it. The ETag is the facility's."""
    place = await places.change_place(
        work, facility_id=facility_id, place_id=place_id, registration=registration, expected=expected
    )
    return PlaceReceipt(place_id=place.id)


@router.post("/places/{place_id}/out-of-service", status_code=201)
async def close_place(work: Writer, place_id: UUID, closure: Closure, expected: IfMatch) -> ClosureDetails:
    """Take a place out of service for some nights on which nobody has it. The ETag is the facility's."""
    closed = await places.close_place(work, place_id=place_id, closure=closure, expected=expected)
    return views.see_closure(closed)


@router.get("/places/{place_id}/out-of-service")
async def list_closures(work: Reader, place_id: UUID, pages: Pages) -> Page[ClosureDetails]:
    """The nights on which the place cannot be used."""
    found = await repository.list_closures(work, place_id, after=pages.after, limit=pages.limit)
    items = [views.see_closure(closed) for closed in found]
    return pages.page(items, found, lambda closed: [str(closed.id)])


@router.post("/places/{place_id}/out-of-service/{closure_id}/end")
async def end_closure(
    work: Writer, place_id: UUID, closure_id: UUID, end: ClosureEnd, expected: IfMatch
) -> ClosureDetails:
    """The place can be used again from that night on; one that had not begun comes to nothing. The ETag is the facility's."""
    closed = await places.end_closure(work, place_id=place_id, closure_id=closure_id, end=end, expected=expected)
    return views.see_closure(closed)


@router.post("/facilities/{facility_id}/approvals", status_code=201)
async def approve(work: Writer, facility_id: UUID, record: ApprovalRecord, expected: IfMatch) -> ApprovalDetails:
    """Record an approval: a socialtilsyn its own, of a facility in its region; CMM anyone's. The ETag is the facility's."""
    approval, reference = await approvals.approve(work, facility_id=facility_id, record=record, expected=expected)
    return views.see_approval(approval, reference)


@router.post("/facilities/{facility_id}/approvals/{approval_id}/end")
async def end_approval(
    work: Writer, facility_id: UUID, approval_id: UUID, end: ApprovalEnd, expected: IfMatch
) -> ApprovalDetails:
    """An approval ends before its time, by the supervision that gave it or CMM; from that day nobody is received. The ETag is
    the facility's."""
    approval, reference = await approvals.end_approval(
        work, facility_id=facility_id, approval_id=approval_id, end=end, expected=expected
    )
    return views.see_approval(approval, reference)


@router.get("/facilities/{facility_id}/approvals")
async def list_approvals(work: Reader, facility_id: UUID, pages: Pages) -> Page[ApprovalDetails]:
    """The facility's approvals."""
    found = await repository.list_approvals(work, facility_id, after=pages.after, limit=pages.limit)
    items = [views.see_approval(approval, reference) for approval, reference in found]
    return pages.page(items, found, lambda row: [str(row[0].id)])
