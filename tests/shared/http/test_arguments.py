"""What an endpoint is called with: the same that FastAPI would call it with, and the same errors."""

from datetime import date
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Cookie, Depends, FastAPI, Form, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.http.arguments import Arguments, NotTaken
from shared.http.handling import NOTHING, Handling


class Given(BaseModel):
    count: int
    on: date | None = None


async def first(request: Request, limit: Annotated[int, Query(ge=1, le=9, default_factory=lambda: 5)]) -> list[Any]:
    return [request.method, limit]


async def second(from_on: Annotated[date | None, Query(alias="from")] = None) -> list[Any]:
    return [from_on]


async def endpoint(
    number: int,
    before: Annotated[list[Any], Depends(first)],
    also: Annotated[list[Any], Depends(second)],
    body: Given | None,
    needed: bool,
    word: Annotated[str, Query(max_length=3)] = "no",
    if_match: Annotated[str | None, Header(min_length=2)] = None,
) -> list[Any]:
    return [number, before, also, body and body.model_dump(mode="json"), needed, word, if_match]


def ours_and_fastapis() -> FastAPI:
    """An application that answers at `/fastapi/...` as FastAPI does and at `/ours/...` by the plan of the same endpoint."""
    router = APIRouter()
    router.add_api_route("/fastapi/{number}", endpoint, methods=["POST"])
    route = router.routes[0]
    assert isinstance(route, APIRoute)
    arguments = Arguments(route.dependant)
    app = FastAPI()
    app.include_router(router)

    @app.post("/ours/{number}")
    async def ours(request: Request) -> Any:
        handling = Handling(frozenset(), "requests", is_search=False)
        handling.begin(request)
        handling.body = await request.json() if await request.body() else NOTHING
        return await endpoint(**await arguments.of(request))

    @app.exception_handler(RequestValidationError)
    async def refused(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(
            [{name: str(each[name]) for name in ("loc", "type", "msg")} for each in error.errors()], 422
        )

    return app


APP = ours_and_fastapis()
WORDS = st.sampled_from(["", "x", "word", "1", "9", "10", "-1", "true", "no", "2026-03-02", "2026-13-02", '""'])
QUERIES = st.dictionaries(st.sampled_from(["limit", "from", "from_on", "needed", "word", "number"]), WORDS)
HEADERS = st.dictionaries(st.sampled_from(["if-match", "if_match", "limit"]), WORDS)
BODIES = st.one_of(
    st.none(),
    st.sampled_from([b"null", b"[]", b"{}", b"1", b'"x"']),
    st.builds(
        lambda count, on: httpx.Request("POST", "http://x", json={"count": count, "on": on}).content,
        st.one_of(st.integers(), st.none(), st.text(max_size=2)),
        st.sampled_from([None, "2026-03-02", "yesterday"]),
    ),
)


@given(number=WORDS.filter(bool), query=QUERIES, headers=HEADERS, body=BODIES)
async def test_an_endpoint_gets_what_fastapi_would_give_it_or_the_same_errors(
    number: str, query: dict[str, str], headers: dict[str, str], body: bytes | None
) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url="http://havn") as client:
        content = (
            {"content": body, "headers": headers | {"content-type": "application/json"}}
            if body
            else {"headers": headers}
        )
        ours, fastapis = [await client.post(f"/{by}/{number}", params=query, **content) for by in ("ours", "fastapi")]
    assert (ours.status_code, ours.json()) == (fastapis.status_code, fastapis.json())


async def _form(name: Annotated[str, Form()]) -> None: ...
async def _cookie(name: Annotated[str, Cookie()]) -> None: ...
async def _two_bodies(one: Annotated[Given, Body()], other: Annotated[Given, Body()]) -> None: ...
async def _checked_default(name: Annotated[str, Query(validate_default=True)] = "x") -> None: ...
def _plain() -> None: ...
async def _of_a_plain_function(given: Annotated[None, Depends(_plain)]) -> None: ...


@pytest.mark.parametrize("endpoint", [_form, _cookie, _two_bodies, _checked_default, _of_a_plain_function])
def test_what_no_endpoint_of_ours_takes_is_refused_where_it_is_defined(endpoint: Any) -> None:
    router = APIRouter()
    router.add_api_route("/", endpoint, methods=["POST"])
    route = router.routes[0]
    assert isinstance(route, APIRoute)
    with pytest.raises(NotTaken):
        Arguments(route.dependant)
