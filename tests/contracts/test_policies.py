"""What every published operation must say, and that what is published is what is served."""

import re
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from starlette.routing import BaseRoute

from services.everything import SERVICES
from shared.contract.codes import Gender
from shared.contract.organisations import Scope
from shared.contract.person import PersonDescription
from shared.contract.types import Day
from shared.http.openapi import PROBLEM_MEDIA_TYPE
from shared.http.policy import PolicyMissing, Requires
from shared.identity.actor import Actor, Assurance, Role
from shared.kernel.settings import Environment
from shared.runtime.service import Service, create_app, published, service_router
from tests.contracts.operations import DOCUMENTS, OPERATIONS, Operation
from tests.world import World

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
every_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
CODED = {"gender", "citizenships", "residence_basis", "languages", "age_basis", "suspected_forms", "consents"}
"""What a description of a person says in codes: no name, number, address or text."""
SENSITIVE = (set(PersonDescription.model_fields) - CODED) | {
    *("name", "cpr", "identifier", "passport", "address", "phone", "contact", "safe_contact", "reference", "reason"),
    *("note", "summary", "reasons", "token", "access_token", "secret"),
}
"""Names of what may never stand in an address, where logs and proxies keep it."""
DOCS = ("docs", "docs/start.js", "docs/swagger-ui.css", "docs/swagger-ui-bundle.js")
NOT_PUBLISHED = {"openapi.json", *DOCS, "health/live", "health/ready", "metrics"}
"""Served to the platform and to readers, about nobody."""


@every_operation
def test_the_operation_says_who_may(operation: Operation) -> None:
    assert operation.scope in Scope
    assert operation.roles
    assert set(operation.roles) <= set(Role)
    assert operation.assurance.at_least(Assurance.SUBSTANTIAL)
    assert operation.described["security"] == [{"oidc": [operation.scope]}]


@every_operation
def test_the_operation_says_what_it_does_and_gives(operation: Operation) -> None:
    assert operation.described["description"]
    successes = [status for status in operation.described["responses"] if status.startswith("2")]
    assert len(successes) == 1
    content = operation.described["responses"][successes[0]].get("content", {})
    assert content or successes == ["204"]
    assert all(media.get("schema") != {} for media in content.values()), "The answer has no schema."


@every_operation
def test_every_way_to_fail_is_a_problem_document(operation: Operation) -> None:
    failures = {
        status: answer for status, answer in operation.described["responses"].items() if not status.startswith("2")
    }
    assert failures.keys() >= {"400", "401", "403", "404", "409", "412", "413", "415", "422", "428", "429", "503"}
    for status, answer in failures.items():
        assert list(answer["content"]) == [PROBLEM_MEDIA_TYPE], status
        assert answer["content"][PROBLEM_MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}


@every_operation
def test_nothing_personal_stands_in_an_address(operation: Operation) -> None:
    in_address = {
        found["name"] for found in operation.described.get("parameters", []) if found["in"] in ("path", "query")
    }
    assert not in_address & SENSITIVE
    assert "personal" not in str(operation.described.get("parameters", []))


@every_operation
def test_ids_in_addresses_are_no_numbers(operation: Operation) -> None:
    for found in operation.described.get("parameters", []):
        if found["in"] == "path":
            assert found["schema"].get("type") == "string", found["name"]
            assert found["name"] in {"figure", "format"} or found["schema"].keys() & {"format", "pattern", "enum"}


@every_service
def test_no_id_is_a_number(service: Service) -> None:
    """Sequence numbers tell how many there are, and let the next be guessed (T029)."""
    for name, field in fields_of(DOCUMENTS[service.name]["components"]["schemas"]):
        if re.search(r"(^|_)ids?$", name):
            assert '"integer"' not in str(field).replace("'", '"'), name


def fields_of(schemas: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for schema in schemas.values():
        yield from schema.get("properties", {}).items()


@every_service
def test_requests_refuse_what_they_do_not_know(service: Service) -> None:
    schemas = DOCUMENTS[service.name]["components"]["schemas"]
    for operation in OPERATIONS:
        if operation.service == service.name and operation.body is not None:
            body = operation.described["requestBody"]["content"]["application/json"]["schema"]
            assert schemas[body["$ref"].rpartition("/")[2]]["additionalProperties"] is False, operation.name


@every_service
def test_operation_ids_are_the_clients_names_and_differ(service: Service) -> None:
    names = [operation.id for operation in OPERATIONS if operation.service == service.name]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)


def routes_of(routes: list[BaseRoute]) -> Iterator[APIRoute]:
    """The routes of an application, those of included routers too."""
    for route in routes:
        inner = getattr(route, "original_router", None) or getattr(route, "router", None)
        if isinstance(route, APIRoute):
            yield route
        elif inner is not None:
            yield from routes_of(inner.routes)


@every_service
def test_what_is_served_is_what_is_published(havn: World, service: Service) -> None:
    app = create_app(service, havn.application.platform, havn.application.databases[service.name])
    found = list(routes_of(service.router.routes))
    served = {(method, f"/{service.name}/v1{route.path}") for route in found for method in route.methods or ()}
    assert served == {(each.method, each.path) for each in OPERATIONS if each.service == service.name}
    assert all(route.include_in_schema for route in found)
    others = {getattr(route, "path", "").removeprefix(f"/{service.name}/") for route in app.routes}
    assert others <= NOT_PUBLISHED | {""}


@every_service
async def test_the_running_service_publishes_the_same(havn: World, service: Service) -> None:
    answer = await havn.client.get(f"/{service.name}/openapi.json")
    assert answer.json()["paths"] == DOCUMENTS[service.name]["paths"]


@every_service
async def test_a_method_that_a_path_does_not_know_is_told_all_that_it_knows(havn: World, service: Service) -> None:
    for operation in OPERATIONS:
        if operation.service == service.name:
            answer = await havn.client.request("TRACE", operation.address({}))
            methods = {each.method for each in OPERATIONS if each.path == operation.path}
            methods |= {"HEAD"} if "GET" in methods else set()
            assert (operation.name, answer.status_code) == (operation.name, 405)
            assert set(answer.headers["allow"].split(", ")) == methods


@every_service
async def test_the_docs_are_off_in_production(service: Service) -> None:
    for env in Environment:
        app = published(service, origin="https://havn.example", with_docs=env is not Environment.PRODUCTION)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://havn.example") as client:
            answer = await client.get(f"/{service.name}/docs")
        assert answer.status_code == (404 if env is Environment.PRODUCTION else 200)


@every_service
async def test_the_docs_load_nothing_from_anybody_else(havn: World, service: Service) -> None:
    page = await havn.client.get(f"/{service.name}/docs")
    loaded = re.findall(r'(?:src|href|data-openapi)="([^"]+)"', page.text)
    assert set(loaded) == {"data:,", f"/{service.name}/openapi.json", *(f"/{service.name}/{each}" for each in DOCS[1:])}
    assert "script-src 'self'; style-src 'self'; " in page.headers["content-security-policy"]
    for address in loaded[1:]:
        answer = await havn.client.get(address)
        assert (answer.status_code, len(answer.content) > 100) == (200, True), address
    assert (await havn.client.get(f"/{service.name}/docs/redoc.standalone.js")).status_code == 404


@every_service
def test_production_is_built_without_docs(havn: World, service: Service) -> None:
    platform = havn.application.platform
    assert not platform.settings.is_production
    strict = replace(platform, settings=platform.settings.model_copy(update={"env": Environment.PRODUCTION}))
    app = create_app(service, strict, havn.application.databases[service.name])
    assert "docs" not in "".join(getattr(route, "path", "") for route in app.routes)


def test_an_endpoint_that_does_not_say_who_may_cannot_be_defined() -> None:
    router = service_router()

    async def bare() -> Gender:
        return Gender.UNKNOWN

    with pytest.raises(PolicyMissing, match="says once what it requires, 0 found"):
        router.get("/bare")(bare)
    with pytest.raises(PolicyMissing, match="names no roles"):
        Requires(Scope.CASES_READ)


def test_an_endpoint_that_says_twice_who_may_cannot_be_defined() -> None:
    router = service_router()
    reader, writer = Requires(Scope.CASES_READ, Role.LAWYER), Requires(Scope.CASES_WRITE, Role.LAWYER)

    async def torn(one: Annotated[Actor, Depends(reader)], other: Annotated[Actor, Depends(writer)]) -> Gender:
        return Gender.UNKNOWN

    with pytest.raises(PolicyMissing, match="2 found"):
        router.get("/torn")(torn)


def test_a_personal_field_is_published_as_the_type_it_seals() -> None:
    birth_date = PersonDescription.model_json_schema()["properties"]["birth_date"]["anyOf"][0]
    assert birth_date["x-personal"]
    assert (birth_date["type"], birth_date["format"]) == ("string", "date")
    assert re.fullmatch(birth_date["pattern"], "1981-05-14")
    assert not re.fullmatch(birth_date["pattern"], "1638-03-19")


@pytest.mark.parametrize(
    ("written", "is_day"), [("2026-03-09", True), ("1899-12-31", False), ("2200-01-01", False), ("2026-3-9", False)]
)
def test_the_published_pattern_of_a_day_is_the_one_that_is_enforced(written: str, is_day: bool) -> None:
    day: TypeAdapter[Any] = TypeAdapter(Day)
    assert bool(re.fullmatch(day.json_schema()["pattern"], written)) is is_day
    with nullcontext() if is_day else pytest.raises(ValidationError):
        day.validate_python(written)


def test_text_of_a_request_is_published_without_control_characters() -> None:
    reason = DOCUMENTS["referrals"]["components"]["schemas"]["Reason"]["properties"]["reason"]
    assert re.fullmatch(reason["pattern"], "Æblegrød\nog 漢字")
    assert not re.fullmatch(reason["pattern"], "bell \u0007")


def test_a_header_that_has_an_answer_of_its_own_when_missing_is_published_as_required() -> None:
    by_name = {operation.name: operation for operation in OPERATIONS}
    assert "idempotency-key" in by_name["POST /referrals/v1/referrals"].parameters("header")
    assert "if-match" in by_name["POST /identification/v1/cases/{case_id}/decisions"].parameters("header")
    assert "purpose" in by_name["GET /identification/v1/cases/{case_id}/person"].parameters("query")
    assert "if-match" not in by_name["POST /referrals/v1/referrals/{referral_id}/accept"].parameters("header")
