"""What of a person's description stands open as coded facts: ages as groups, citizenships, the stay; and identifiers hashed."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson
from shared.contract import events
from shared.contract.codes import AgeBasis, AgeGroup
from shared.contract.countries import citizenships_read
from shared.contract.personal import Personal
from shared.contract.placeholders import is_no_birth_date
from shared.contract.warnings import InputWarning, placeholders_in, warning
from shared.data.unit_of_work import UnitOfWork

ADULT_AGE: Final = 18


def record_description(work: UnitOfWork, case: Case) -> None:
    """Record the coded facts as they are now."""
    work.record(events.PersonDescribed(case_id=case.id, occurred_at=work.now, **published_facts(case)))


def published_facts(case: Case) -> Mapping[str, Any]:
    """The coded facts that are published to the others."""
    return {
        "gender": case.gender,
        "age_group": case.age_group,
        "age_group_at_exploitation": case.age_group_at_exploitation,
        "citizenships": citizenships_read(case.citizenships),
        "residence_basis": case.residence_basis,
    }


def warnings_of(person: CasePerson, *, on: date, at: Sequence[str] = ("body",)) -> list[InputWarning]:
    """What of a description that stands there in a body is kept as written and says less than it seems to."""
    found = placeholders_in(
        names=(("given_name", person.given_name), ("family_name", person.family_name)),
        aliases=person.aliases,
        birth_date=person.birth_date,
        identifiers=person.identifiers,
        on=on,
    )
    return [warning([*at, *each.loc], each.code) for each in found]


def facts_of(person: CasePerson, *, on: date) -> dict[str, Any]:
    """The coded facts of a description that stand open in the case."""
    return {
        "gender": person.gender,
        "age_group": age_group(person, on=on),
        "age_group_at_exploitation": age_group_at_exploitation(person),
        "citizenships": list(person.citizenships),
        "residence_basis": person.residence_basis,
        "residence_valid_until": person.residence_valid_until,
        "unpermitted_work": bool(person.unpermitted_work),
        "asylum_pending": bool(person.asylum_pending),
    }


def age_group(person: CasePerson, *, on: date) -> AgeGroup:
    """Whoever states an age under 18 is presumed a minor until assessed, whatever the papers say (docs/rules.md, child-2).

    What a basis of documents or an assessment says stands in the birth date; without one, in the age."""
    stated = (_age(person.birth_date, on=on), person.stated_age, _age(person.stated_birth_date, on=on))
    ages = [age for age in stated if age is not None]
    if person.age_basis is AgeBasis.PRESUMED_MINOR:
        return AgeGroup.PRESUMED_MINOR
    if not ages:
        return AgeGroup.UNKNOWN
    if person.age_basis is AgeBasis.ASSESSED:
        return AgeGroup.MINOR if ages[0] < ADULT_AGE else AgeGroup.ADULT
    if person.age_basis is AgeBasis.DOCUMENTED and ages[0] < ADULT_AGE:
        return AgeGroup.MINOR
    return AgeGroup.PRESUMED_MINOR if min(ages) < ADULT_AGE else AgeGroup.ADULT


def age_group_at_exploitation(person: CasePerson) -> AgeGroup | None:
    """How old the person was when exploited; None where nobody has said."""
    if person.age_at_exploitation_basis is AgeBasis.PRESUMED_MINOR:
        return AgeGroup.PRESUMED_MINOR
    if person.age_at_exploitation is None:
        return None
    if person.age_at_exploitation >= ADULT_AGE:
        return AgeGroup.ADULT
    is_known = person.age_at_exploitation_basis in (AgeBasis.DOCUMENTED, AgeBasis.ASSESSED)
    return AgeGroup.MINOR if is_known else AgeGroup.PRESUMED_MINOR


def _age(birth_date: Personal[date] | None, *, on: date) -> int | None:
    """None where the date stands for an unknown one."""
    if birth_date is None or is_no_birth_date(birth_date.value, on=on):
        return None
    born = birth_date.value
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
