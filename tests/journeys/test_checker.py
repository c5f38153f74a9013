"""The checker is checked: it is quiet about a sound history, and each doctored one is caught for what it is."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.journeys.checker import Carried, Evidence, Kind, Told, anomalies

SUBMITTED = Told("e1", "r1", 1, "referral-submitted")
ACKNOWLEDGED = Told("e2", "r1", 2, "referral-acknowledged")
OPENED = Told("e3", "c1", 1, "case-opened", subject_id="s1")
ROUTED = Told("e4", "c1", 2, "case-routed")


def carried(told: Told, value: bytes = b"") -> Carried:
    return Carried(told.id, told.key, told.sequence, value or told.id.encode())


SOUND = Evidence(
    promised=["r1"],
    referrals={"r1": ["s1"]},
    case_told_to_referrer={"s1": "c1"},
    case_of_subject=[("s1", "c1")],
    cases=["c1"],
    histories={"referrals": [SUBMITTED, ACKNOWLEDGED], "identification": [OPENED, ROUTED]},
    unsent={"referrals": 0, "identification": 0},
    listens={"referrals": ["identification"], "identification": ["referrals"]},
    inboxes={"referrals": {("identification", "c1"): 2}, "identification": {("referrals", "r1"): 2}},
    dead_letters={"referrals": [], "identification": []},
    topics={
        "referrals": [carried(SUBMITTED), carried(ACKNOWLEDGED)],
        "identification": [carried(OPENED), carried(ROUTED), carried(OPENED), carried(ROUTED)],
    },
)


def test_a_sound_history_has_no_anomalies_though_the_topic_holds_copies() -> None:
    assert anomalies(SOUND) == []


def with_history(service: str, *told: Told) -> Evidence:
    """Told otherwise; nothing is compared with the topics."""
    return replace(SOUND, histories={**SOUND.histories, service: told}, topics=None)


def with_topic(*messages: Carried) -> Evidence:
    return replace(SOUND, topics={"identification": messages})


def with_inbox(service: str, taken: dict[tuple[str, str], int]) -> Evidence:
    return replace(SOUND, inboxes={**SOUND.inboxes, service: taken})


DOCTORED: dict[str, tuple[Callable[[], Evidence], Kind, str]] = {
    "a promised referral is gone": (
        lambda: replace(SOUND, promised=["r1", "r2"]),
        Kind.LOST,
        "referral r2 was answered 201",
    ),
    "two requests made one referral": (lambda: replace(SOUND, promised=["r1", "r1"]), Kind.DUPLICATE, "two requests"),
    "a referral that was never told": (
        lambda: replace(SOUND, referrals={"r1": ["s1"], "r2": []}),
        Kind.ZOMBIE,
        "referral r2",
    ),
    "a referral told of twice": (
        lambda: with_history("referrals", SUBMITTED, replace(SUBMITTED, id="e9", sequence=2)),
        Kind.DUPLICATE,
        "referral r1 was told of 2 times",
    ),
    "an event whose referral was rolled back": (
        lambda: replace(SOUND, promised=[], referrals={}),
        Kind.GHOST,
        "referral r1",
    ),
    "a subject without a case": (lambda: replace(SOUND, case_of_subject=[]), Kind.LOST, "subject s1 was referred"),
    "a subject with two cases": (
        lambda: replace(SOUND, case_of_subject=[("s1", "c1"), ("s1", "c1")]),
        Kind.DUPLICATE,
        "subject s1 has 2",
    ),
    "a case opened again for the same subject": (
        lambda: replace(
            with_history("identification", OPENED, ROUTED, replace(OPENED, id="e9", key="c2")), cases=["c1", "c2"]
        ),
        Kind.DUPLICATE,
        "2 cases were opened for subject s1",
    ),
    "a subject of a case that is not there": (
        lambda: replace(SOUND, case_of_subject=[("s1", "c7")]),
        Kind.GHOST,
        "case c7",
    ),
    "a case that was never told": (lambda: replace(SOUND, cases=["c1", "c2"]), Kind.ZOMBIE, "case c2"),
    "an opening whose case was rolled back": (lambda: replace(SOUND, cases=[]), Kind.GHOST, "case c1 was told of"),
    "a referrer who was told of another case": (
        lambda: replace(SOUND, case_told_to_referrer={"s1": "c2"}),
        Kind.INCONSISTENT,
        "its referrer knows c2",
    ),
    "a referrer who was told nothing": (
        lambda: replace(SOUND, case_told_to_referrer={}),
        Kind.INCONSISTENT,
        "its referrer knows nothing",
    ),
    "a number left out": (
        lambda: with_history("identification", OPENED, replace(ROUTED, sequence=3)),
        Kind.OUT_OF_ORDER,
        "[1, 3]",
    ),
    "two events in the wrong order": (
        lambda: with_history("identification", ROUTED, OPENED),
        Kind.OUT_OF_ORDER,
        "[2, 1]",
    ),
    "an event that a consumer never took": (
        lambda: with_inbox("referrals", {("identification", "c1"): 1}),
        Kind.LOST,
        "up to 1 of 2",
    ),
    "a case that a consumer never heard of": (lambda: with_inbox("referrals", {}), Kind.LOST, "up to 0 of 2"),
    "a consumer that took more than was told": (
        lambda: with_inbox("identification", {("referrals", "r1"): 3}),
        Kind.GHOST,
        "and 2 were told",
    ),
    "an event that was never sent": (
        lambda: replace(SOUND, unsent={"identification": 1}),
        Kind.STUCK,
        "1 events of identification",
    ),
    "an event that is on its way for ever": (
        lambda: replace(with_inbox("referrals", {}), unsent={"identification": 1}),
        Kind.STUCK,
        "up to 0 of 2",
    ),
    "a dead letter": (
        lambda: replace(SOUND, dead_letters={"referrals": ["e4"]}),
        Kind.STUCK,
        "dead letter of referrals",
    ),
    "an event that is not on the topic": (lambda: with_topic(carried(OPENED)), Kind.LOST, "event e4"),
    "a message that was never told": (
        lambda: with_topic(carried(OPENED), carried(ROUTED), Carried("e9", "c1", 3, b"")),
        Kind.GHOST,
        "message e9",
    ),
    "a message under another key": (
        lambda: with_topic(carried(OPENED), carried(replace(ROUTED, key="c2"))),
        Kind.INCONSISTENT,
        "message e4",
    ),
    "a copy with other contents": (
        lambda: with_topic(carried(OPENED), carried(OPENED, b"x"), carried(ROUTED)),
        Kind.INCONSISTENT,
        "message e3",
    ),
    "a message that overtook another": (
        lambda: with_topic(carried(ROUTED), carried(OPENED)),
        Kind.OUT_OF_ORDER,
        "[2, 1]",
    ),
}


@pytest.mark.parametrize("name", DOCTORED)
def test_the_checker_finds(name: str) -> None:
    doctored, kind, about = DOCTORED[name]
    found = anomalies(doctored())
    assert any(anomaly.kind is kind and about in anomaly.about for anomaly in found), [*map(str, found)]


def test_what_was_on_its_way_to_a_topic_that_was_filled_again_may_lie_too_early_and_nothing_may_be_missing() -> None:
    refilled = replace(with_topic(carried(ROUTED), carried(OPENED)), were_refilled_meanwhile=True)
    assert anomalies(refilled) == []
    assert anomalies(replace(with_topic(carried(ROUTED)), were_refilled_meanwhile=True))


def test_a_message_sent_twice_in_a_row_is_no_anomaly() -> None:
    again: Any = (carried(OPENED), carried(OPENED), carried(ROUTED))
    assert anomalies(with_topic(*again)) == []
