"""Asking for a place: for whom, who is responsible, where the request stands, and which places fit."""

from collections import Counter
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.models import CaseChange, KnownCase
from services.accommodation.case.nights import nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.placements import matching, repository
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.matching import Exclusion, Match
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import Needs, PlacementRequestSubmission
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.responsibility.schemas import KnownFacts
from shared.contract.codes import Purpose, ResidenceBasis
from shared.contract.events import PlacementRequested
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict


class CaseIsMerged(Conflict):
    """Another case is about the same person, and the work goes on there."""


async def request_placement(work: UnitOfWork, *, submission: PlacementRequestSubmission) -> PlacementRequest:
    """Ask for a place for a person whose case concerns the actor. Raises CaseNotFound and CaseIsMerged."""
    known = await cases.case_for(work, submission.case_id)
    surviving = await cases.surviving(work, known.case_id)
    # Who has nothing to do with the other case is notified of no merge, and goes on as if there were none.
    if surviving and await cases.is_known_to(work, surviving):
        raise CaseIsMerged(
            f"This case was merged; ask for a place under case {surviving}, where the work on the person goes on.",
            merged_into=str(surviving),
        )
    needs = submission.needs.model_copy(
        update={
            "gender": submission.needs.gender or known.gender,
            "minor": known.is_minor if submission.needs.minor is None else submission.needs.minor,
        }
    )
    status = await cases.status_on(work, known.case_id, on=on_date(work.now))
    facts = facts_of(known, submission.responsibility, needs, status)
    responsible = responsible_for(facts, on=on_date(work.now))
    request = PlacementRequest(
        case_id=known.case_id,
        requested_by=work.actor.org,
        requested_at=work.now,
        from_on=submission.from_on,
        to_on=submission.to_on,
        **responsible.model_dump(exclude={"options"}),
        options=list(responsible.options),
        facts=facts.model_dump(mode="json"),
    )
    await repository.add_request(work, request, needs)
    work.record(
        PlacementRequested(
            case_id=request.case_id,
            occurred_at=work.now,
            request_id=request.id,
            requested_by=request.requested_by,
            row=request.row,
        )
    )
    return request


def facts_of(
    known: KnownCase, stated: KnownFacts, needs: Needs, status: CaseChange | None = None
) -> ResponsibilityFacts:
    """What the requester says, and where nothing is said what is known of the case and of the legal status today."""
    basis = status.residence_basis if status and status.residence_basis else known.residence_basis
    facts = {
        "gender": needs.gender,
        "minor": needs.minor,
        "residence_basis": basis,
        "asylum_pending": bool(status and status.asylum_pending),
        "decided": known.is_assessed_trafficked,
    } | stated.model_dump(exclude_none=True)
    if basis is ResidenceBasis.DANISH_CITIZEN:
        # Nobody's word makes a Danish citizen's case one of US; with an asylum case stated besides, the table asks CMM.
        facts["residence_basis"] = ResidenceBasis.DANISH_CITIZEN
    return ResponsibilityFacts.model_validate(facts)


async def read_request(
    work: UnitOfWork, *, request_id: UUID, purpose: Purpose | None
) -> tuple[PlacementRequest, RequestStatus, Needs | None]:
    """The request and where it stands; with what the person needs, where it is said why that is read."""
    request = await repository.read_request(work, request_id)
    status = await status_of(work, request)
    if purpose is None:
        return request, status, None
    needs = await repository.needs_of(work, request, operation="placement_request.needs", purpose=purpose)
    return request, status, needs


async def status_of(work: UnitOfWork, request: PlacementRequest) -> RequestStatus:
    """Where the request stands now: `offered` while a place is held for it."""
    if request.status is RequestStatus.OPEN and await repository.holds_a_place(work, request.id):
        return RequestStatus.OFFERED
    return request.status


async def find_matches(work: UnitOfWork, *, request_id: UUID) -> tuple[list[Match], Counter[Exclusion]]:
    """The places the actor may know of, ranked for the request, and how many others each reason excludes; the same rows give
    the same order. Changes nothing."""
    request = await repository.read_request(work, request_id)
    needs = await repository.needs_of(work, request, operation="placement_request.match")
    stay = nights(request.from_on, request.to_on)
    candidates = await facilities.candidates(work, stay)
    return matching.match(candidates, needs=needs, options=request.options, stay=stay)
