"""What of a description stands open as codes: how old somebody is, and was, without ever saying the age."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.codes import ContactChannel
from services.identification.case.schemas import IDENTITY, CasePerson, ContactWay
from services.identification.person.description import ADULT_AGE, adult_on, age_group, age_group_at_exploitation
from shared.contract.codes import AgeBasis, AgeGroup
from shared.contract.personal import Personal

TODAY = date(2026, 3, 9)
MINORS = {AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR}
KNOWN = (AgeBasis.DOCUMENTED, AgeBasis.ASSESSED)
ages = st.none() | st.integers(min_value=0, max_value=120)
bases = st.none() | st.sampled_from(AgeBasis)


@pytest.mark.row(2)
@given(age=ages, basis=bases)
def test_the_age_at_exploitation_is_a_minors_below_18_and_nobody_s_guess(
    age: int | None, basis: AgeBasis | None
) -> None:
    found = age_group_at_exploitation(CasePerson(age_at_exploitation=age, age_at_exploitation_basis=basis))
    if basis is AgeBasis.PRESUMED_MINOR:
        assert found is AgeGroup.PRESUMED_MINOR
    elif age is None:
        assert found is None
    elif age >= ADULT_AGE:
        assert found is AgeGroup.ADULT
    else:
        assert found is (AgeGroup.MINOR if basis in KNOWN else AgeGroup.PRESUMED_MINOR)


@pytest.mark.row(2)
@given(now=ages, then=ages, basis=bases)
def test_the_two_ages_are_asked_apart(now: int | None, then: int | None, basis: AgeBasis | None) -> None:
    alone = CasePerson(stated_age=now, age_basis=basis)
    both = alone.model_copy(update={"age_at_exploitation": then})
    assert age_group(alone, on=TODAY) is age_group(both, on=TODAY)
    assert age_group_at_exploitation(both) is age_group_at_exploitation(CasePerson(age_at_exploitation=then))


@given(age=ages, born=st.none() | st.dates(date(1930, 1, 1), TODAY), basis=bases)
def test_whoever_says_to_be_under_18_is_never_an_adult_unless_assessed(
    age: int | None, born: date | None, basis: AgeBasis | None
) -> None:
    person = CasePerson(stated_age=age, birth_date=Personal(born) if born else None, age_basis=basis)
    if age is not None and age < ADULT_AGE and basis is not AgeBasis.ASSESSED:
        assert age_group(person, on=TODAY) in MINORS


@given(channels=st.lists(st.tuples(st.sampled_from(ContactChannel), st.booleans()), max_size=6))
def test_a_channel_is_safe_when_one_way_of_it_was_said_to_be(channels: list[tuple[ContactChannel, bool]]) -> None:
    person = CasePerson(contact_channels=[ContactWay(channel=channel, is_safe=safe) for channel, safe in channels])
    for channel in ContactChannel:
        assert person.may_be_reached_by(channel) == ((channel, True) in channels)


FULL: dict[str, Any] = {
    "reference": "P01",
    "given_name": "Malee",
    "family_name": "Opdigtet",
    "birth_date": "1998-05-14",
    "stated_birth_date": "1997-05-14",
    "identifiers": [{"type": "passport", "value": "TH0000001"}],
    "aliases": ["Blue"],
    "safe_contact": "The bakery.",
    "contact_channels": [{"channel": "sms", "value": "+45 00 00 00 00", "is_safe": True}],
    "interpreter": "Somchai",
    "stated_age": 24,
    "gender": "woman",
    "citizenships": ["THA"],
    "communication_needs": ["literacy"],
}


@pytest.mark.row(4)
def test_what_remains_of_who_declined_names_nobody_and_keeps_every_code() -> None:
    person = CasePerson.model_validate(FULL)
    assert set(person.named()) == set(IDENTITY)
    remains = person.unnamed()
    assert remains.named() == []
    assert (remains.reference, remains.interpreter) == (None, None)
    assert (remains.stated_age, remains.gender, remains.citizenships) == (24, "woman", ["THA"])
    assert remains.communication_needs == ["literacy"]
    assert not any(word in remains.model_dump_json() for word in ("Malee", "Blue", "Somchai", "bakery", "TH0", "1998"))


# ---------------------------------------------------------------- who turns 18


def minor(**said: Any) -> CasePerson:
    return CasePerson.model_validate(said)


@pytest.mark.parametrize(
    ("said", "is_adult_on"),
    [
        ({"birth_date": "2008-03-10"}, date(2026, 3, 10)),
        ({"birth_date": "2010-02-28"}, date(2028, 2, 28)),
        ({"birth_date": "2012-02-29"}, date(2030, 3, 1)),
        ({"stated_age": 17}, date(2027, 3, 9)),
        ({"stated_age": 15, "age_basis": "documented"}, date(2029, 3, 9)),
        ({"stated_age": 17, "birth_date": "2009-12-24"}, date(2027, 12, 24)),
        ({"birth_date": "2008-12-24", "age_basis": "assessed", "stated_age": 12}, date(2026, 12, 24)),
        ({"birth_date": "2008-12-24", "stated_birth_date": "2010-05-05"}, date(2028, 5, 5)),
        ({"stated_age": 30}, None),
        ({"age_basis": "presumed_minor"}, None),
        ({"stated_age": 16, "age_basis": "presumed_minor"}, None),
        ({"birth_date": "1900-01-01"}, None),
    ],
)
def test_a_minor_is_one_until_the_latest_day_on_which_they_can_turn_18(
    said: dict[str, Any], is_adult_on: date | None
) -> None:
    assert adult_on(minor(**said), on=TODAY) == is_adult_on


@given(
    age=st.none() | st.integers(0, 30),
    born=st.none() | st.dates(date(1996, 1, 1), TODAY),
    basis=st.none() | st.sampled_from(AgeBasis),
)
def test_the_day_before_they_are_a_minor_and_on_the_day_they_are_not(
    age: int | None, born: date | None, basis: AgeBasis | None
) -> None:
    person = CasePerson(stated_age=age, birth_date=Personal(born) if born else None, age_basis=basis)
    if (day := adult_on(person, on=TODAY)) is None:
        return
    assert age_group(person, on=date.fromordinal(day.toordinal() - 1), age_stated_on=TODAY) in MINORS
    assert age_group(person, on=day, age_stated_on=TODAY) is AgeGroup.ADULT


def test_a_stated_age_grows_with_the_years_since_it_was_stated() -> None:
    person = minor(stated_age=16)
    stated_on = date(2025, 3, 10)
    assert age_group(person, on=date(2027, 3, 9), age_stated_on=stated_on) in MINORS
    assert age_group(person, on=date(2027, 3, 10), age_stated_on=stated_on) is AgeGroup.ADULT
