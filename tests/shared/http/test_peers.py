"""Asking a neighbour: as oneself, and a neighbour that is away is told from one that refuses."""

from collections.abc import Callable

import httpx
import pytest

from shared.contract.codes import Purpose
from shared.http.peers import IssuedTokens, LocalTokens, PeerAway, PeerRefused, Peers
from shared.kernel.settings import Settings
from shared.observability.tracing import consumer_span

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
Answer = Callable[[httpx.Request], httpx.Response]


def client_of(answer: Answer) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def peers_with(answer: Answer, **settings: object) -> Peers:
    chosen = Settings.model_validate({"port": 8000} | settings)
    return Peers(chosen, LocalTokens(lambda: "our-token"), client_of(answer))


async def test_a_neighbour_is_asked_with_our_own_token_our_purpose_and_our_trace() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"reason": "x"})

    peers = peers_with(answer)
    with consumer_span(TRACEPARENT, "test"):
        assert await peers.get("referrals", "/referrals/v1/x", purpose=Purpose.IDENTIFICATION) == {"reason": "x"}
    (request,) = asked
    assert str(request.url) == "http://127.0.0.1:8000/referrals/v1/x?purpose=identification"
    assert request.headers["authorization"] == "Bearer our-token"
    assert request.headers["traceparent"].split("-")[1] == TRACEPARENT.split("-")[1]


async def test_a_neighbour_of_its_own_address_is_asked_there() -> None:
    peers = peers_with(
        lambda request: httpx.Response(200, json={"host": request.url.host}),
        service_urls={"referrals": "http://referrals:8000"},
    )
    assert await peers.get("referrals", "/x") == {"host": "referrals"}
    assert await peers.get("stats", "/x") == {"host": "127.0.0.1"}


@pytest.mark.parametrize("status", [500, 502, 503, 504, 401, 429])
async def test_a_neighbour_in_trouble_is_away(status: int) -> None:
    with pytest.raises(PeerAway):
        await peers_with(lambda request: httpx.Response(status)).get("referrals", "/x")


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422, 302])
async def test_any_other_answer_is_a_refusal_with_its_status(status: int) -> None:
    with pytest.raises(PeerRefused) as refused:
        await peers_with(lambda request: httpx.Response(status)).get("referrals", "/x")
    assert refused.value.status == status


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x")])
async def test_a_neighbour_that_does_not_answer_is_away(error: httpx.HTTPError) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(PeerAway, match=type(error).__name__):
        await peers_with(fail).get("referrals", "/x")


class Issuer:
    """Gives token 1, 2, 3 ..."""

    def __init__(self, *, expires_in: int = 300) -> None:
        self.asked = 0
        self._expires_in = expires_in

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        assert request.headers["authorization"].startswith("Basic ")
        return httpx.Response(200, json={"access_token": str(self.asked), "expires_in": self._expires_in})

    @property
    def tokens(self) -> IssuedTokens:
        return IssuedTokens(client_of(self), "http://issuer/token", client_id="havn-stats", secret="s")


async def test_a_token_is_kept_while_it_is_good() -> None:
    issuer = Issuer()
    tokens = issuer.tokens
    assert [await tokens.token() for _ in range(3)] == ["1", "1", "1"]
    tokens.forget()
    assert await tokens.token() == "2"


async def test_a_token_that_is_about_to_end_is_replaced_in_time() -> None:
    tokens = Issuer(expires_in=30).tokens
    assert [await tokens.token() for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize("answer", [httpx.Response(500), httpx.Response(401), httpx.Response(200, text="<html>")])
async def test_without_a_token_the_neighbour_is_away(answer: httpx.Response) -> None:
    tokens = IssuedTokens(client_of(lambda request: answer), "http://issuer/token", client_id="x", secret="very-secret")
    with pytest.raises(PeerAway) as away:
        await tokens.token()
    assert "very-secret" not in str(away.value)
