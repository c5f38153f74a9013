"""The only way to the rows of placements and the stays behind them. It asks who is asking, and notes what they saw."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.repository import CaseNotFound
from services.accommodation.case.schemas import Remark
from services.accommodation.case.visibility import Reader
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility, Stay
from services.accommodation.facilities.schemas import PlaceLabel
from services.accommodation.placements import visibility as see
from services.accommodation.placements.codes import PlacementStatus
from services.accommodation.placements.models import Offer, Placement, PlacementRequest
from services.accommodation.placements.repository import RoleDoesNotSee, needs_left, take_nights
from services.accommodation.placements.schemas import SealedNeeds
from services.accommodation.stays import queries
from shared.contract import visibility
from shared.contract.codes import Purpose, Region
from shared.contract.visibility import Aspect, may_know
from shared.data import sealed
from shared.data.itself import as_itself
from shared.data.positions import day_and_id, page
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import KeyDestroyed
from shared.kernel.errors import NotFound


class PlacementNotFound(NotFound):
    """No such placement, or none whose place you may know."""


async def lock_placement(work: UnitOfWork, placement_id: UUID, *, by_payer: bool = False) -> tuple[Placement, Stay]:
    """The placement and its stay, locked until the transaction ends, for those who may know the place, or `by_payer`."""
    query = queries.placement_to_lock(Reader.of(work.actor), by_payer=by_payer)
    asked = {"placement_id": placement_id, "org": work.actor.org}
    found = await work.session.first(query, asked)
    if found is None:
        raise PlacementNotFound
    placement, stay = found
    return placement, stay


async def is_place_known(work: UnitOfWork, placement: Placement) -> bool:
    """Whether the actor may know the place of a placement that it deals with."""
    asked = {"placement_id": placement.id, "org": work.actor.org}
    return bool(await work.session.scalar(queries.is_place_known(Reader.of(work.actor)), asked))


async def is_confirmed(work: UnitOfWork, placement: Placement) -> bool:
    """Whether a second person has agreed, when the place was offered, that a minor is among adults there."""
    return bool(await work.session.scalar(queries.IS_CONFIRMED, {"placement_id": placement.id}))


async def next_taken(work: UnitOfWork, stay: Stay, *, after: date) -> date | None:
    """From which day on the place is somebody else's, or the person has another one, later than that day."""
    asked = {"stay_id": stay.id, "after": after, "now": work.now}
    found: date | None = await work.session.scalar(queries.NEXT_TAKEN, asked)
    return found


async def in_the_way(work: UnitOfWork, stay: Stay, *, until: date) -> list[Stay]:
    """Whoever has the place, or the person another one, on nights between the end of this stay and that day, locked, the first
    first; for Havn itself, as these are others' stays."""
    asked = {
        "stay_id": stay.id,
        "place_id": None if stay.shares_bed else stay.place_id,
        "person_id": None if stay.is_double else stay.person_id,
        "from_on": stay.during.upper,
        "until": until,
    }
    await work.session.scalars(queries.OFFERS_IN_THE_WAY, asked)  # before their stays, as whoever answers one does
    return await work.session.scalars(queries.IN_THE_WAY, asked)


async def companions_of(work: UnitOfWork, stay: Stay) -> list[Stay]:
    """Whoever came along and is there, locked."""
    return await work.session.scalars(queries.COMPANIONS, {"stay_id": stay.id})


async def companions_on(work: UnitOfWork, stay_ids: Sequence[UUID], *, on: date) -> dict[UUID, list[Stay]]:
    """Whoever is there that night with the person of each of these stays. Ask only for stays that the actor may know."""
    found: dict[UUID, list[Stay]] = {stay_id: [] for stay_id in stay_ids}
    for each in await work.session.scalars(queries.COMPANIONS_ON, {"stay_ids": list(stay_ids), "on": on}):
        if each.with_stay_id:
            found[each.with_stay_id].append(each)
    return found


async def add_stay(work: UnitOfWork, stay: Stay) -> None:
    """Have the database take a new stay. Raises PlaceDoesNotFit."""
    work.session.add(stay)
    await take_nights(work, stay)


async def add_moved(work: UnitOfWork, placement: Placement) -> None:
    """The placement that a move has made."""
    work.session.add(placement)
    await work.session.flush()
    work.audit(operation="placement.move", subject_id=placement.case_id, object_ids=[placement.id])


async def request_behind(work: UnitOfWork, placement: Placement) -> PlacementRequest:
    """What was asked for, locked. Ask only for a placement that the actor may deal with."""
    async with as_itself(work):  # who pays since a status changed had no part in the request, and could not lock it
        return await work.session.get_one(PlacementRequest, placement.request_id, with_for_update=True)


async def stay_behind(work: UnitOfWork, placement: Placement) -> Stay:
    """The stay of a placement, locked."""
    return await work.session.get_one(Stay, placement.stay_id, with_for_update=True)


async def placement_behind(work: UnitOfWork, stay: Stay) -> Placement | None:
    """Whose nights a stay is that is locked, locked; None where an offer holds them still. For Havn itself: it may be others'."""
    return await work.session.scalar(queries.PLACEMENT_BEHIND, {"stay_id": stay.id})


async def offer_behind(work: UnitOfWork, stay: Stay) -> Offer:
    """What holds a stay that is locked, locked; for Havn itself, as for `placement_behind`."""
    return (await work.session.scalars(queries.OFFER_BEHIND, {"stay_id": stay.id}))[0]


async def placement_of_offer(work: UnitOfWork, offer_id: UUID) -> Placement | None:
    """What came of an accepted offer that the actor may know of, locked."""
    asked = {"offer_id": offer_id, "org": work.actor.org}
    return await work.session.scalar(queries.placement_of_offer(Reader.of(work.actor)), asked)


async def note_change(work: UnitOfWork, placement: Placement, reason: Remark | None = None) -> None:
    """The person came or left, with a reason where there is one. Of whoever was erased it is noted that they left, and no word
    more."""
    if reason:
        with suppress(KeyDestroyed):
            key = await sealed.key_of(work, placement.case_id)
            placement.leaving = key.seal(reason, table="placement", column="leaving", row=placement.id)
    work.audit(operation=f"placement.{placement.status}", subject_id=placement.case_id, object_ids=[placement.id])


async def region_of(work: UnitOfWork, placement: Placement) -> Region:
    """Where in the country the placement is. Ask only for a placement whose place the actor may know."""
    facility = await work.session.get_one(Facility, placement.facility_id)
    return facility.region


async def read_placement(work: UnitOfWork, placement_id: UUID, *, purpose: Purpose) -> see.SeenPlacement:
    """The placement, as far as the actor may know it. Raises PlacementNotFound, PurposeNotYours and RoleDoesNotSee."""
    parts, query = queries.placement(Reader.of(work.actor))
    asked = {"placement_id": placement_id, "org": work.actor.org}
    found = await work.session.first(query, asked)
    if found is None:
        raise PlacementNotFound
    seen, theirs = see.seen_placement(work.actor, parts, found)
    visibility.judge(work.actor, theirs, purpose)
    if Aspect.PLACED not in seen.known:
        raise RoleDoesNotSee(
            "Where a person is, is for those who work with the person or run the facility.",
            danish=(
                "Hvor en person er, er for dem, der arbejder med personen eller driver stedet; jeres rolle ser "
                "det ikke."
            ),
        )
    if seen.placement.status is PlacementStatus.MOVED and not seen.knows_place and Aspect.REGION not in seen.known:
        async with as_itself(work):  # who is to know of no move may not know the next place either
            lives_on = bool(await work.session.scalar(queries.LIVES_ON, {"placement_id": placement_id}))
        seen = replace(seen, goes_on=lives_on)
    work.audit(
        operation="placement.read",
        subject_id=seen.placement.case_id,
        object_ids=[seen.placement.id],
        fields=["place"] if seen.knows_place else ["placed"],
        purpose=purpose,
    )
    return seen


async def read_responsibility(
    work: UnitOfWork, placement_id: UUID, *, purpose: Purpose
) -> tuple[see.SeenPlacement, PlacementRequest]:
    """The placement and what was asked for, for whoever may know that the person has a place. Raises as read_placement."""
    seen = await read_placement(work, placement_id, purpose=purpose)
    request = await work.session.get(PlacementRequest, seen.placement.request_id)
    if request is None:
        raise PlacementNotFound
    return seen, request


async def placements_of(
    work: UnitOfWork,
    case_id: UUID,
    *,
    purpose: Purpose,
    status: PlacementStatus | None = None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[see.SeenPlacement]:
    """The placements, of the case and of those merged into it, whose place or region the actor may know, newest first, up to
    one more than `limit`; of who came along to somebody, the one in which they live. After the last of them one that the person
    now has at a place of which the actor, a party of the case, may know no more than that. Raises CaseNotFound for a stranger
    to the case, and PurposeNotYours."""
    parts, query = queries.placements_of_person(
        Reader.of(work.actor), by_status=status is not None, goes_on=bool(after)
    )
    asked = _page(work, status, after, limit) | {"case_id": case_id}
    found = [see.seen_placement(work.actor, parts, row)[0] for row in await work.session.execute(query, asked)]
    theirs = await cases.parts_in(work, case_id)
    if not found and not theirs and not after:
        raise CaseNotFound
    visibility.judge(work.actor, theirs, purpose)
    known = may_know(work.actor, theirs)
    is_party = Aspect.PLACED in known
    unseen = await _placed_unseen(work, case_id, known) if is_party and len(found) <= limit else None
    if unseen and status and unseen.status is not status:
        unseen = None
    work.audit(
        operation="placement.list",
        subject_id=case_id,
        object_ids=[seen.placement.id for seen in found[:limit]],
        fields=["place"] * bool(found) + ["placed"] * (unseen is not None and len(found) < limit),
        purpose=purpose,
    )
    # It comes last, so that a cursor, which stands for a row that others follow, never says where it is.
    return (
        [*found, see.SeenPlacement(unseen, frozenset({Aspect.PLACED}), region=None, knows_place=False)]
        if unseen
        else [*found]
    )


async def _placed_unseen(work: UnitOfWork, case_id: UUID, known: frozenset[Aspect]) -> Placement | None:
    """One at a place that the actor may not know. To who does not work on the case, what was recorded in another one of the
    same person before the two were merged tells nothing."""
    query = queries.placed_unseen(Reader.of(work.actor), of_all_members=Aspect.FILE in known)
    unseen = await work.session.scalar(query, {"case_id": case_id, "org": work.actor.org})
    return unseen or await _placed_where_it_goes_on(work, case_id) or await _placed_along(work, case_id)


async def _placed_along(work: UnitOfWork, case_id: UUID) -> Placement | None:
    """That the person lives with whom they came along with, for a party of their case that may not know where: nothing else of
    the other person's placement is read, so this is no row of the table."""
    asked = {"case_id": case_id, "org": work.actor.org}
    if await work.session.scalar(queries.along_with(Reader.of(work.actor)), asked):
        return None  # it is shown
    async with as_itself(work):
        lives_there = await work.session.scalar(queries.ALONG, {"case_id": case_id})
    shown: dict[str, Any] = {"case_id": case_id, "status": PlacementStatus.ARRIVED}
    return Placement(**shown) if lives_there else None


async def _placed_where_it_goes_on(work: UnitOfWork, case_id: UUID) -> Placement | None:
    """That the person was given a place since the case was merged, for who has referred them and learns of no merge: nothing of
    it but how it stands is read, so this is no row of the table."""
    status = await work.session.scalar(queries.PLACED_ABOVE, {"case_id": case_id})
    if status is None:
        return None
    shown: dict[str, Any] = {"case_id": case_id, "status": PlacementStatus(str(status))}
    return Placement(**shown)


async def list_placements(
    work: UnitOfWork,
    *,
    purpose: Purpose,
    case_id: UUID | None,
    facility_id: UUID | None,
    status: PlacementStatus | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[see.SeenPlacement]:
    """A person's placements; without a case those in the actor's own facilities (CMM: all). Raises as `placements_of`."""
    if case_id and not facility_id:
        return await placements_of(work, case_id, purpose=purpose, status=status, after=after, limit=limit)
    visibility.judge(work.actor, (), purpose)
    if facility_id:
        await _own_facility(work, facility_id)
    parts, query = queries.placements_run(
        Reader.of(work.actor),
        of_person=case_id is not None,
        in_facility=facility_id is not None,
        by_status=status is not None,
        goes_on=bool(after),
    )
    asked = _page(work, status, after, limit) | {"case_id": case_id, "facility_id": facility_id}
    found = [see.seen_placement(work.actor, parts, row)[0] for row in await work.session.execute(query, asked)]
    for seen in found[:limit]:
        _note_read(work, seen.placement, "placement.list", ["place"], purpose)
    return found


async def on_night(
    work: UnitOfWork,
    *,
    on: date,
    purpose: Purpose,
    facility_id: UUID | None,
    status: PlacementStatus | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[tuple[Placement, Region, PlaceLabel, SealedNeeds]]:
    """The placements that a night concerns in the actor's own facilities (CMM: all), newest first, up to one more than `limit`,
    opened."""
    if facility_id:  # first: who has nothing to do with it learns of no purpose
        await _own_facility(work, facility_id)
    visibility.judge(work.actor, (), purpose)
    query = queries.on_night(
        Reader.of(work.actor),
        in_facility=facility_id is not None,
        by_status=status is not None,
        goes_on=bool(after),
    )
    asked = _page(work, status, after, limit) | {"on": on, "facility_id": facility_id}
    rows = (await work.session.execute(query, asked)).all()
    owners = {facility.id for _, facility, *_ in rows} | {request.case_id for *_, request in rows if request.needs}
    keys = await sealed.keys_of(work, owners)
    for placement, *_ in rows[:limit]:
        _note_read(work, placement, "placement.day", ["place", "needs", "given_name", "safe_contact"], purpose)
    return [
        (
            placement,
            facility.region,
            facilities.open_label(keys[facility.id], place),
            needs_left(keys, request),
        )
        for placement, facility, place, request in rows
    ]


def _page(
    work: UnitOfWork, status: PlacementStatus | None, after: Sequence[str | int] | None, limit: int
) -> dict[str, Any]:
    return page(after, limit, day_and_id) | {"org": work.actor.org, "status": status}


async def _own_facility(work: UnitOfWork, facility_id: UUID) -> None:
    facility = await facilities.known_facility(work, facility_id)
    if not who.runs(work.actor, facility):
        raise facilities.FacilityNotFound


def _note_read(work: UnitOfWork, placement: Placement, operation: str, fields: list[str], purpose: Purpose) -> None:
    work.audit(
        operation=operation,
        subject_id=placement.case_id,
        object_ids=[placement.id],
        fields=fields,
        purpose=purpose,
    )


async def requests_behind(work: UnitOfWork, facility_id: UUID) -> list[tuple[PlacementRequest, UUID | None, bool]]:
    """What was asked for by those for whom the facility holds a place, has booked one, or who are there; in which unit; and
    whether children live there with them."""
    asked = {"facility_id": facility_id, "now": work.now}
    return [tuple(row) for row in await work.session.execute(queries.REQUESTS_BEHIND, asked)]
