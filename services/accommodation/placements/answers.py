"""Who is responsible for a request that waits, and what the person needs, by the facts of its case and, once that is merged, by
those of the case where the work goes on: these decide, and show themselves to nobody who has no part there."""

from typing import Any, Final

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import FacilityKind, HousingAuthority
from services.accommodation.case.models import CaseChange, KnownCase
from services.accommodation.placements import repository
from services.accommodation.placements.codes import WaitingCriterion
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import SealedNeeds
from services.accommodation.responsibility.domain import Responsibility, ResponsibilityFacts, responsible_for
from shared.contract.codes import AgeGroup, Gender, ResidenceBasis
from shared.contract.events import ResponsibilityChanged
from shared.contract.visibility import Aspect
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date

UNKNOWN: Final[dict[str, Any]] = {
    "gender": Gender.UNKNOWN,
    "minor": False,
    "residence_basis": ResidenceBasis.UNKNOWN,
    "decided": False,
}


def facts_recorded(known: KnownCase, status: CaseChange | None) -> dict[str, Any]:
    """What is recorded of the person, and decides who is responsible, whatever anybody says besides; nothing of what nobody
    has recorded."""
    basis = status.residence_basis if status and status.residence_basis else known.residence_basis
    recorded: dict[str, Any] = {"decided": known.is_assessed_trafficked}
    if known.gender is not Gender.UNKNOWN:
        recorded["gender"] = known.gender
    if known.age_group is not AgeGroup.UNKNOWN:
        recorded["minor"] = known.is_minor
    if known.unaccompanied is not None:
        recorded["unaccompanied"] = known.unaccompanied
    if basis is not ResidenceBasis.UNKNOWN:
        recorded["residence_basis"] = basis
    if status and status.asylum_pending is not None:
        recorded["asylum_pending"] = status.asylum_pending
    elif known.asylum_pending is not None:
        recorded["asylum_pending"] = known.asylum_pending
    return recorded


async def ask_anew(
    work: UnitOfWork, request: PlacementRequest, *, own: KnownCase, goes_on: KnownCase, is_new: bool = False
) -> None:
    """What the person needs, and who is responsible from today on, by what is known of them in the request's `own` case and in
    the one where the work `goes_on`. What changes by a merge is an event of that one, and no new version: who knows the merged
    case alone sees what its own facts say. Of a request that `is_new` nobody was given another answer before."""
    is_merged = own.case_id != goes_on.case_id
    needs = await repository.describe_anew(work, request, own=own, goes_on=goes_on)
    alone = as_it_stands_alone(request)
    # By its own facts, also once it is merged: where others stand in line would tell of the merge.
    request.urgent_because = _urgent(request, needs.alone())
    by_itself = await _answer(work, alone, own, by_itself=True)
    if _differ(by_itself, _answer_of(alone)):
        request.version += 1
        _record_change(work, request, own)
    else:
        by_itself = _answer_of(alone)
    answer = await _answer(work, request, goes_on) if is_merged else by_itself
    if is_merged and not is_new and _differ(answer, _answer_of(request)):
        _record_change(work, request, goes_on)
    request.by_itself = by_itself if is_merged else None
    for name, value in answer.items():
        setattr(request, name, value)


_Answer = dict[str, Any]
"""The fields of a request that say who is responsible, and the facts that this rests on, as they are stored."""
_KEPT: Final = frozenset(Responsibility.model_fields) - {"payer_in"}
"""What a request keeps of the answer: in which kind of facility it ends, nobody knows yet."""
_FIELDS: Final = (*_KEPT, "facts")


async def _answer(work: UnitOfWork, request: PlacementRequest, known: KnownCase, *, by_itself: bool = False) -> _Answer:
    status = await cases.status_on(work, request.case_id, on=on_date(work.now), by_itself=by_itself)
    said = dict(request.facts or UNKNOWN)
    if status and status.asylum_pending is not None and status.recorded_at >= request.requested_at:
        said["asylum_registered"] = None  # by now an authority has recorded how it stands (row B4)
    facts = ResponsibilityFacts.model_validate(said | facts_recorded(known, status))
    found = responsible_for(facts, on=on_date(work.now))
    return found.model_dump(include=set(_KEPT)) | {
        "options": list(found.options),
        "facts": facts.model_dump(mode="json"),
    }


def payer_as_asked(request: PlacementRequest, kind: FacilityKind | None) -> HousingAuthority:
    """Who pays for a place of that kind, by what was asked for; where the facts are gone with the person, or give another row,
    as it was written then."""
    if request.facts is None:
        return request.payer
    found = responsible_for(ResponsibilityFacts.model_validate(request.facts), on=on_date(request.requested_at))
    return found.payer_of(kind) if found.row is request.row else request.payer


def _answer_of(request: PlacementRequest) -> _Answer:
    return {name: getattr(request, name) for name in _FIELDS}


def _differ(one: _Answer, other: _Answer) -> bool:
    return any(one[name] != other[name] for name in ("row", "authority", "payer", "options"))


def _urgent(request: PlacementRequest, needs: SealedNeeds) -> list[WaitingCriterion]:
    first = [WaitingCriterion.MINOR] if needs.minor else []
    return first + [each for each in request.urgent_because if each != WaitingCriterion.MINOR]


def urgent_because(request: PlacementRequest, known: frozenset[Aspect]) -> list[WaitingCriterion]:
    """What makes the request more urgent than others that wait, as whoever knows this of it may know."""
    return request.urgent_because if Aspect.GENDER_AND_AGE in known else request.urgent_as_said


def _record_change(work: UnitOfWork, request: PlacementRequest, of: KnownCase) -> None:
    work.record(
        ResponsibilityChanged(
            case_id=of.case_id, occurred_at=work.now, request_id=request.id, from_on=on_date(work.now)
        )
    )


def as_it_stands_alone(request: PlacementRequest) -> PlacementRequest:
    """The request with who is responsible by the facts of its own case, as if that had not been merged; to be read only."""
    if request.by_itself is None:
        return request
    return PlacementRequest.model_validate(request.model_dump() | request.by_itself)


def knows_through_merge(known: frozenset[Aspect]) -> bool:
    """Whether whoever knows this of a request is to read who is responsible as the case says where the work goes on."""
    return {Aspect.RESPONSIBILITY, Aspect.MERGED} <= known


def as_known(request: PlacementRequest, known: frozenset[Aspect]) -> PlacementRequest:
    """The request with who is responsible as whoever knows this of it is to read it."""
    return request if knows_through_merge(known) else as_it_stands_alone(request)
