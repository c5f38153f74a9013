"""Which endpoint a request is for: the same that FastAPI would take, without asking all that come before it."""

from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends
from hypothesis import given
from hypothesis import strategies as st

from services.everything import SERVICES
from shared.contract.organisations import Scope
from shared.data.unit_of_work import UnitOfWork
from shared.http.endpoint import Endpoint
from shared.http.policy import Requires
from shared.http.routes import Routes
from shared.identity.actor import Role
from shared.runtime.service import Service

PREFIX = "/service/v1"
ANY = "7d9a8f60-0b1e-4b53-9d55-5f2c38a6b0a1"


async def _elsewhere(*_: Any) -> None:
    raise AssertionError("nothing is asked of it here")


def routes_of(endpoints: list[Endpoint]) -> Routes:
    return Routes(_elsewhere, prefix=PREFIX, endpoints=endpoints)


def as_fastapi(endpoints: list[Endpoint], method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    """The first in order whose pattern the path has."""
    for each in endpoints:
        if method in (each.methods or ()) and (found := each.path_regex.match(path.removeprefix(PREFIX))):
            return each, found.groupdict()
    return None


def found_in(routes: Routes, method: str, path: str) -> tuple[Endpoint, dict[str, str]] | None:
    found = routes.find(method, path)
    return (found.endpoint, found.parameters) if found else None


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_every_endpoint_is_found_by_its_path_and_method(service: Service) -> None:
    routes = routes_of(service.endpoints)
    for each in service.endpoints:
        for method in each.methods or ():
            path = PREFIX + "/".join(ANY if part.startswith("{") else part for part in each.path.split("/"))
            found = routes.find(method, path)
            assert found
            assert (found.endpoint, found.template) == (each, PREFIX + each.path)
            assert set(found.parameters.values()) <= {ANY}
            assert set(found.parameters) == set(each.param_convertors)


_PARTS = sorted({part for service in SERVICES for each in service.endpoints for part in each.path.split("/") if part})
_NAMED = st.sampled_from([part for part in _PARTS if not part.startswith("{")])


@given(
    service=st.sampled_from(SERVICES),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"]),
    parts=st.lists(st.one_of(_NAMED, st.just(ANY), st.sampled_from(["", ".", "1.csv", "æ"])), max_size=6),
)
def test_any_path_is_for_the_same_endpoint_as_in_fastapi(service: Service, method: str, parts: list[str]) -> None:
    endpoints = service.endpoints
    path = "/".join([PREFIX, *parts])
    assert found_in(routes_of(endpoints), method, path) == as_fastapi(endpoints, method, path)


READER = Annotated[UnitOfWork, Depends(Requires(Scope.CASES_READ, Role.CASEWORKER))]


async def read(work: READER) -> None:
    """Nothing."""


def test_a_name_goes_before_a_parameter_and_a_way_that_ends_is_left_for_another() -> None:
    router = APIRouter(route_class=Endpoint)
    for path in ("/cases/known/last", "/cases/{case_id}/events", "/cases/known"):
        router.add_api_route(path, read, methods=["GET"])
    routes = routes_of([route for route in router.routes if isinstance(route, Endpoint)])

    def found(path: str) -> tuple[str, dict[str, str]] | None:
        each = routes.find("GET", PREFIX + path)
        return (each.template.removeprefix(PREFIX), each.parameters) if each else None

    assert found("/cases/known/last") == ("/cases/known/last", {})
    assert found("/cases/known/events") == ("/cases/{case_id}/events", {"case_id": "known"})
    assert found("/cases/known") == ("/cases/known", {})
    assert found("/cases/other") is None
    assert found("/cases//events") is None, "a parameter is never empty"
