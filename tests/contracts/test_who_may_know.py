"""Every role of every kind of organisation reads, for every purpose, what is about one person in four services: and sees what the
oracle says, which is no copy of the table.

All of it is some fifteen thousand reads: `make test` takes every 37th, HAVN_MATRIX_START=7 others, HAVN_MATRIX_STEP=1 all."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contract.codes import Purpose, ShareScope
from shared.contract.events import EVENTS
from shared.contract.organisations import OrganisationKind, Scope, kind_of, scopes_of
from shared.contract.visibility import Part, may_know, may_state
from shared.contract.visible_events import cut_event
from shared.identity.actor import Actor, Assurance, Role
from tests.accommodation.housing import SHELTER, Housing
from tests.contracts import oracle
from tests.contracts.oracle import KINDS, ROLES, Resource, expected
from tests.identification.builders import US_DECIDES, Opened
from tests.identification.consents.test_consents import consent
from tests.referrals.builders import REASON, SAFE_CONTACT, send, subject
from tests.world import World

STEP = int(os.environ.get("HAVN_MATRIX_STEP", "37"))
START = int(os.environ.get("HAVN_MATRIX_START", "0"))
POLICE = "politi-oestjylland"
ORGS = ("cmm", "us", *KINDS, "iom", "familieretshuset")
NAME, WORDS = "Malee", "She spoke of her sister."


def marks(*names: str) -> frozenset[str]:
    return frozenset(names)


@dataclass(frozen=True)
class Seeded:
    havn: World
    resources: dict[str, Resource]
    looked_for: dict[str, str]


@pytest.fixture(scope="module")
async def seeded(house_of_all: World) -> Seeded:
    """Police refer a woman without legal stay; US decides; reden, in a secret house, takes her in, for whom police asked."""
    havn = house_of_all
    await havn.forget_everything()
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    person = US_DECIDES | {"given_name": NAME, "gender": "woman", "languages": ["tha"]}
    sent = await send(havn, subject(**person), kind="identification", safe_contact=SAFE_CONTACT)
    await havn.settled()
    case = Opened(havn, (await sent.read()).json()["subjects"][0]["case_id"])
    await consent(case, "newlives", scope=["person", "contact", "status"])
    await case.interview("2026-03-03T10:00:00+01:00", summary=WORDS)
    await case.decide("US")
    await havn.settled()
    housing = Housing(havn)
    secret = await housing.shelter(2, secret_address=True)
    request_id = await housing.request(case.id, POLICE, needs={"wheelchair": True})
    offer = (await housing.offer(request_id, secret.place_id)).json()
    placement_id = (await housing.answer(offer["offer_id"], "accept")).json()["placement_id"]
    looked_for = {
        "name": NAME,
        "reason": REASON,
        "contact": SAFE_CONTACT,
        "words": WORDS,
        "outcome": '"outcome":"assessed_trafficked"',
        "status": '"status":"decided"',
        "authority": '"deciding_authority":"US"',
        "pending": '"identification_pending":false',
        "row": '"row":"B3"',
        "needs": '"wheelchair":true',
        "gender": '"gender":"woman","minor":false',
        "place": secret.place_id,
        "region": '"region":"1082"',
        "placed": "place",
        "address": SHELTER["address"],
    }
    resources = about_the_case(sent.path, case.path) | about_the_stay(request_id, placement_id, secret.facility_id)
    return Seeded(havn, resources, looked_for)


def about_the_case(referral: str, case: str) -> dict[str, Resource]:
    """What referrals and identification have of her."""
    return {
        "referral": Resource(
            referral,
            dict.fromkeys((POLICE, "cmm"), marks("name", "reason", "contact")),
            {"health": marks("contact")},
            "referrals:read",
            referred=frozenset({POLICE, "cmm"}),
        ),
        "person": Resource(
            f"{case}/person",
            dict.fromkeys(("cmm", "us", "newlives"), marks("name", "contact")),
            {"health": marks("contact")},
            "cases:read",
            for_purpose={"newlives": "support"},
            hides_from_role=frozenset({"newlives"}),
        ),
        "status": Resource(
            f"{case}/status",
            {
                **dict.fromkeys(("cmm", "us"), marks("status", "authority", "outcome", "pending")),
                POLICE: marks("status", "authority", "pending"),
                "newlives": marks("status"),
                "anklagemyndigheden": marks("status", "authority"),
            },
            {
                "admin": marks("status", "authority", "outcome", "pending"),
                **dict.fromkeys(("health", "facility_manager"), marks("status", "pending")),
            },
            "cases:read",
            referred=frozenset({POLICE}),
            asks_no_purpose=frozenset({"cmm", "us"}),
            finds_first=True,
        ),
        "interviews": Resource(f"{case}/interviews", dict.fromkeys(("cmm", "us"), marks("words")), {}, "cases:read"),
    }


def about_the_stay(request_id: str, placement_id: str, facility_id: str) -> dict[str, Resource]:
    """What accommodation has of her."""
    return {
        "request": Resource(
            f"/accommodation/v1/placement-requests/{request_id}",
            {
                **dict.fromkeys(("cmm", "us"), marks("needs", "gender", "row")),
                "reden": marks("needs", "gender"),
                POLICE: marks("needs"),
            },
            {"facility_manager": marks("needs", "gender")},
            "accommodation:read",
            referred=frozenset({POLICE}),
        ),
        "placement": Resource(
            f"/accommodation/v1/placements/{placement_id}",
            {
                **dict.fromkeys(("cmm", "reden"), marks("place", "region", "placed")),
                "us": marks("region", "placed"),
                POLICE: marks("placed"),
            },
            {"facility_manager": marks("place", "region", "placed"), "health": marks("placed")},
            "accommodation:read",
            referred=frozenset({POLICE}),
        ),
        "responsibility": Resource(
            f"/accommodation/v1/placements/{placement_id}/responsibility",
            {**dict.fromkeys(("cmm", "us"), marks("row")), **dict.fromkeys(("reden", POLICE), frozenset())},
            {},
            "accommodation:read",
            referred=frozenset({POLICE}),
            shows_something_always=True,
        ),
        "address": Resource(
            f"/accommodation/v1/facilities/{facility_id}",
            dict.fromkeys(("cmm", "reden", "socialtilsyn-midt"), marks("address")),
            {"facility_manager": marks("address")},
            "accommodation:read",
            asks_no_purpose=frozenset(ORGS),
            never_for=frozenset({"statistics"}),
            shows_something_always=True,
            is_silent_without_purpose=True,
        ),
    }


LOOKED_FOR = {
    "referral": ("name", "reason", "contact"),
    "person": ("name", "contact"),
    "status": ("status", "authority", "outcome", "pending"),
    "interviews": ("words",),
    "request": ("needs", "gender", "row"),
    "placement": ("place", "region"),
    "responsibility": ("row",),
    "address": ("address",),
}


def reads(name: str) -> Iterator[tuple[str, str, str | None]]:
    """Which organisation reads in which role for which purpose; every one of them at some start."""
    every = list(product(ORGS, sorted(ROLES), (None, *sorted(Purpose))))
    yield from every[(START + len(name)) % STEP :: STEP]


@pytest.mark.slow
@pytest.mark.row(126, 127)
@pytest.mark.parametrize("name", LOOKED_FOR)
async def test_each_reads_what_the_oracle_says(seeded: Seeded, name: str) -> None:
    resource = seeded.resources[name]
    for org, role, purpose in reads(name):
        status, sees = expected(
            resource, org, role, purpose, has_scope=Scope(resource.scope) in scopes_of(kind_of(org))
        )
        partner = seeded.havn.partner(org, role, assurance=Assurance.HIGH)
        answer = await partner.get(resource.path, purpose=purpose)
        found = {mark for mark in LOOKED_FOR[name] if seeded.looked_for[mark] in answer.text}
        who = (name, org, role, purpose)
        assert (*who, answer.status_code, found) == (*who, status, sees & set(LOOKED_FOR[name])), answer.text


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_lists_and_filters_show_each_what_it_has_to_do_with(seeded: Seeded, role: str) -> None:
    case_id = seeded.resources["status"].path.split("/")[-2]
    lists = {
        "/referrals/v1/referrals": (Scope.REFERRALS_READ, {POLICE, "cmm"}),
        "/identification/v1/cases": (Scope.CASES_READ, {POLICE, "cmm", "us", "newlives"}),
        "/identification/v1/cases?status=decided": (Scope.CASES_READ, {POLICE, "cmm", "us", "newlives"}),
        "/identification/v1/cases?authority=US": (Scope.CASES_READ, {POLICE, "cmm", "us"}),
        "/identification/v1/cases?missing=false": (Scope.CASES_READ, {"cmm", "us"}),
        "/accommodation/v1/facilities": (Scope.ACCOMMODATION_READ, {"cmm", "reden", "socialtilsyn-midt"}),
    }
    for path, (scope, theirs) in lists.items():
        for org in ORGS:
            answer = await seeded.havn.partner(org, role).get(path)
            if scope not in scopes_of(kind_of(org)) or role not in oracle.STAFF:
                assert answer.status_code == 403
                continue
            # A filter passes over what the role may not know of the cases.
            knows = role in oracle.WORKERS | {"admin"} or not path.endswith(("authority=US", "missing=false"))
            assert answer.status_code == 200, (path, org, answer.text)
            assert (path, org, len(answer.json()["items"])) == (path, org, org in theirs and knows)
    for org in ORGS:
        purpose = min(oracle.may_state(org, role, of_a_referral=False), default="identification")
        asked: dict[str, Any] = {"case_id": case_id, "purpose": purpose}
        answer = await seeded.havn.partner(org, role).get("/accommodation/v1/placement-requests", **asked)
        allowed = role in oracle.WORKERS or (role == "facility_manager" and purpose == "accommodation")
        if answer.status_code == 200:
            sees = org in {"cmm", "us", "reden", POLICE} and allowed
            assert (org, len(answer.json()["items"])) == (org, sees)


_STANDING = {"case-opened", "recommendation-made", "decision-made"}
_OFFERED = {"place-offered", "offer-accepted"}
_FED = {
    POLICE: {"referral-submitted", "case-routed", "placement-requested"} | _STANDING | _OFFERED,
    "newlives": _STANDING,
    "reden": {"facility-changed"} | _OFFERED,
    "socialtilsyn-midt": {"facility-changed"},
}
"""What the feed over all services shows who works there; CMM is shown all, and US all of the case that it decides."""
_FED_TO_DASHBOARDS = {
    **dict.fromkeys(("cmm", POLICE), {"referral-submitted"} | _STANDING),
    **dict.fromkeys(("us", "newlives"), _STANDING),
}


@pytest.mark.parametrize("role", sorted(ROLES))
async def test_the_feed_over_all_services_shows_each_what_it_has_to_do_with(seeded: Seeded, role: str) -> None:
    recorded = {
        service: {event["type"].split(".")[3] for event in await seeded.havn.events(service)}
        for service in ("referrals", "identification", "accommodation")
    }
    of_workers = _FED | {
        "cmm": set().union(*recorded.values()),
        "us": recorded["identification"] | (recorded["accommodation"] - {"facility-changed"}),
    }
    shown_to = {"dashboard": _FED_TO_DASHBOARDS} | dict.fromkeys(oracle.WORKERS, of_workers)
    for org in ORGS:
        answer = await seeded.havn.partner(org, role).get("/stats/v1/events", limit=100)
        if role not in shown_to:
            assert (org, answer.status_code) == (org, 403)
            continue
        assert answer.status_code == 200, (org, answer.text)
        items = answer.json()["items"]
        assert (org, {item["type"].split(".")[3] for item in items}) == (org, shown_to[role].get(org, set()))
        if org not in ("cmm", "us"):
            assert not UNTOLD & {name for item in items for name in item["data"]}, org


# ---------------------------------------------------------------- the table against the oracle, without a database

_ORG_OF = {
    OrganisationKind.NATIONAL_CENTRE: "cmm",
    OrganisationKind.IMMIGRATION_AUTHORITY: "us",
    OrganisationKind.RETURN_ORGANISATION: "iom",
    OrganisationKind.OTHER: "familieretshuset",
} | {kind_of(org): org for org in KINDS}


@given(st.sampled_from(sorted(_ORG_OF)), st.sampled_from(Role), st.sampled_from(Part))
def test_purposes_are_those_of_the_contract_s_sentence(kind: OrganisationKind, role: Role, part: Part) -> None:
    who = Actor(_ORG_OF[kind], kind, "s", "c", frozenset({role}), frozenset(), Assurance.SUBSTANTIAL)
    by_referral = part in (Part.SENDER, Part.ADDRESSEE, Part.REFERRER)
    said = oracle.may_state(_ORG_OF[kind], role, of_a_referral=by_referral)
    assert may_state(who, part) == said


UNTOLD = frozenset(
    {"outcome", "decided_on", "legal_status", "residence_basis", "row", "gender", "age_group", "earlier_case_id"}
)
"""What no event tells to an organisation that does not work on the case, unless the person lets it know the outcome."""
TOLD_TO = {
    Part.REFERRER: {
        "case-opened",
        "case-routed",
        "recommendation-made",
        "decision-made",
        "case-closed",
        "case-reopened",
    }
    | {"person-arrived", "person-left"},
    Part.REQUESTER: {
        "placement-requested",
        "request-stalled",
        "offer-stalled",
        "place-offered",
        "offer-accepted",
        "offer-declined",
        "offer-expired",
        "person-arrived",
        "person-left",
        "placement-cancelled",
        "no-show",
        "stay-extended",
        "stay-ending",
    },
    Part.SENDER: {type_.split(".")[3] for type_ in EVENTS if ".referral-" in type_},
    Part.RECIPIENT: set(),
    Part.MUNICIPALITY: set(),
    Part.REPRESENTATION: set(),
    Part.HOLDER: set(),
    Part.SUPERVISION: {"facility-changed", "approval-expiring"},
    Part.PARTNER: {"facility-changed"},
}


@pytest.mark.parametrize("part", TOLD_TO)
@pytest.mark.parametrize("type_", sorted(EVENTS))
def test_each_part_is_shown_these_events_of_the_four_services_and_nothing_of_the_decision(
    type_: str, part: Part
) -> None:
    name = type_.split(".")[3]
    who = Actor("hopenow", OrganisationKind.NGO, "s", "c", frozenset({Role.CASEWORKER}), frozenset(), Assurance.HIGH)
    payload = dict.fromkeys(EVENTS[type_].model_fields, "said")
    shown = cut_event(may_know(who, part), name, payload)
    assert (shown is not None) == (name in TOLD_TO[part])
    assert not UNTOLD & set(shown or ())
    with_outcome = cut_event(may_know(who, part, [ShareScope.OUTCOME]), name, payload) or {}
    assert UNTOLD & set(with_outcome) <= {"outcome", "decided_on"}
