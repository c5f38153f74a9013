"""Asking for a place: for whom, who is responsible, where the request stands, and which places fit."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import HousingAuthority
from services.accommodation.case.models import CaseChange, KnownCase
from services.accommodation.case.nights import Nights, nights
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.models import Candidate
from services.accommodation.placements import matching, repository
from services.accommodation.placements.codes import RequestStatus
from services.accommodation.placements.matching import Exclusion, Match
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.schemas import Needs, PlacementRequestSubmission, SealedNeeds
from services.accommodation.placements.visibility import SeenRequest
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.responsibility.schemas import KnownFacts
from shared.contract.codes import Purpose, ResidenceBasis
from shared.contract.events import PlacementRequested
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class CaseIsMerged(Conflict):
    """Another case is about the same person, and the work goes on there."""


async def request_placement(work: UnitOfWork, *, submission: PlacementRequestSubmission) -> PlacementRequest:
    """Ask for a place for a person whose case concerns the actor. Raises CaseNotFound, and CaseIsMerged for who works on the
    case: others are not to learn of a merge, and ask under the case that they know."""
    known = await cases.case_for(work, submission.case_id)
    surviving = await cases.surviving(work, known.case_id)
    # Who has nothing to do with the other case is notified of no merge, and goes on as if there were none.
    if surviving and await cases.is_known_to(work, surviving):
        raise CaseIsMerged(
            f"This case was merged; ask for a place under case {surviving}, where the work on the person goes on.",
            merged_into=str(surviving),
        )
    needs = _with_the_case_s(submission.needs, known)
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


def _with_the_case_s(said: Needs, known: KnownCase) -> SealedNeeds:
    of_the_case = {"gender": known.gender, "minor": known.is_minor}
    unsaid = {name: value for name, value in of_the_case.items() if getattr(said, name) is None}
    return SealedNeeds.model_validate(said.model_dump() | unsaid | {"of_the_case": sorted(unsaid)})


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


async def read_request(work: UnitOfWork, *, request_id: UUID, purpose: Purpose) -> tuple[SeenRequest, Needs]:
    """The request, and what the person needs, as far as the actor may know both. Raises as the repository's."""
    seen = await repository.read_request(work, request_id, purpose=purpose)
    needs = await repository.needs_of(
        work, seen.request, operation="placement_request.needs", known=seen.known, purpose=purpose
    )
    return seen, needs


async def known_to_requester(work: UnitOfWork, request: PlacementRequest) -> frozenset[Aspect]:
    """What the actor, who asks for a place, may know of its own request."""
    parts = {Part.REQUESTER, *await cases.parts_in(work, request.case_id)}
    if work.actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY and request.payer is HousingAuthority.US:
        parts.add(Part.PAYER)
    return may_know(work.actor, parts)


def status_of(seen: SeenRequest) -> RequestStatus:
    """Where the request stands now: `offered` while a place is held for it."""
    if seen.request.status is RequestStatus.OPEN and seen.is_held_for:
        return RequestStatus.OFFERED
    return seen.request.status


async def find_matches(
    work: UnitOfWork, *, request_id: UUID, purpose: Purpose | None
) -> tuple[list[Match], Counter[Exclusion]]:
    """The places the actor may know of, ranked for the request, and how many others each reason excludes; the same rows give
    the same order. Changes nothing. Who may not know outcome and legal status is given the places of all kinds, and who may
    not know gender and age those that fit what it said itself: what fits would tell the rest."""
    seen = await repository.read_request(work, request_id, purpose=purpose)
    request = seen.request
    needs = await repository.needs_of(work, request, operation="placement_request.match", known=seen.known)
    stay = nights(request.from_on, request.to_on)
    candidates = await facilities.candidates(work, stay)
    options = request.options if Aspect.RESPONSIBILITY in seen.known else None
    return matching.match(candidates, needs=needs, options=options, stay=stay)


class NeedsInvalid(Unprocessable):
    """A parameter says nothing that can be needed."""


def needs_from(**said: Any) -> Needs:
    """Needs as the parameters of a query state them; raises NeedsInvalid."""
    try:
        return Needs.model_validate(said)
    except ValidationError as error:
        names = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise NeedsInvalid(f"Nobody can need that: look at {names}.") from None


def stay_of(from_on: date, to_on: date | None) -> Nights:
    """The nights from the one day until, but not on, the other; raises NeedsInvalid where there are none."""
    if to_on is not None and to_on <= from_on:
        raise NeedsInvalid("A stay ends on a later day than it begins; the last day is not part of it.")
    return nights(from_on, to_on)


async def find_free(work: UnitOfWork, *, needs: Needs, stay: Nights) -> tuple[bool, list[Candidate]]:
    """Whether the actor may know how many places are free, and the free places that fit, of those it may know of."""
    parts = {Part.PARTNER}
    if work.actor.kind is OrganisationKind.NATIONAL_CENTRE:
        parts.add(Part.CENTRE)
    if work.actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        parts.add(Part.PAYER)
    if await facilities.runs_any(work):
        parts.add(Part.OPERATOR)
    free = [
        candidate
        for candidate in await facilities.candidates(work, stay)
        if not matching.reasons_against(candidate, needs=needs, options=None, stay=stay)
    ]
    work.audit(operation="place.availability")
    return Aspect.FREE_PLACES in may_know(work.actor, parts), free
