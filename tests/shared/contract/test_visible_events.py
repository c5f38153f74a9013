"""The functions that read which events are shown; what is shown to whom the generated matrix holds
(tests/contracts/test_who_may_know.py)."""

from typing import Any
from uuid import UUID

import pytest

from shared.contract.visibility import Aspect
from shared.contract.visible_events import cut_event, other_cases

CASE, OTHER, THIRD = (str(UUID(int=number)) for number in (1, 2, 3))
ALWAYS = {"case_id": CASE, "occurred_at": "2026-03-09T12:00:00Z"}
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
    assert cut_event(FILE, "an-event-of-no-rule", payload) == ALWAYS
    assert cut_event(FILE, "an-event-of-no-rule", payload, {UUID(THIRD)}) == ALWAYS
    assert cut_event(FILE, "an-event-of-no-rule", payload, {UUID(OTHER)}) == payload
    assert cut_event(FILE, "an-event-of-no-rule", ALWAYS | {name: None}) == ALWAYS | {name: None}


@pytest.mark.parametrize("event", ["case-linked", "case-unlinked"])
def test_that_there_is_another_person_is_said_to_those_alone_who_know_their_case(event: str) -> None:
    payload: dict[str, Any] = ALWAYS | {"other_case_id": OTHER}
    assert cut_event(FILE, event, payload) is None
    assert cut_event(FILE, event, payload, {UUID(THIRD)}) is None
    assert cut_event(FILE, event, payload, {UUID(OTHER)}) == payload


@pytest.mark.parametrize(("event", "name"), [("case-merged", "into"), ("case-unmerged", "out_of")])
def test_a_merge_is_shown_to_those_alone_who_know_both_cases(event: str, name: str) -> None:
    payload: dict[str, Any] = ALWAYS | {name: OTHER}
    for known in ((), (OTHER,), (CASE,), (CASE, THIRD)):
        assert cut_event(FILE, event, payload, {UUID(each) for each in known}) is None, known
    assert cut_event(FILE, event, payload, {UUID(CASE), UUID(OTHER)}) == payload


def test_the_other_cases_of_events_are_those_that_they_name_and_of_a_merge_its_own_too() -> None:
    def named(**payload: str | None) -> set[UUID]:
        return other_cases([{"payload": ALWAYS | payload}])

    assert named() == set()
    assert named(other_case_id=OTHER) == {UUID(OTHER)}
    assert named(into=OTHER) == named(out_of=OTHER) == {UUID(CASE), UUID(OTHER)}
    assert named(other_case_id=None) == set()
    two = [{"payload": ALWAYS | {"into": OTHER}}, {"payload": ALWAYS | {"other_case_id": THIRD}}]
    assert other_cases(two) == {UUID(CASE), UUID(OTHER), UUID(THIRD)}
