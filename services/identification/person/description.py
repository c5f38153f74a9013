"""What of a person's description stands open as coded facts: ages as groups, citizenships, the stay; and identifiers hashed."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from services.identification.case.models import MINORS, Case
from services.identification.case.schemas import CasePerson
from shared.contract import events
from shared.contract.codes import AgeBasis, AgeGroup
from shared.contract.countries import citizenships_read
from shared.contract.person import ADULT_AGE, Subject
from shared.contract.personal import Personal
from shared.contract.placeholders import is_no_birth_date
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import whole_years
from shared.kernel.text import AS_STORED


def described(subject: Subject, *, safe_contact: Personal[str] | None = None) -> CasePerson:
    """The person as a referral describes them. What it calls assessed is stated: CMM or US alone records an assessment
    (docs/rules.md, child-4)."""
    values = dict(subject) | {"safe_contact": safe_contact}
    if subject.age_basis is AgeBasis.ASSESSED:
        values["age_basis"] = AgeBasis.STATED
    return CasePerson.model_validate(values, context=AS_STORED)


def record_description(
    work: UnitOfWork, case: Case, *, age_assessed: bool | None = None, of_age_since: date | None = None
) -> None:
    """Record the coded facts as they are now, whether the age is assessed, where that may have changed, and since when who was a
    minor is none any more, where they are not."""
    work.record(
        events.PersonDescribed(
            case_id=case.id,
            occurred_at=work.now,
            age_assessed=age_assessed,
            of_age_since=of_age_since,
            **described_facts(case),
        ),
    )


def described_facts(case: Case) -> Mapping[str, Any]:
    """The coded facts that are published with each description."""
    return {**published_facts(case), "age_group_at_decision": case.age_group_at_decision}


def published_facts(case: Case) -> Mapping[str, Any]:
    """The coded facts that are published to the others."""
    return {
        "gender": case.gender,
        "age_group": case.age_group,
        "age_group_at_exploitation": case.age_group_at_exploitation,
        "citizenships": citizenships_read(case.citizenships),
        "residence_basis": case.residence_basis,
        "unaccompanied": case.unaccompanied,
    }


def facts_of(person: CasePerson, *, on: date, age_stated_on: date | None = None) -> dict[str, Any]:
    """The coded facts of a description that stand open in the case. Its age was stated on that day, else it is now."""
    stated_on = (age_stated_on or on) if person.stated_age is not None else None
    return {
        "gender": person.gender,
        "age_group": age_group(person, on=on, age_stated_on=stated_on),
        "age_stated_on": stated_on,
        "adult_on": adult_on(person, on=on, age_stated_on=stated_on),
        "age_group_at_exploitation": age_group_at_exploitation(person),
        "citizenships": list(person.citizenships),
        "residence_basis": person.residence_basis,
        "unaccompanied": person.unaccompanied,
        "residence_valid_until": person.residence_valid_until,
        "unpermitted_work": bool(person.unpermitted_work),
        "asylum_pending": bool(person.asylum_pending),
    }


def adult_on(person: CasePerson, *, on: date, age_stated_on: date | None = None) -> date | None:
    """The first day after `on` from which who is a minor then is none: the 18th birthday, or the latest day on which it can be
    (docs/rules.md, child-4). None for who is no minor, and where no age says when."""
    if age_group(person, on=on, age_stated_on=age_stated_on) not in MINORS:
        return None
    born = [each.value for each in (person.birth_date, person.stated_birth_date) if each]
    turning = {_years_after(day, ADULT_AGE) for day in born}
    if person.stated_age is not None:
        turning.add(_years_after(age_stated_on or on, max(0, ADULT_AGE - person.stated_age)))
    return next(
        (
            day
            for day in sorted(turning)
            if day > on and age_group(person, on=day, age_stated_on=age_stated_on or on) not in MINORS
        ),
        None,
    )


def age_group(person: CasePerson, *, on: date, age_stated_on: date | None = None) -> AgeGroup:
    """Whoever states an age under 18 is presumed a minor until assessed, whatever the papers say (docs/rules.md, child-2), or
    until the years since that day have made an adult of them, whenever the birthday is.

    What a basis of documents or an assessment says stands in the birth date; without one, in the age."""
    since = 0 if age_stated_on is None else _whole_years_from(age_stated_on, on)
    stated_age = None if person.stated_age is None else person.stated_age + since
    stated = (_age(person.birth_date, on=on), stated_age, _age(person.stated_birth_date, on=on))
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


def age_group_at_decision(case: Case, person: CasePerson) -> AgeGroup | None:
    """The age group on the day of the first positive decision that stands, by what is known of the age now: a birthday since then
    changes nothing of it (docs/rules.md, statistics-13). None while there is no such decision."""
    if case.first_positive_on is None:
        return None
    return age_group(person, on=case.first_positive_on, age_stated_on=case.age_stated_on)


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
    return whole_years(birth_date.value, on)


def _whole_years_from(day: date, on: date) -> int:
    """Of a day before it, less than nothing: who is 19 today was 17 two years ago."""
    return whole_years(day, on) if day <= on else -whole_years(on, day)


def _years_after(day: date, years: int) -> date:
    """Who was born on 29 February is a year older on 1 March where there is no such day."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
