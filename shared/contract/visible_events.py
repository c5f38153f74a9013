"""Which events are shown to whom, and with which of their attributes: by the aspects of the table of who may know what
(`shared/contract/visibility.py`). An event that is not named here is shown to those alone who know the file."""

from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, Final
from uuid import UUID

from shared.contract import events
from shared.contract.visibility import Aspect

_REFERRAL: Final[dict[str, Aspect]] = dict.fromkeys(("referral_id", "sender", "recipient", "kind"), Aspect.REFERRAL)
_STAY: Final = frozenset({Aspect.PLACED})

EVENTS: Final[Mapping[str, tuple[frozenset[Aspect], Mapping[str, Aspect]]]] = {
    "referral-submitted": (
        frozenset({Aspect.REFERRAL}),
        _REFERRAL
        | dict.fromkeys(
            ("channel", "urgency", "referred_at", "municipality", "in_custody", "custody_since", "subject_ids"),
            Aspect.REFERRAL,
        ),
    ),
    **dict.fromkeys(
        (
            "referral-acknowledged",
            "referral-accepted",
            "referral-declined",
            "referral-completed",
            "referral-withdrawn",
        ),
        (frozenset({Aspect.REFERRAL}), _REFERRAL),
    ),
    "referral-forwarded": (frozenset({Aspect.REFERRAL}), _REFERRAL | {"forwarded_by": Aspect.REFERRAL}),
    "case-opened": (frozenset({Aspect.STATUS, Aspect.PENDING}), {"opened_on": Aspect.STATUS}),
    "case-routed": (frozenset({Aspect.AUTHORITY}), {"authority": Aspect.AUTHORITY}),
    "recommendation-made": (frozenset({Aspect.STATUS}), {}),
    "decision-made": (
        frozenset({Aspect.STATUS, Aspect.PENDING}),
        {"authority": Aspect.AUTHORITY, "outcome": Aspect.OUTCOME, "decided_on": Aspect.OUTCOME},
    ),
    "appeal-filed": (frozenset({Aspect.PENDING}), {}),
    "appeal-decided": (frozenset({Aspect.PENDING}), {"removal_hold": Aspect.PENDING}),
    "case-closed": (frozenset({Aspect.STATUS}), {"on": Aspect.STATUS}),
    "case-reopened": (frozenset({Aspect.STATUS}), {"on": Aspect.STATUS}),
    "placement-requested": (
        frozenset({Aspect.NEEDS}),
        {"request_id": Aspect.NEEDS, "requested_by": Aspect.NEEDS, "row": Aspect.RESPONSIBILITY},
    ),
    "place-offered": (
        frozenset({Aspect.NEEDS}),
        dict.fromkeys(("request_id", "offer_id", "expires_at"), Aspect.NEEDS),
    ),
    "offer-accepted": (frozenset({Aspect.NEEDS}), dict.fromkeys(("offer_id", "placement_id"), Aspect.NEEDS)),
    "offer-declined": (frozenset({Aspect.NEEDS}), {"offer_id": Aspect.NEEDS}),
    "offer-expired": (frozenset({Aspect.NEEDS}), {"offer_id": Aspect.NEEDS}),
    "person-arrived": (_STAY, {"placement_id": Aspect.NEEDS, "arrived_at": Aspect.NEEDS}),
    "person-left": (
        _STAY,
        # Whether somebody is missing their case does not show to who has asked for a place.
        {"placement_id": Aspect.NEEDS, "left_at": Aspect.NEEDS, "disappeared": Aspect.REGION},
    ),
    "person-moved": (
        frozenset({Aspect.REGION}),
        dict.fromkeys(("placement_id", "to_placement_id", "moved_at", "reason"), Aspect.REGION),
    ),
    "placement-cancelled": (frozenset({Aspect.NEEDS}), {"placement_id": Aspect.NEEDS}),
    "no-show": (frozenset({Aspect.NEEDS}), dict.fromkeys(("placement_id", "on"), Aspect.NEEDS)),
    "stay-extended": (frozenset({Aspect.NEEDS}), dict.fromkeys(("placement_id", "to_on"), Aspect.NEEDS)),
    "stay-ending": (frozenset({Aspect.NEEDS}), dict.fromkeys(("placement_id", "to_on"), Aspect.NEEDS)),
    "offer-stalled": (
        frozenset({Aspect.NEEDS}),
        dict.fromkeys(("offer_id", "level", "waited_hours"), Aspect.NEEDS),
    ),
    "request-stalled": (
        frozenset({Aspect.NEEDS}),
        dict.fromkeys(("request_id", "level", "waited_hours"), Aspect.NEEDS),
    ),
    "responsibility-changed": (
        frozenset({Aspect.RESPONSIBILITY}),
        dict.fromkeys(("request_id", "placement_id", "from_on"), Aspect.RESPONSIBILITY),
    ),
    "move-proposed": (
        frozenset({Aspect.RESPONSIBILITY}),
        dict.fromkeys(("placement_id", "proposal_id", "from_on"), Aspect.RESPONSIBILITY),
    ),
    "notice-due": (
        frozenset({Aspect.REGION}),
        dict.fromkeys(("placement_id", "acting_municipality", "due_on"), Aspect.REGION),
    ),
    "facility-changed": (frozenset({Aspect.FACILITY}), {"reference": Aspect.FACILITY, "facility_id": Aspect.FACILITY}),
    "approval-expiring": (
        frozenset({Aspect.HIDDEN_FACILITY}),
        dict.fromkeys(("reference", "facility_id", "valid_until"), Aspect.HIDDEN_FACILITY),
    ),
}
"""Which events are shown to those who do not know the file: with any of these aspects, and with which attributes."""


_NOBODYS: Final[tuple[frozenset[Aspect], Mapping[str, Aspect]]] = (frozenset(), {})
FOR_THE_CENTRE: Final = frozenset({"party-ended"})
"""Events that nobody is shown but CMM: who else has to do with a case is its to know."""

_ABOUT_TWO_CASES: Final = frozenset({"case-merged", "case-unmerged"})
"""Events that are shown to those alone who work on both cases: nobody else learns of a merge."""

_ABOUT_ANOTHER_PERSON: Final = frozenset({"case-linked", "case-unlinked"})
"""Events of which nothing is shown where the reader may not know the other case: that there is somebody is said by them, too."""

_OTHER_CASES: Final = ("other_case_id", "into", "out_of")
"""Attributes of events that name another case, which the reader may have nothing to do with."""


@cache
def types_shown_with(aspects: frozenset[Aspect], *, service: str) -> tuple[str, ...]:
    """The types of the service's events that are shown with any of these aspects to who does not know the file."""
    of_service = [type_ for type_, event in events.EVENTS.items() if event.service == service]
    return tuple(type_ for type_ in of_service if EVENTS.get(events.name_of(type_), _NOBODYS)[0] & aspects)


def other_cases(rows: Iterable[Mapping[str, Any]]) -> set[UUID]:
    """The other cases that the events in these rows name."""
    payloads = [row["payload"] for row in rows]
    merged = {UUID(payload["case_id"]) for payload in payloads if "into" in payload or "out_of" in payload}
    return merged | {UUID(payload[name]) for payload in payloads for name in _OTHER_CASES if payload.get(name)}


def cut_event(
    known: frozenset[Aspect], name: str, payload: Mapping[str, Any], others: Collection[UUID] = ()
) -> dict[str, Any] | None:
    """The event's data as far as the reader may know it; None when it is not to know of the event at all. Another case than
    its own it names only where that is among `others`, which the reader knows."""
    if Aspect.FILE in known:
        hidden = {key for key in _OTHER_CASES if payload.get(key) and UUID(payload[key]) not in others}
        if hidden and name in _ABOUT_ANOTHER_PERSON:
            return None
        if name in _ABOUT_TWO_CASES and (hidden or UUID(payload["case_id"]) not in others):
            return None
        return {key: value for key, value in payload.items() if key not in hidden}
    shown_with, attributes = EVENTS.get(name, _NOBODYS)
    if not shown_with & known:
        return None
    always = {"case_id", "occurred_at"}
    return {key: value for key, value in payload.items() if key in always or attributes.get(key) in known}
