"""The functions that read the table of who may know what; what stands in it the generated matrix holds
(tests/contracts/test_who_may_know.py)."""

from typing import Any
from uuid import UUID

import pytest

from shared.contract import visibility
from shared.contract.codes import Purpose, ShareScope
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Aspect, Part, cut_event, judge, may_know, may_state
from shared.identity.actor import Actor, Assurance, Role

CASE, OTHER, THIRD = (str(UUID(int=number)) for number in (1, 2, 3))
ALWAYS = {"case_id": CASE, "occurred_at": "2026-03-09T12:00:00Z"}


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


# ---------------------------------------------------------------- events

FILE = frozenset({Aspect.FILE})


def test_who_knows_the_file_is_shown_the_whole_event() -> None:
    payload = ALWAYS | {"outcome": "assessed_trafficked", "anything_new": 1}
    assert cut_event(FILE, "decision-made", payload) == payload
    assert cut_event(FILE, "an-event-of-no-rule", payload) == payload


def test_others_are_shown_the_events_and_attributes_that_the_table_names() -> None:
    payload = ALWAYS | {"authority": "CMM", "outcome": "assessed_trafficked", "anything_new": 1}
    assert cut_event(frozenset({Aspect.STATUS}), "decision-made", payload) == ALWAYS
    assert cut_event(frozenset({Aspect.PENDING, Aspect.AUTHORITY}), "decision-made", payload) == ALWAYS | {
        "authority": "CMM"
    }
    assert cut_event(frozenset({Aspect.OUTCOME, Aspect.AUTHORITY}), "decision-made", payload) is None
    for name in ("an-event-of-no-rule", "party-ended", "consent-given"):
        assert cut_event(frozenset(Aspect) - FILE, name, payload) is None, name
    assert cut_event(frozenset(), "decision-made", payload) is None


@pytest.mark.parametrize("name", ["other_case_id", "into", "out_of"])
def test_another_case_is_named_to_those_alone_who_know_it(name: str) -> None:
    payload: dict[str, Any] = ALWAYS | {name: OTHER}
    assert cut_event(FILE, "case-linked", payload) == ALWAYS
    assert cut_event(FILE, "case-linked", payload, {UUID(THIRD)}) == ALWAYS
    assert cut_event(FILE, "case-linked", payload, {UUID(OTHER)}) == payload
    assert cut_event(FILE, "case-linked", ALWAYS | {name: None}) == ALWAYS | {name: None}


@pytest.mark.parametrize(("event", "name"), [("case-merged", "into"), ("case-unmerged", "out_of")])
def test_a_merge_is_shown_to_those_alone_who_know_both_cases(event: str, name: str) -> None:
    payload: dict[str, Any] = ALWAYS | {name: OTHER}
    for known in ((), (OTHER,), (CASE,), (CASE, THIRD)):
        assert cut_event(FILE, event, payload, {UUID(each) for each in known}) is None, known
    assert cut_event(FILE, event, payload, {UUID(CASE), UUID(OTHER)}) == payload


def test_the_other_cases_of_events_are_those_that_they_name_and_of_a_merge_its_own_too() -> None:
    def named(**payload: str | None) -> set[UUID]:
        return visibility.other_cases([{"payload": ALWAYS | payload}])

    assert named() == set()
    assert named(other_case_id=OTHER) == {UUID(OTHER)}
    assert named(into=OTHER) == named(out_of=OTHER) == {UUID(CASE), UUID(OTHER)}
    assert named(other_case_id=None) == set()
    two = [{"payload": ALWAYS | {"into": OTHER}}, {"payload": ALWAYS | {"other_case_id": THIRD}}]
    assert visibility.other_cases(two) == {UUID(CASE), UUID(OTHER), UUID(THIRD)}
