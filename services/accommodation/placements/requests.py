"""Asking for a place: for whom, who is responsible, where the request stands, and which places fit."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import FacilityKind, HousingAuthority
from services.accommodation.case.models import KnownCase
from services.accommodation.case.nights import Nights, night_of, nights
from services.accommodation.case.terms import HousingTerms, terms_on
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities.codes import Security
from services.accommodation.placements import answers, fitting, matching, repository
from services.accommodation.placements.codes import FitRule, RequestStatus, WaitingCriterion
from services.accommodation.placements.matching import Match
from services.accommodation.placements.models import Placement, PlacementRequest
from services.accommodation.placements.schemas import GenderAndAge, Needs, PlacementRequestSubmission, SealedNeeds
from services.accommodation.placements.visibility import SeenRequest
from services.accommodation.placements.zones import zone_of
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.vacancies import repository as vacancies
from services.accommodation.vacancies.models import Candidate
from shared.contract.codes import Gender, Purpose, Region
from shared.contract.events import PlacementRequested
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, may_know
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class RequestsWait(Conflict):
    """As many requests for the person wait for a place as may."""


class ZonesShowWhere(Unprocessable):
    """Whoever learns that the person has a place would know where, by where alone it can be."""


class CaseIsMerged(Conflict):
    """Another case is about the same person, and the work goes on there."""


async def request_placement(work: UnitOfWork, *, submission: PlacementRequestSubmission) -> PlacementRequest:
    """Ask for a place for a person whose case concerns the actor. Raises CaseNotFound, and CaseIsMerged for who works on the
    case: others are not to learn of a merge, and ask under the case that they know."""
    known, terms = await cases.case_for(work, submission.case_id), terms_on(on_date(work.now))
    if work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        _check_zones(zone_of(submission.needs), terms)
    surviving = await cases.surviving(work, known.case_id)
    # Who has nothing to do with the other case is notified of no merge, and goes on as if there were none.
    if surviving and await cases.is_known_to(work, surviving):
        raise CaseIsMerged(
            f"This case was merged; ask for a place under case {surviving}, where the work on the person goes on.",
            danish=(
                f"Sagen er lagt sammen med en anden; bed om en plads i sagen {surviving}, hvor arbejdet med "
                "personen fortsætter."
            ),
            merged_into=str(surviving),
        )
    if await repository.count_open(work, known.case_id, tonight=night_of(work.now)) >= terms.most_open_requests:
        raise RequestsWait(
            f"{terms.most_open_requests} requests for this person wait for a place already; withdraw one that is not"
            " needed any more."
        )
    stated = submission.needs.model_dump(include={"gender", "minor"}, exclude_none=True)
    stated |= submission.responsibility.model_dump(exclude_none=True)
    status = await cases.status_on(work, submission.case_id, on=on_date(work.now), by_itself=True)
    recorded = answers.facts_recorded(known, status)
    avoided = await repository.avoided_before(work, submission.case_id)
    needs = _with_the_case_s(submission, known).model_copy(update={"avoided_since": avoided})
    facts = ResponsibilityFacts.model_validate(answers.UNKNOWN | stated | recorded)
    responsible, is_for_tonight = responsible_for(facts, on=on_date(work.now)), submission.from_on <= night_of(work.now)
    request = PlacementRequest(
        case_id=submission.case_id,
        requested_by=work.actor.org,
        requested_at=work.now,
        from_on=submission.from_on,
        to_on=submission.to_on,
        **responsible.model_dump(exclude={"options"}),
        options=list(responsible.options),
        facts=facts.model_dump(mode="json"),
        differs=_differing(submission, recorded),
        urgent_because=_urgent_because(needs, is_for_tonight=is_for_tonight),
        urgent_as_said=_urgent_because(needs.said(), is_for_tonight=is_for_tonight),
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
    if surviving:
        # The facts of the other case decide all the same, and show themselves to nobody else.
        goes_on = await cases.known_where_it_goes_on(work, surviving) or known
        await answers.ask_anew(work, request, own=known, goes_on=goes_on, is_new=True)
    return request


def _check_zones(avoided: Collection[str], terms: HousingTerms) -> None:
    """What is left says where a person is who is placed in secret: so it is two regions at least, and of none less than half
    (docs/rules.md, housing-26). Raises ZonesShowWhere, by what was sent alone."""
    whole, left = Counter(each.region for each in MUNICIPALITIES.values()), Counter[Region]()
    left.update(each.region for code, each in MUNICIPALITIES.items() if code not in avoided)
    is_narrow = [region for region, number in left.items() if 2 * number < whole[region]]
    if len(left) < terms.regions_left_open or is_narrow:
        raise ZonesShowWhere(
            "Name fewer municipalities to avoid, or fewer kilometres: of each region all or at most half, and not the whole of"
            " all but one; what else is unsafe, say to CMM."
        )


def _urgent_because(needs: Needs, *, is_for_tonight: bool) -> list[WaitingCriterion]:
    """What makes the request more urgent than others that wait."""
    found = {
        WaitingCriterion.MINOR: bool(needs.minor),
        WaitingCriterion.PREGNANT: needs.pregnant,
        WaitingCriterion.CHILDREN: bool(needs.children),
        WaitingCriterion.SECURITY: needs.security is not Security.NONE,
        WaitingCriterion.TONIGHT: is_for_tonight,
    }
    return [each for each, holds in found.items() if holds]


def _with_the_case_s(submission: PlacementRequestSubmission, known: KnownCase) -> SealedNeeds:
    """What the person needs by the facts of the case. Whoever anybody says to be a minor is housed as one, unless the age is
    assessed."""
    said, stated = submission.needs, submission.responsibility
    gender = known.gender if known.gender is not Gender.UNKNOWN else said.gender or stated.gender or Gender.UNKNOWN
    is_said_to_be_minor = bool(said.minor or stated.minor)
    facts = {"gender": gender, "minor": known.is_minor or (is_said_to_be_minor and not known.is_assessed_adult)}
    # The requester's own word, wherever it stands: what the case says later takes none of it back (`describe_anew`).
    minor = None if said.minor is stated.minor is None else is_said_to_be_minor
    own_word = GenderAndAge(gender=said.gender or stated.gender, minor=minor)
    besides = {"stated": own_word, "for_the_facility": submission.for_the_facility}
    return SealedNeeds.model_validate(said.model_dump() | facts | besides)


_PAYERS: Final[Mapping[OrganisationKind, HousingAuthority]] = {
    OrganisationKind.MUNICIPALITY: HousingAuthority.MUNICIPALITY,
    OrganisationKind.POLICE: HousingAuthority.POLICE,
}


def pays(actor: Actor, asked: PlacementRequest | Placement) -> bool:
    """Whether the actor's organisation pays for it: US, or the municipality or the police that asked for the place."""
    if actor.kind is OrganisationKind.IMMIGRATION_AUTHORITY:
        return asked.payer is HousingAuthority.US
    return actor.org == asked.requested_by and asked.payer == _PAYERS.get(actor.kind)


def _differing(submission: PlacementRequestSubmission, recorded: dict[str, Any]) -> list[str]:
    """Which facts the requester has stated otherwise than they are recorded."""
    words = (submission.needs, submission.responsibility)
    return sorted(
        name
        for name, value in recorded.items()
        if any(getattr(word, name, None) not in (None, value) for word in words)
    )


class RequestSettled(Conflict):
    """The request has its place, or was withdrawn."""


async def lock_open(work: UnitOfWork, request_id: UUID, expected: ExpectedVersion) -> PlacementRequest:
    """A request that waits for a place, locked. Raises Stale, and RequestSettled."""
    request = await repository.lock_request(work, request_id)
    expected.check(request)
    if request.status is not RequestStatus.OPEN:
        raise RequestSettled(
            f"The request is {request.status}; ask anew for another place.",
            danish="Anmodningen venter ikke mere; bed om en anden plads på ny.",
            current_status=request.status,
            allowed=[],
        )
    return request


async def read_request(work: UnitOfWork, *, request_id: UUID, purpose: Purpose) -> tuple[SeenRequest, Needs]:
    """The request, and what the person needs, as far as the actor may know both. Raises as the repository's."""
    seen = await repository.read_request(work, request_id, purpose=purpose)
    needs = await repository.needs_of(
        work, seen.request, operation="placement_request.needs", known=seen.known, purpose=purpose
    )
    return seen, needs


def status_of(seen: SeenRequest) -> RequestStatus:
    """Where the request stands now: `offered` while a place is held for it."""
    if seen.request.status is RequestStatus.OPEN and seen.is_held_for:
        return RequestStatus.OFFERED
    return seen.request.status


async def find_matches(
    work: UnitOfWork, *, request_id: UUID, purpose: Purpose | None, instead_of: UUID | None
) -> tuple[list[Match], Counter[FitRule]]:
    """The places the actor may know of, ranked for the request, and how many others each rule excludes; the same rows give
    the same order. Changes nothing. Who may not know outcome and legal status is given the places of all kinds, and who may
    not know gender and age those that fit what it said itself: what fits would tell the rest. `instead_of` is the placement that
    the place would replace. Raises NothingToReplace."""
    _, fit, excluded = await match_one(work, request_id=request_id, purpose=purpose, instead_of=instead_of)
    return fit, excluded


async def match_one(
    work: UnitOfWork,
    *,
    request_id: UUID,
    purpose: Purpose | None,
    instead_of: UUID | None = None,
    among: fitting.Places | None = None,
) -> tuple[SeenRequest, list[Match], Counter[FitRule]]:
    """The request, and what fits it as for `find_matches`; of several, `among` places that were read once for all of them,
    and with places for peaks."""
    seen = await repository.read_request(work, request_id, purpose=purpose)
    own_stay = await repository.stay_left(work, instead_of, seen.request)
    needs = await repository.needs_with_children(
        work, seen.request, stay_id=own_stay, operation="placement_request.match", known=seen.known
    )
    stay = fitting.nights_left(work, seen.request)
    is_housed = await repository.is_housed(work, seen, stay, own_stay=own_stay)
    found = await fitting.candidates(work, seen.request.case_id, stay, is_elsewhere=is_housed, among=among)
    fit, excluded = matching.match(
        found,
        needs=needs,
        options=_options_known(seen),
        stay=stay,
        tonight=night_of(work.now),
        also_peaks=among is not None,
    )
    return seen, fit, excluded


async def check_place(
    work: UnitOfWork, *, request_id: UUID, place_id: UUID, purpose: Purpose | None, instead_of: UUID | None
) -> list[FitRule]:
    """What speaks against one place for the request, of all rules, as an offer would be refused, also one `instead_of` a
    placement. For who may know gender, age and responsibility; for others as far as they said it themselves. Raises
    NothingToReplace."""
    seen = await repository.read_request(work, request_id, purpose=purpose)
    own_stay = await repository.stay_left(work, instead_of, seen.request)
    needs = await repository.needs_with_children(
        work, seen.request, stay_id=own_stay, operation="placement_request.check", known=seen.known
    )
    place, facility = await facilities.known_place(work, place_id)
    stay = fitting.nights_left(work, seen.request)
    wanted = fitting.Wanted(
        case_id=seen.request.case_id, needs=needs, options=_options_known(seen), during=stay, own_stay=own_stay
    )
    against = await fitting.rules_against(work, place, facility, wanted)
    if seen.is_known_alone and not await repository.is_housed(work, seen, stay, own_stay=own_stay):
        against = [rule for rule in against if rule is not FitRule.PERSON_ELSEWHERE]
    return against


def _options_known(seen: SeenRequest) -> Sequence[FacilityKind] | None:
    """The kinds of facility that are offered, for who may know which; else every kind."""
    return (
        fitting.options_of(answers.as_known(seen.request, seen.known)) if Aspect.RESPONSIBILITY in seen.known else None
    )


class NeedsInvalid(Unprocessable):
    """A parameter says nothing that can be needed."""

    parameter = "to"


def needs_from(**said: Any) -> Needs:
    """Needs as the parameters of a query state them; raises NeedsInvalid."""
    try:
        return Needs.model_validate(said)
    except ValidationError as error:
        found = {str(each["loc"][0]) for each in error.errors()}
        names = ", ".join(sorted(found))
        sentence = f"Nobody can need that: look at {names}."
        raise NeedsInvalid(
            sentence,
            danish=f"Det kan ingen behøve: se på {names}.",
            errors=[{"loc": ["query", name], "msg": sentence} for name in sorted(found)],
        ) from None


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
    found = await vacancies.candidates(work, stay)
    against = matching.all_against(found, needs=needs, options=None, stay=stay, tonight=night_of(work.now))
    free = [candidate for candidate, rules in against if not rules]
    work.audit(operation="place.availability")
    return Aspect.FREE_PLACES in may_know(work.actor, parts), free
