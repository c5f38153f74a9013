"""The functions that read the table of who may know what; what stands in it the generated matrix holds
(tests/contracts/test_who_may_know.py)."""

import pytest

from shared.contract import visibility
from shared.contract.codes import Purpose, ShareScope
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, judge, may_know, may_state
from shared.identity.actor import Actor, Assurance, Role


def reader(*roles: Role, kind: OrganisationKind = OrganisationKind.NGO) -> Actor:
    return Actor("hopenow", kind, "s", "c", frozenset(roles or {Role.CASEWORKER}), frozenset(), Assurance.HIGH)


def test_who_has_no_part_knows_nothing_whatever_its_kind_and_what_it_is_let_know() -> None:
    police = reader(kind=OrganisationKind.POLICE)
    assert may_know(police, (), [ShareScope.OUTCOME, ShareScope.PERSON]) == frozenset()
    assert Aspect.PENDING in may_know(police, Part.RECIPIENT)
    assert Aspect.PENDING not in may_know(reader(), Part.RECIPIENT)


def test_several_parts_let_know_what_each_of_them_does() -> None:
    both = may_know(reader(), [Part.REFERRER, Part.REQUESTER])
    assert both == may_know(reader(), Part.REFERRER) | may_know(reader(), Part.REQUESTER)
    assert may_know(reader(), [Part.REFERRER]) == may_know(reader(), Part.REFERRER)


def test_what_the_person_lets_it_know_comes_on_top() -> None:
    without, with_it = may_know(reader(), Part.RECIPIENT), may_know(reader(), Part.RECIPIENT, [ShareScope.OUTCOME])
    assert with_it - without == {Aspect.OUTCOME}


def test_of_several_roles_one_is_enough_and_a_system_that_is_a_person_besides_is_judged_as_the_person() -> None:
    assert may_know(reader(Role.STATISTICIAN, Role.CASEWORKER), Part.SENDER) == may_know(reader(), Part.SENDER)
    assert may_know(reader(Role.SYSTEM, Role.STATISTICIAN), Part.SENDER) == frozenset()
    assert may_know(reader(Role.SYSTEM), Part.SENDER) == may_know(reader(), Part.SENDER)


def test_a_purpose_is_stated_by_part_or_kind_and_narrowed_by_role() -> None:
    prosecution = reader(kind=OrganisationKind.PROSECUTION)
    assert Purpose.SUPPORT not in may_state(prosecution, ())
    assert Purpose.SUPPORT in may_state(prosecution, Part.SENDER)
    assert Purpose.SUPPORT in may_state(prosecution, [Part.PROSECUTION, Part.ADDRESSEE])
    assert may_state(reader(Role.FACILITY_MANAGER), ()) == {Purpose.ACCOMMODATION}
    assert may_state(reader(Role.FACILITY_MANAGER, Role.CASEWORKER), ()) == may_state(reader(), ())
    assert may_state(reader(Role.SYSTEM, Role.STATISTICIAN), Part.SENDER) == frozenset()


def test_a_purpose_that_is_not_the_reader_s_is_refused_with_those_that_are() -> None:
    judge(reader(), Part.SENDER, Purpose.SUPPORT)
    judge(reader(), Part.SENDER, None)
    with pytest.raises(visibility.PurposeNotYours) as refused:
        judge(reader(Role.HEALTH, kind=OrganisationKind.HEALTH), Part.SENDER, Purpose.LEGAL)
    assert refused.value.detail == "You may read this for health, support, not for legal."
    assert refused.value.extra == {"allowed": ["health", "support"]}
    with pytest.raises(visibility.PurposeNotYours) as refused:
        judge(reader(Role.ADMIN), Part.SENDER, Purpose.LEGAL)
    assert refused.value.detail == "You may read this for nothing, not for legal."


def test_an_aspect_may_take_fewer_purposes_than_the_part() -> None:
    centre = reader(kind=OrganisationKind.NATIONAL_CENTRE)
    judge(centre, Part.CENTRE, Purpose.STATISTICS)
    judge(centre, Part.CENTRE, Purpose.STATISTICS, aspect=Aspect.REGION)
    judge(centre, Part.CENTRE, Purpose.ACCOMMODATION, aspect=Aspect.ADDRESS)
    with pytest.raises(visibility.PurposeNotYours):
        judge(centre, Part.CENTRE, Purpose.STATISTICS, aspect=Aspect.ADDRESS)
    with pytest.raises(visibility.PurposeNotYours):
        judge(reader(), Part.OPERATOR, Purpose.LEGAL, aspect=Aspect.ADDRESS)


@pytest.mark.parametrize(
    ("field", "aspect"),
    [
        ("consents", Aspect.FILE),
        ("reference", Aspect.FILE),
        ("safe_contact", Aspect.CONTACT),
        ("languages", Aspect.CONTACT),
        ("given_name", Aspect.PERSON),
        ("anything_new", Aspect.PERSON),
    ],
)
def test_each_field_of_a_person_shows_an_aspect(field: str, aspect: Aspect) -> None:
    assert visibility.person_aspect(field) is aspect
