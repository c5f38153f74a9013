"""Every operation of every service, called by everybody who should not: generated from what the services publish.

A refusal says no more than it must: what is not yours is answered, to the byte, as what does not exist."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations, product
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.demo.raid import REFERRAL
from services.everything import SERVICES
from shared.contract.codes import Authority, Purpose, ResidenceBasis
from shared.contract.directory import organisations
from shared.contract.organisations import OrganisationKind, Scope, kind_of, scopes_of
from shared.http.problems import PROBLEM_TYPE
from shared.identity.actor import Assurance, Role
from tests.accommodation.housing import LATER, Housing
from tests.accommodation.stays.test_payer_history import status
from tests.contracts.operations import OPERATIONS, Operation
from tests.identification.finding.people import meet
from tests.journeys.sc01 import Story
from tests.world import Partner, World

services = pytest.mark.parametrize("service", [service.name for service in SERVICES])
PROSECUTION = "anklagemyndigheden"
"""May record a court's decision in any case whose id it knows, so every case is there for it."""
PARTIES = frozenset({"cmm", "us", PROSECUTION, "politi-oestjylland", "reden"})
"""Who has to do with SC01: the centre, the immigration service, the police that referred, the shelter."""
ONE_OF_EACH_KIND: Mapping[OrganisationKind, str] = {
    kind_of(entry.id): entry.id for entry in reversed(organisations()) if entry.id not in PARTIES
} | {kind_of(org): org for org in ("cmm", "us", PROSECUTION)}
AS_OF = re.compile(r'"(as_of|read_at|at|until)":"[^"]*"')
"""When something was read."""
EVERYBODYS = {
    "organisation_id": "The directory is the same for all.",
    "figure": "Figures are about nobody; disclosure control decides what they show.",
}
"""Ids of what belongs to no organisation, with the reason. Everything else must be in the matrix."""


REFUSED_UNSEEN = {"NotYourApproval": "Only a socialtilsyn in its own name and CMM approve, whatever the facility."}
"""Refusals (403) that are made before anything is looked for; like every other they are the same for nothing."""


@dataclass(frozen=True)
class Objects:
    """Things of other organisations, by the name that their ids have in paths, and who has to do with them."""

    parties: frozenset[str]
    ids: Mapping[str, str]
    siblings: Mapping[str, str] = field(default_factory=dict)
    """Further objects of the same parties: a child is to be found under its own parent only."""

    def cover(self, operation: Operation) -> bool:
        return bool(operation.ids) and set(operation.ids) <= self.ids.keys()


@dataclass(frozen=True)
class Seeded:
    havn: World
    sc01: Objects
    danish: Objects


@pytest.fixture(scope="module")
async def seeded(house_of_all: World) -> Seeded:
    """SC01 played to its end with P01 in a secret shelter; and a Danish girl, of whom the immigration service never hears."""
    await house_of_all.forget_everything()
    story = Story(house_of_all)
    await story.refer()
    await story.settle()
    await story.interview()
    await story.decide()
    periods = await story.grant()
    ids = {"referral_id": story.referral_id, "case_id": story.cases["P01"], "period_id": periods["P01"]["period_id"]}
    ids |= await keep_evidence(house_of_all, story.cases["P01"])
    ids |= await live_on(house_of_all, story.cases["P01"])
    ids |= await know(house_of_all, story.cases["P01"], other=story.cases["P03"])
    of_cmm = await half_enter(house_of_all) | await wonder(house_of_all)
    ids |= of_cmm
    housed = await house(house_of_all, story.cases["P01"])
    return Seeded(
        house_of_all,
        Objects(PARTIES, ids | housed, siblings={"case_id": story.cases["P02"]}),
        Objects(frozenset({"cmm", PROSECUTION, "kommune-0461"}), await refer_a_danish_girl(house_of_all) | of_cmm),
    )


async def keep_evidence(havn: World, case_id: str) -> dict[str, str]:
    """A file in this case, that nothing has been sent of yet."""
    begun = await havn.partner("cmm").post(f"/identification/v1/cases/{case_id}/evidence", {})
    assert begun.status_code == 201, begun.text
    return {"evidence_id": begun.json()["evidence_id"]}


async def live_on(havn: World, case_id: str) -> dict[str, str]:
    """An appeal, a support measure and a request for access in this case."""
    cmm, case = havn.partner("cmm"), f"/identification/v1/cases/{case_id}"
    filed = await cmm.post(f"{case}/appeals", {"filed_on": "2026-03-09", "filed_by": "person"})
    begun = await cmm.post(f"{case}/support-measures", {"kind": "doctor", "starts_on": "2026-03-20"})
    asked = await cmm.post(f"{case}/access-requests", {"requested_on": "2026-03-09", "asked_by": "person"})
    return {
        "appeal_id": filed.json()["appeal_id"],
        "measure_id": begun.json()["measure_id"],
        "access_request_id": asked.json()["access_request_id"],
    }


async def know(havn: World, case_id: str, *, other: str) -> dict[str, str]:
    """Who else has to do with this case: another person, a suspect, and somebody who was told."""
    cmm, case = havn.partner("cmm"), f"/identification/v1/cases/{case_id}"
    await cmm.post(f"{case}/links", {"case_id": other, "relation": "co_victim"})
    named = await cmm.post(f"{case}/suspects", {"name": "FAKE Suspect One"})
    let_know = {"recipient": "cmm", "purpose": "support"}
    consent = await cmm.post(f"{case}/consents", let_know)
    told = await cmm.post(f"{case}/disclosures", let_know | {"fields": ["status"]})
    return {
        "other_case_id": other,
        "suspect_id": named.json()["suspect_id"],
        "consent_id": consent.json()["consent_id"],
        "disclosure_id": told.json()["disclosure_id"],
        "org": "reden",
    }


async def half_enter(havn: World) -> dict[str, str]:
    """A half-entered case of CMM's."""
    saved = await havn.partner("cmm").post("/identification/v1/drafts", {"content": {}})
    assert saved.status_code == 201, saved.text
    return {"draft_id": saved.json()["draft_id"]}


async def wonder(havn: World) -> dict[str, str]:
    """A question whether two whom CMM met are one."""
    alike = {"given_name": "Ngozi", "family_name": "Opdigtet", "birth_date": "2001-05-17"}
    await meet(havn, **alike)
    (question,) = await (await meet(havn, **alike)).questions()
    return {"question_id": question["question_id"]}


async def house(havn: World, case_id: str) -> dict[str, str]:
    """A place in a secret shelter for the person of this case."""
    housing = Housing(havn)
    shelter = await housing.shelter(2, "reden", secret_address=True)
    request_id = await housing.request(case_id)
    offer = (await housing.offer(request_id, shelter.place_id, expires_at=LATER)).json()
    accepted = (await housing.answer(offer["offer_id"], "accept")).json()
    approvals = await havn.partner("cmm").get(f"/accommodation/v1/facilities/{shelter.facility_id}/approvals")
    closed = await havn.partner("reden").post(
        f"/accommodation/v1/places/{shelter.place_id}/out-of-service",
        {"from_on": "2026-01-01", "to_on": "2026-01-02", "reason": "Painting."},
    )
    unit = await havn.partner("reden").post(
        f"/accommodation/v1/facilities/{shelter.facility_id}/units", {"name": "North"}
    )
    hostel = await housing.shelter(kind="hostel_110")
    resident = await housing.case()
    there = await housing.there(resident, hostel.place_id)
    child = {"kind": "child", "born_on": "2025-01-01"}
    joined = await housing.step(there, "companions", body=child)
    await housing.tell(status(resident, ResidenceBasis.ASYLUM_SEEKER, date(2026, 3, 9), asylum=True))
    proposed = await havn.partner("cmm").get("/accommodation/v1/move-proposals", purpose="accommodation")
    notices = await havn.partner("reden").get("/accommodation/v1/notices")
    apart = await havn.partner("cmm").post(
        "/accommodation/v1/separations",
        {"case_id": case_id, "other_case_id": resident, "because": "suspect", "reason": "She knows him."},
    )
    return {
        "separation_id": apart.json()["separation_id"],
        "facility_id": shelter.facility_id,
        "approval_id": approvals.json()["items"][0]["approval_id"],
        "closure_id": closed.json()["closure_id"],
        "unit_id": unit.json()["unit_id"],
        "notice_id": notices.json()["items"][0]["notice_id"],
        "proposal_id": proposed.json()["items"][0]["proposal_id"],
        "place_id": shelter.place_id,
        "request_id": request_id,
        "offer_id": offer["offer_id"],
        "placement_id": accepted["placement_id"],
        "companion_id": joined.json()["companion_id"],
    }


async def refer_a_danish_girl(havn: World) -> dict[str, str]:
    kommune = havn.partner("kommune-0461")
    girl = {"reference": "G1", "stated_age": 17, "gender": "woman", "citizenships": ["DNK"]}
    submitted = await kommune.post(
        "/referrals/v1/referrals",
        REFERRAL | {"channel": "school", "subjects": [girl | {"residence_basis": "danish_citizen"}]},
    )
    assert submitted.status_code == 201, submitted.text
    await havn.settled()
    referral_id = submitted.json()["referral_id"]
    read = (await kommune.get(f"/referrals/v1/referrals/{referral_id}", purpose="support")).json()
    assert read["subjects"][0]["case_id"]
    case = await havn.partner("cmm").get(f"/identification/v1/cases/{read['subjects'][0]['case_id']}")
    assert case.json()["deciding_authority"] == Authority.CMM
    return {"referral_id": referral_id, "case_id": read["subjects"][0]["case_id"]}


async def call(
    caller: Partner, operation: Operation, ids: Mapping[str, str], if_match: str = '"not-the-tag-of-anything"'
) -> httpx.Response:
    """A request that the operation's schema lets through, about these objects."""
    headers = operation.parameters("header")
    if operation.method != "GET":
        headers |= {"idempotency-key": str(uuid4())}
    if any(found["name"] == "if-match" for found in operation.described.get("parameters", [])):
        headers |= {"if-match": if_match}
    body: Any = operation.body
    address, asked = operation.address(ids), operation.parameters("query")
    return await caller.request(operation.method, address, params=asked or None, headers=headers, json=body)


def people_in(operation: Operation) -> list[Role]:
    """The roles of people that may call it; none where it is for Havn's own services."""
    return [role for role in operation.roles if role is not Role.SYSTEM]


def problem(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["type"]).removeprefix(PROBLEM_TYPE)


def of(service: str) -> Iterator[Operation]:
    return (operation for operation in OPERATIONS if operation.service == service)


@services
async def test_nobody_gets_in_without_a_token(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        answer = await seeded.havn.client.request(operation.method, operation.address(seeded.sc01.ids))
        assert (operation.name, answer.status_code, problem(answer)) == (operation.name, 401, "TokenMissing")
        assert answer.headers["www-authenticate"] == "Bearer"


@services
async def test_nobody_gets_in_with_a_token_that_is_none_or_has_ended(
    seeded: Seeded, service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier, issuer = seeded.havn.application.platform.verifier, seeded.havn.development.issuer
    monkeypatch.setattr(issuer, "_now", lambda: verifier._now() - 3 * 3600)
    ended = {
        operation: issuer.token("cmm", roles=[Role(role) for role in operation.roles]) for operation in of(service)
    }
    monkeypatch.undo()
    for operation, token in ended.items():
        late = Partner(seeded.havn.client, token)
        fresh = seeded.havn.partner("cmm", *operation.roles)
        forged = Partner(fresh.client, fresh.token[:-6] + ("AAAAAA" if fresh.token[-6:] != "AAAAAA" else "BBBBBB"))
        for caller in (Partner(fresh.client, "nonsense"), forged, late):
            answer = await call(caller, operation, seeded.sc01.ids)
            assert (operation.name, answer.status_code, problem(answer)) == (operation.name, 401, "TokenInvalid")
            assert 'error="invalid_token"' in answer.headers["www-authenticate"]


@services
async def test_no_kind_of_organisation_does_what_its_scopes_do_not_allow(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        unable = [org for kind, org in ONE_OF_EACH_KIND.items() if operation.scope not in scopes_of(kind)]
        callers = {org: seeded.havn.partner(org, *operation.roles) for org in unable}
        others = set(Scope) - {operation.scope}
        callers["cmm without the scope"] = seeded.havn.partner("cmm", *operation.roles, scopes=others)
        for who, caller in callers.items():
            answer = await call(caller, operation, seeded.sc01.ids)
            assert (who, operation.name, answer.status_code) == (who, operation.name, 403)
            assert problem(answer) == "ScopeMissing"


@services
async def test_nobody_does_what_is_not_for_their_role(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        for role in set(Role) - set(operation.roles) - {Role.SYSTEM}:
            answer = await call(seeded.havn.partner("cmm", role), operation, seeded.sc01.ids)
            assert (role, operation.name, answer.status_code) == (role, operation.name, 403)
            assert problem(answer) == "RoleMissing"


@services
async def test_a_login_that_is_not_sure_enough_has_to_be_done_again(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        for level in Assurance:
            people = people_in(operation)
            if level.at_least(operation.assurance) or not people:
                continue  # Systems count by their client authentication.
            caller = seeded.havn.partner("cmm", *people, assurance=level)
            answer = await call(caller, operation, seeded.sc01.ids)
            assert (operation.name, answer.status_code, problem(answer)) == (operation.name, 401, "AssuranceTooLow")
            challenge = answer.headers["www-authenticate"]
            assert 'error="insufficient_user_authentication"' in challenge
            assert f'acr_values="{operation.assurance}"' in challenge


@services
async def test_a_login_that_is_not_sure_enough_comes_before_what_it_may_do(seeded: Seeded, service: str) -> None:
    """The order of refusals (docs/contract.md): 401, then 403."""
    for operation in of(service):
        others = set(Scope) - {operation.scope}
        caller = seeded.havn.partner("cmm", Role.CASEWORKER, scopes=others, assurance=Assurance.LOW)
        answer = await call(caller, operation, seeded.sc01.ids)
        assert (operation.name, answer.status_code, problem(answer)) == (operation.name, 401, "AssuranceTooLow")


@services
async def test_two_roles_together_read_nothing_that_neither_reads_alone(seeded: Seeded, service: str) -> None:
    """Not with the right of the one what only the other may ask for (docs/rules.md, privacy-6)."""
    narrow = (Role.HEALTH, Role.FACILITY_MANAGER, Role.AUDITOR, Role.ADMIN, Role.DASHBOARD)
    purposes = (Purpose.SUPERVISION, Purpose.HEALTH, Purpose.ACCOMMODATION, Purpose.DATA_SUBJECT_REQUEST)
    for operation in of(service):
        if operation.method != "GET" or "purpose" not in {each["name"] for each in operation.described["parameters"]}:
            continue
        for org, purpose in product(("cmm", "reden"), purposes):

            async def read(*roles: Role, asked: Operation = operation, by: str = org, to: Purpose = purpose) -> Any:
                caller = seeded.havn.partner(by, *roles, assurance=Assurance.HIGH)
                address = asked.address(seeded.sc01.ids)
                answer = await caller.get(address, **(asked.parameters("query") | {"purpose": to.value}))
                return answer.status_code, AS_OF.sub("", answer.text) if answer.is_success else problem(answer)

            alone = {role: await read(role) for role in narrow}
            for pair in combinations(narrow, 2):
                assert await read(*pair) in [alone[role] for role in pair], (operation.name, org, purpose, pair)


def told(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """All that the caller can see, but for the time and the trace."""
    trace = answer.json()["trace_id"].encode() if answer.content else b"-"
    headers = {name: value for name, value in answer.headers.items() if name not in {"date", "traceparent"}}
    return answer.status_code, answer.content.replace(trace, b"the trace"), headers


def outsiders(operation: Operation, objects: Objects) -> list[str]:
    """One organisation of each kind that may have the scope and has nothing to do with the objects."""
    found = [
        org
        for kind, org in ONE_OF_EACH_KIND.items()
        if operation.scope in scopes_of(kind) and kind is not OrganisationKind.SYSTEM and org not in objects.parties
    ]
    involved_elsewhere = [
        org for org in PARTIES - objects.parties if operation.scope in scopes_of(kind_of(org)) and org not in found
    ]
    return found + involved_elsewhere


@services
async def test_what_is_not_yours_does_not_exist(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        for objects in (seeded.sc01, seeded.danish):
            if not objects.cover(operation):
                continue
            for org in outsiders(operation, objects):
                caller = seeded.havn.partner(org, *people_in(operation) or [Role.SYSTEM])
                theirs, nothing = await call(caller, operation, objects.ids), await call(caller, operation, {})
                is_unseen = theirs.status_code == 403 and problem(theirs) in REFUSED_UNSEEN
                assert is_unseen or theirs.status_code == 404, (org, operation.name, theirs.text)
                assert told(theirs) == told(nothing), (org, operation.name)


@services
async def test_a_child_is_found_under_its_own_parent_only(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        parent = next((name for name in operation.ids if name in seeded.sc01.siblings), None)
        if len(operation.ids) < 2 or parent is None or not seeded.sc01.cover(operation):
            continue
        if "other_case_id" in operation.ids:
            continue  # a case in its own right, not a child of this one
        caller = seeded.havn.partner("cmm", *people_in(operation) or [Role.SYSTEM])
        sibling = {parent: seeded.sc01.siblings[parent]}
        # Any version will do: a stale tag would be refused (412) before the child is looked for.
        elsewhere = await call(caller, operation, {**seeded.sc01.ids, **sibling}, if_match="*")
        nothing = await call(caller, operation, sibling, if_match="*")
        assert (operation.name, elsewhere.status_code) == (operation.name, 404), elsewhere.text
        assert told(elsewhere) == told(nothing), operation.name


@services
def test_every_operation_about_an_object_is_in_the_matrix(seeded: Seeded, service: str) -> None:
    for operation in of(service):
        about = [name for name in operation.ids if name not in EVERYBODYS]
        assert set(about) <= seeded.sc01.ids.keys(), f"{operation.name}: seed an object of somebody's."
        if about:
            only_cmm = operation.scope not in set().union(
                *(scopes_of(kind) for kind in ONE_OF_EACH_KIND if kind is not OrganisationKind.NATIONAL_CENTRE)
            )
            assert only_cmm or outsiders(operation, seeded.sc01) or outsiders(operation, seeded.danish), operation.name


def test_every_kind_of_organisation_calls() -> None:
    assert set(ONE_OF_EACH_KIND) == set(OrganisationKind) - {OrganisationKind.SYSTEM}
