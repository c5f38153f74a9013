"""The compatibility checker catches each doctored breach, and lets each addition pass and shows it."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from shared.runtime.asyncapi import asyncapi
from tests.contracts.compatibility import asyncapi_changes, openapi_changes
from tests.contracts.operations import DOCUMENTS

Doctor = Callable[[dict[str, Any]], object]
EVENTS, REFERRALS = asyncapi(), DOCUMENTS["referrals"]
PATH = "/referrals/v1/referrals"
OPENED = "dk.havn.identification.case-opened.v1"


def schema(document: dict[str, Any], name: str = "CaseOpened") -> dict[str, Any]:
    found: dict[str, Any] = document["components"]["schemas"][name]
    return found


def without(holder: dict[str, Any], name: str) -> object:
    return holder.pop(name)


def rename_type(document: dict[str, Any]) -> None:
    document["components"]["messages"]["CaseOpened"]["name"] = OPENED.replace("opened", "begun")


def require_new(holder: dict[str, Any]) -> None:
    holder["properties"]["hair_colour"] = {"type": "string"}
    holder.setdefault("required", []).append("hair_colour")


BROKEN_EVENTS: dict[str, tuple[Doctor, str]] = {
    "field removed": (lambda d: without(schema(d)["properties"], "gender"), f"{OPENED}.data.gender: field removed"),
    "type changed": (
        lambda d: schema(d)["properties"]["opened_on"].update(type="integer"),
        f"{OPENED}.data.opened_on: may now be integer",
    ),
    "format changed": (
        lambda d: schema(d)["properties"]["opened_on"].update(format="date-time"),
        f"{OPENED}.data.opened_on: format date became date-time",
    ),
    "value removed": (lambda d: schema(d, "Gender")["enum"].remove("man"), f"{OPENED}.data.gender: value man removed"),
    "required added": (lambda d: require_new(schema(d)), f"{OPENED}.data.hair_colour: required field added"),
    "no longer always there": (
        lambda d: schema(d)["required"].remove("opened_on"),
        f"{OPENED}.data.opened_on: may now be missing",
    ),
    "may be null": (
        lambda d: schema(d)["properties"].update(opened_on={"anyOf": [{"type": "string"}, {"type": "null"}]}),
        f"{OPENED}.data.opened_on: may now be null",
    ),
    "type renamed": (rename_type, f"{OPENED}: event removed or renamed"),
    "event removed": (
        lambda d: without(d["channels"]["identification"]["messages"], "CaseOpened"),
        f"{OPENED}: event removed or renamed",
    ),
    "topic changed": (
        lambda d: d["channels"]["identification"].update(address="havn.cases"),
        f"{OPENED}: moved from havn.identification to havn.cases",
    ),
    "pattern tightened": (
        lambda d: schema(d)["properties"]["citizenships"]["items"].update(pattern="^[A-Z]{2}$"),
        f"{OPENED}.data.citizenships[]: pattern ^[A-Z]{{3}}$ became ^[A-Z]{{2}}$",
    ),
    "sequence changed": (
        lambda d: schema(d, "CaseOpenedEnvelope")["properties"]["sequence"].update(type="integer"),
        f"{OPENED}.sequence: may now be integer",
    ),
}


@pytest.mark.parametrize("case", BROKEN_EVENTS)
def test_a_breach_of_an_event_is_caught(case: str) -> None:
    doctor, told = BROKEN_EVENTS[case]
    changed = deepcopy(EVENTS)
    doctor(changed)
    assert f"BREAKS  {told}" in [str(change) for change in asyncapi_changes(EVENTS, changed)]


GROWN_EVENTS: dict[str, Doctor] = {
    "optional field added": lambda d: schema(d)["properties"].update(hair_colour={"type": "string"}),
    "value added": lambda d: schema(d, "Gender")["enum"].append("undisclosed"),
    "described better": lambda d: schema(d).update(description="Better."),
    "longer": lambda d: schema(d)["properties"]["referred_by"]["anyOf"][0].update(maxLength=80),
    "event added": lambda d: (
        d["components"]["messages"].update(New={"name": "dk.havn.identification.new.v1", "payload": {}}),
        d["channels"]["identification"]["messages"].update(New={"$ref": "#/components/messages/New"}),
    ),
}


@pytest.mark.parametrize("case", GROWN_EVENTS)
def test_an_addition_to_an_event_is_shown_and_breaks_nothing(case: str) -> None:
    changed = deepcopy(EVENTS)
    GROWN_EVENTS[case](changed)
    found = asyncapi_changes(EVENTS, changed)
    assert not [str(change) for change in found if change.breaks]
    assert bool(found) == (case != "described better")


def operation(document: dict[str, Any], path: str = PATH, method: str = "post") -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][path][method]
    return found


def parameter(document: dict[str, Any], name: str, method: str = "get") -> dict[str, Any]:
    found: dict[str, Any] = next(p for p in operation(document, method=method)["parameters"] if p["name"] == name)
    return found


BROKEN_OPERATIONS: dict[str, tuple[Doctor, str]] = {
    "operation removed": (lambda d: without(d["paths"][PATH], "get"), f"GET {PATH}: operation removed"),
    "path renamed": (
        lambda d: d["paths"].update({"/referrals/v1/handovers": d["paths"].pop(PATH)}),
        f"POST {PATH}: operation removed",
    ),
    "response field removed": (
        lambda d: without(schema(d, "ReferralReceipt")["properties"], "referral_id"),
        f"POST {PATH} 201.referral_id: field removed",
    ),
    "response field may be missing": (
        lambda d: schema(d, "ReferralReceipt")["required"].remove("referral_id"),
        f"POST {PATH} 201.referral_id: may now be missing",
    ),
    "response type changed": (
        lambda d: schema(d, "ReferralReceipt")["properties"]["referral_id"].update(type="integer"),
        f"POST {PATH} 201.referral_id: may now be integer",
    ),
    "problem field removed": (
        lambda d: without(schema(d, "Problem")["properties"], "detail"),
        f"POST {PATH} 422.detail: field removed",
    ),
    "request field made required": (
        lambda d: schema(d, "ReferralSubmission")["required"].append("municipality"),
        f"POST {PATH} body.municipality: became required",
    ),
    "required request field added": (
        lambda d: require_new(schema(d, "Subject")),
        f"POST {PATH} body.subjects[].hair_colour: required field added",
    ),
    "request field removed": (
        lambda d: without(schema(d, "Subject")["properties"], "languages"),
        f"POST {PATH} body.subjects[].languages: field removed",
    ),
    "request narrowed": (
        lambda d: schema(d, "ReferralSubmission")["properties"]["subjects"].update(maxItems=10),
        f"POST {PATH} body.subjects: maxItems 50 became 10",
    ),
    "request no longer nullable": (
        lambda d: schema(d, "ReferralSubmission")["properties"].update(safe_contact={"type": "string"}),
        f"POST {PATH} body.safe_contact: is never null any more",
    ),
    "request value removed": (
        lambda d: schema(d, "Channel")["enum"].remove("school"),
        f"POST {PATH} body.channel: value school removed",
    ),
    "status removed": (lambda d: without(operation(d)["responses"], "409"), f"POST {PATH}: status 409 removed"),
    "media type removed": (
        lambda d: without(operation(d)["responses"]["422"]["content"], "application/problem+json"),
        f"POST {PATH} 422: application/problem+json removed",
    ),
    "parameter removed": (
        lambda d: operation(d, method="get")["parameters"].remove(parameter(d, "box")),
        f"GET {PATH}: query parameter box removed",
    ),
    "parameter required": (
        lambda d: parameter(d, "box").update(required=True),
        f"GET {PATH} query box: became required",
    ),
    "parameter narrowed": (
        lambda d: parameter(d, "limit")["schema"].update(maximum=10),
        f"GET {PATH} query limit: maximum 100 became 10",
    ),
    "required parameter added": (
        lambda d: operation(d)["parameters"].append({"in": "query", "name": "tone", "required": True, "schema": {}}),
        f"POST {PATH}: query parameter tone added",
    ),
    "body required": (
        lambda d: operation(d, PATH + "/{referral_id}/accept").update(requestBody={"required": True, "content": {}}),
        f"POST {PATH}/{{referral_id}}/accept: takes a body",
    ),
    "scope changed": (
        lambda d: operation(d).update({"x-scope": "admin"}),
        f"POST {PATH}: scope referrals:write became admin",
    ),
    "role shut out": (lambda d: operation(d)["x-roles"].remove("health"), f"POST {PATH}: role health may no longer"),
    "assurance raised": (
        lambda d: operation(d).update({"x-assurance": "high"}),
        f"POST {PATH}: assurance substantial became high",
    ),
}


@pytest.mark.parametrize("case", BROKEN_OPERATIONS)
def test_a_breach_of_an_operation_is_caught(case: str) -> None:
    doctor, told = BROKEN_OPERATIONS[case]
    changed = deepcopy(REFERRALS)
    doctor(changed)
    assert f"BREAKS  {told}" in [str(change) for change in openapi_changes(REFERRALS, changed)]


GROWN_OPERATIONS: dict[str, Doctor] = {
    "operation added": lambda d: d["paths"].update({"/referrals/v1/new": {"get": {"responses": {}}}}),
    "optional request field added": lambda d: schema(d, "Subject")["properties"].update(nickname={"type": "string"}),
    "response field added": lambda d: require_new(schema(d, "ReferralReceipt")),
    "request value added": lambda d: schema(d, "Channel")["enum"].append("letter"),
    "request widened": lambda d: schema(d, "ReferralSubmission")["properties"]["subjects"].update(maxItems=60),
    "request field no longer required": lambda d: schema(d, "ReferralSubmission")["required"].remove("reason"),
    "optional parameter added": lambda d: operation(d)["parameters"].append(
        {"in": "query", "name": "tone", "required": False, "schema": {}}
    ),
    "status added": lambda d: operation(d)["responses"].update({"418": {}}),
    "role added": lambda d: operation(d)["x-roles"].append("dashboard"),
}


@pytest.mark.parametrize("case", GROWN_OPERATIONS)
def test_an_addition_to_an_operation_is_shown_and_breaks_nothing(case: str) -> None:
    changed = deepcopy(REFERRALS)
    GROWN_OPERATIONS[case](changed)
    found = openapi_changes(REFERRALS, changed)
    assert found
    assert not [str(change) for change in found if change.breaks]


def test_the_same_contract_has_no_changes() -> None:
    assert openapi_changes(REFERRALS, deepcopy(REFERRALS)) == []
    assert asyncapi_changes(EVENTS, deepcopy(EVENTS)) == []
