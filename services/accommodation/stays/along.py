"""Who comes along, by what is known of them, and what speaks against housing them there: the rules of an offer. A child comes
with its parent: the facility takes in families or not, and whom it takes in by themselves is no question."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.models import KnownCase
from services.accommodation.case.nights import Nights
from services.accommodation.case.terms import terms_on
from services.accommodation.facilities.codes import CompanionKind, Security
from services.accommodation.facilities.models import Facility, Terms
from services.accommodation.placements import answers, matching
from services.accommodation.placements.codes import FitRule, RequestStatus
from services.accommodation.placements.models import PlacementRequest
from services.accommodation.placements.repository import asked_for
from services.accommodation.placements.schemas import Needs
from services.accommodation.responsibility.domain import ResponsibilityFacts, responsible_for
from services.accommodation.separations import repository as separations
from shared.contract.codes import AgeGroup, Gender, Purpose, Relation
from shared.contract.person import ADULT_AGE
from shared.contract.placeholders import is_no_birth_date
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.peers import PeerAway, PeerRefused, Peers
from shared.kernel.clock import months_after, on_date

OF_AGE_MONTHS: Final = ADULT_AGE * 12


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of who comes along with the person of the case `with_case_id`: it counts where nothing is recorded."""

    kind: CompanionKind
    with_case_id: UUID
    case_id: UUID | None = None
    gender: Gender | None = None
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Along:
    """Who comes along, as the rules ask about them."""

    is_child: bool
    is_grown: bool
    """An adult by the record, or by what is said where there is none."""
    needs: Needs
    options: Sequence[FacilityKind] | None = None
    company: separations.Company = field(default_factory=separations.Company)

    def against(self, terms: Facility | Terms, *, excepted: Collection[FitRule] = ()) -> list[FitRule]:
        """What speaks against the facility, as it is in a unit, in the order of the rules."""
        against = set(matching.facility_against(terms, needs=self.needs, options=self.options))
        if self.company.parts_household(terms.id):
            against.add(FitRule.HOUSEHOLD)
        if terms.id in self.company.unsafe_in:
            against.add(FitRule.CO_PLACEMENT)
        return [rule for rule in FitRule if rule in against and rule not in excepted]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How old somebody is by what identification has recorded, as far as who asks may read it there."""

    born_on: date | None = None
    stated_age: int | None = None

    def is_small(self, said: date | None, *, on: date) -> bool:
        """Whether they share a bed on that day (docs/rules.md, housing-5): what is said counts where nothing is recorded."""
        own_bed_months = terms_on(on).own_bed_months
        if self.born_on is None and self.stated_age is not None and self.stated_age * 12 >= own_bed_months:
            return False
        born = self.born_on or said
        if born is None:
            return self.stated_age is not None
        return on < months_after(born, own_bed_months)


async def recorded_age(work: UnitOfWork, neighbours: Peers, case_id: UUID) -> Recorded:
    """What is recorded of the age of the person of the case; nothing for who may not read it there, or while identification does
    not answer: nobody waits outside for that."""
    async with as_itself(work):
        goes_on_in = await cases.surviving(work, case_id) or case_id
    try:
        person = await neighbours.get(
            "identification", f"/identification/v1/cases/{goes_on_in}/person", purpose=Purpose.ACCOMMODATION
        )
    except (PeerAway, PeerRefused):
        return Recorded()
    born = date.fromisoformat(person["birth_date"]) if person.get("birth_date") else None
    is_known = born is not None and not is_no_birth_date(born, on=on_date(work.now))
    return Recorded(born if is_known else None, person.get("stated_age"))


async def known_of(work: UnitOfWork, word: Word, during: Nights, *, has_come: bool = False) -> Along:
    """What is known of who comes along: what is recorded first, whoever acts. Who `has_come` already leaves nobody by moving with
    the person."""
    is_young = word.born_on is not None and on_date(work.now) < months_after(word.born_on, OF_AGE_MONTHS)
    is_old = word.born_on is not None and not is_young
    if word.case_id is None:
        is_child = word.kind is CompanionKind.CHILD
        return Along(is_child, is_old, _needs_there([], gender=word.gender, is_minor=is_young, is_child=is_child))
    known = await cases.known_where_it_goes_on(work, word.case_id)
    asked = await asked_for(work, word.case_id)
    lasting = [needs for request, needs in asked if request.status is RequestStatus.OPEN]
    lasting = lasting or [needs for _, needs in asked[-1:]]
    gender = _gender(word, known, lasting)
    is_unsaid = known is None or known.age_group is AgeGroup.UNKNOWN
    is_minor = any(each.minor for each in lasting) or (is_unsaid and is_young)
    if known:
        is_minor = known.is_minor or (is_minor and not known.is_assessed_adult)
    is_adult = known is not None and known.age_group is AgeGroup.ADULT
    is_child = word.kind is CompanionKind.CHILD and not is_adult
    if is_minor and not is_child:
        is_child = await cases.relation_to(work, word.case_id, word.with_case_id) is Relation.PARENT
    company = await separations.company_of(work, word.case_id, during)
    return Along(
        is_child,
        is_adult or (is_unsaid and is_old),
        _needs_there(lasting, gender=gender, is_minor=is_minor, is_child=is_child),
        options=None if is_child else await _options(work, word.case_id, known, asked, gender, is_minor=is_minor),
        company=separations.Company(unsafe_in=company.unsafe_in) if is_child or has_come else company,
    )


def _gender(word: Word, known: KnownCase | None, asked: Sequence[Needs]) -> Gender:
    said = [known.gender if known else None, *(each.gender for each in reversed(asked)), word.gender]
    return next((each for each in said if each not in (None, Gender.UNKNOWN)), None) or Gender.UNKNOWN


def _needs_there(asked: Sequence[Needs], *, gender: Gender | None, is_minor: bool, is_child: bool) -> Needs:
    """What is needed there by all that they wait for, or had last; a gender that is None is not asked."""
    avoided = [code for each in asked for code in each.avoid_municipalities]
    return Needs(
        gender=None if is_child else gender,
        minor=is_minor and not is_child,
        children=is_child,
        wheelchair=any(each.wheelchair for each in asked),
        lgbt_safe=any(each.lgbt_safe for each in asked),
        security=next(
            (level for level in reversed(Security) if any(each.security is level for each in asked)), Security.NONE
        ),
        avoid_municipalities=list(dict.fromkeys(avoided)),
        avoid_within_km=max((each.avoid_within_km for each in asked), default=0),
    )


async def _options(
    work: UnitOfWork,
    case_id: UUID,
    known: KnownCase | None,
    asked: Sequence[tuple[PlacementRequest, Needs]],
    gender: Gender,
    *,
    is_minor: bool,
) -> Sequence[FacilityKind] | None:
    """The kinds of facility that their own row offers; every kind where somebody arranges it (B4)."""
    if known is None:
        return None
    async with as_itself(work):
        status = await cases.status_on(work, case_id, on=on_date(work.now))
    stated = next((request.facts for request, _ in reversed(asked) if request.facts), {})
    facts = answers.UNKNOWN | stated | answers.facts_recorded(known, status) | {"gender": gender, "minor": is_minor}
    return responsible_for(ResponsibilityFacts.model_validate(facts), on=on_date(work.now)).options or None
