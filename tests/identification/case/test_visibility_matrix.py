"""The visibility table and what is shown agree, for every part, kind, scope and role, in every read; and what the table does
not name is shown to nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification.case.repository import WORKING
from services.identification.case.visibility import ATTRIBUTES, AttributeHasNoRule, check, cut
from services.identification.overview.schemas import CaseDetails, CaseGlimpse, CaseState
from shared.contract import visibility
from shared.contract.codes import ShareScope
from shared.contract.events import EVENTS as TOLD
from shared.contract.organisations import OrganisationKind, kind_of, scopes_of
from shared.contract.visibility import PARTS, ROLES, SCOPES, Aspect, Part, may_know
from shared.contract.visible_events import EVENTS, cut_event
from shared.http.policy import STAFF
from shared.identity.actor import Actor, Assurance, Role
from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, Opened, open_case
from tests.identification.consents.test_consents import consent
from tests.world import World

STANDING = ("identification_pending", "status", "deciding_authority", "outcome")


def actor(org: str, *roles: Role) -> Actor:
    kind = kind_of(org)
    return Actor(org, kind, "somebody", org, frozenset(roles), scopes_of(kind), Assurance.SUBSTANTIAL)


@dataclass(frozen=True)
class Reader:
    org: str
    part: Part
    person: str
    scope: tuple[ShareScope, ...] = ()


READERS = (
    Reader("cmm", Part.CENTRE, "us"),
    Reader("us", Part.AUTHORITY, "us"),
    Reader("hopenow", Part.REFERRER, "us"),
    Reader("hopenow", Part.REFERRER, "us", (ShareScope.OUTCOME,)),
    Reader("politi-fyn", Part.REFERRER, "cmm"),
    Reader("newlives", Part.RECIPIENT, "us", (ShareScope.STATUS,)),
    Reader("newlives", Part.RECIPIENT, "us", (ShareScope.STATUS, ShareScope.OUTCOME, ShareScope.PLACEMENT)),
    Reader("politi-fyn", Part.RECIPIENT, "us", (ShareScope.STATUS,)),
    Reader("us", Part.RECIPIENT, "cmm", (ShareScope.STATUS,)),
    Reader("anklagemyndigheden", Part.PROSECUTION, "cmm"),
)
PEOPLE = {"us": (US_DECIDES, "US"), "cmm": (CMM_DECIDES, "CMM")}


async def case_of(havn: World, reader: Reader) -> tuple[Opened, frozenset[ShareScope]]:
    person, authority = PEOPLE[reader.person]
    sender = reader.org if reader.part is Part.REFERRER else "cmm"
    case = await open_case(havn, person | {"given_name": "Malee"}, sender=sender)
    if reader.scope:
        await consent(case, reader.org, scope=list(reader.scope))
    await case.decide(authority)
    return case, frozenset({*reader.scope, ShareScope.STATUS} if reader.scope else ())


@pytest.mark.row(126, 127)
@pytest.mark.parametrize("reader", READERS, ids=lambda each: f"{each.org}-{each.part}-{'+'.join(each.scope)}")
async def test_list_detail_status_timeline_person_and_feed_tell_what_the_table_says(
    havn: World, reader: Reader
) -> None:
    case, scope = await case_of(havn, reader)
    whole = {"identification_pending": False, "status": "decided", "outcome": "assessed_trafficked"}
    whole["deciding_authority"] = PEOPLE[reader.person][1]
    for role in (*STAFF, Role.DASHBOARD, Role.STATISTICIAN, Role.AUDITOR):
        who = actor(reader.org, role)
        known = may_know(who, reader.part, scope)
        purposes = visibility.may_state(who, reader.part)
        purpose = "support" if "support" in purposes else min(purposes, default=None)
        partner = havn.partner(reader.org, role)
        expected = {name: whole[name] if ATTRIBUTES[name] in known else None for name in STANDING}
        detail = await partner.get(case.path)
        status = await partner.get(f"{case.path}/status", purpose=purpose)
        if role not in STAFF:
            assert (detail.status_code, status.status_code) == (403, 403), role
            continue
        if purpose or reader.org == "cmm" or reader.part is Part.AUTHORITY:
            assert {name: status.json()[name] for name in STANDING} == expected, role
        else:
            assert status.status_code == 400, role
        assert {name: detail.json()[name] for name in STANDING if name in detail.json()} == {
            name: expected[name] for name in STANDING if name in detail.json()
        }
        assert ("decisions" in detail.json()) == (Aspect.FILE in known), role
        items = (await partner.get("/identification/v1/cases")).json()["items"]
        unlisted = reader.part is Part.PROSECUTION
        assert items == ([] if unlisted else [detail.json()]), role
        timeline = await partner.get(f"{case.path}/timeline")
        works = reader.part in (Part.CENTRE, Part.AUTHORITY)
        assert timeline.status_code == (200 if Aspect.FILE in known else 403 if works else 404), role
        person = await partner.get(f"{case.path}/person", purpose=purpose)
        shows_person = person.status_code == 200 and person.json()["given_name"] == "Malee"
        assert shows_person == (Aspect.PERSON in known), role


@pytest.mark.row(126)
@pytest.mark.parametrize("reader", READERS, ids=lambda each: f"{each.org}-{each.part}-{'+'.join(each.scope)}")
async def test_the_feed_agrees_with_the_table(havn: World, reader: Reader) -> None:
    case, scope = await case_of(havn, reader)
    for role in (Role.CASEWORKER, Role.DASHBOARD, Role.SYSTEM):
        known = may_know(actor(reader.org, role), reader.part, scope)
        items = (await havn.partner(reader.org, role).get("/identification/v1/events", limit=100)).json()["items"]
        told = [] if reader.part is Part.PROSECUTION else await havn.events("identification")
        if reader.part not in WORKING:  # nothing is shown of what was recorded before the part began
            (party,) = await havn.sql("identification", "SELECT since FROM case_party WHERE org = $1", reader.org)
            told = [event for event in told if datetime.fromisoformat(event["occurred_at"]) >= party["since"]]
        expected = []
        for event in told:
            payload = {key: value for key, value in event.items() if key not in ("type", "key", "sequence")}
            data = cut_event(known, event["type"].split(".")[3], payload)
            if data is not None:
                expected.append((event["type"], data))
        assert [(item["type"], item["data"]) for item in items] == expected
        shown = {name for _, data in expected for name in data if Aspect.FILE not in known}
        assert shown <= {"case_id", "occurred_at", "opened_on", "authority", "outcome", "decided_on", "on"}
    assert case.id


async def test_of_several_roles_one_knows_what_any_of_them_does(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    both = havn.partner("cmm", "health", "caseworker")
    assert "decisions" in (await both.get(case.path)).json()
    assert "decisions" not in (await havn.partner("cmm", "health").get(case.path)).json()
    refused = await havn.partner("cmm", "facility_manager").get(f"{case.path}/person", purpose="support")
    assert refused.status_code == 403


def test_every_attribute_of_every_answer_has_its_place_in_the_table() -> None:
    for answer in (CaseDetails, CaseGlimpse, CaseState):
        check(answer.model_fields)
    with pytest.raises(AttributeHasNoRule, match="new_secret"):
        check(["status", "new_secret"])
    assert cut(frozenset(Aspect), status="referred", new_secret="Malee") == {
        "status": "referred",
        "new_secret": None,
    }


def test_the_table_names_every_part_role_and_scope_and_only_events_and_attributes_there_are() -> None:
    assert PARTS.keys() == set(Part)
    assert visibility.PURPOSES_OF_KINDS.keys() == set(OrganisationKind)
    assert visibility.PURPOSES_OF_ROLES.keys() == set(Role)
    assert ROLES.keys() == set(Role)
    assert SCOPES.keys() == set(ShareScope)
    by_name = {type_.split(".")[3]: told for type_, told in TOLD.items()}
    for name, (_, attributes) in EVENTS.items():
        told = by_name[name]
        assert attributes.keys() <= told.model_fields.keys(), name


@given(
    kind=st.sampled_from([kind for kind in OrganisationKind if kind is not OrganisationKind.SYSTEM]),
    part=st.sampled_from(Part),
    roles=st.frozensets(st.sampled_from(Role), min_size=1),
    scope=st.frozensets(st.sampled_from(ShareScope)),
    more=st.frozensets(st.sampled_from(ShareScope)),
)
def test_nobody_knows_more_than_part_kind_scope_and_role_together_allow(
    kind: OrganisationKind,
    part: Part,
    roles: frozenset[Role],
    scope: frozenset[ShareScope],
    more: frozenset[ShareScope],
) -> None:
    who = Actor("x", kind, "s", "c", roles, frozenset(), Assurance.SUBSTANTIAL)
    known = may_know(who, part, scope)
    of_kind = visibility.KINDS.get(kind, frozenset())
    assert known <= PARTS[part] | of_kind | {aspect for each in scope for aspect in SCOPES[each]}
    persons = roles - {Role.SYSTEM} or roles
    assert known <= {aspect for role in persons for aspect in ROLES[role]}, "a mixed token counts as a person's"
    assert known <= may_know(who, part, scope | more), "more leave never hides anything"
    if part in (Part.MUNICIPALITY, Part.REPRESENTATION):
        of_the_task = {Aspect.EXISTENCE, Aspect.PERSON, Aspect.CONTACT}
        if part is Part.MUNICIPALITY:
            of_the_task |= {Aspect.NOTES, Aspect.WHEREABOUTS, Aspect.PLACEMENT}
        assert known <= of_the_task | of_kind | {aspect for each in scope for aspect in SCOPES[each]}
    if Aspect.FILE in known:
        assert part in (Part.CENTRE, Part.AUTHORITY)


@given(st.sampled_from(sorted(TOLD)), st.frozensets(st.sampled_from(Aspect)), st.text(min_size=1))
def test_an_attribute_that_is_not_in_the_table_leaves_no_event(type_: str, known: frozenset[Aspect], new: str) -> None:
    payload: dict[str, Any] = {"case_id": "c", "occurred_at": "t", f"zz_{new}": "secret"}
    told = cut_event(known - {Aspect.FILE}, type_.split(".")[3], payload)
    assert told is None or "secret" not in told.values()
