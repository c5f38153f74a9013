"""Every access leaves a line, also the refused one; without the line nothing is shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import pytest

from services.demo.raid import REFERRAL
from shared.contract.organisations import Scope
from shared.identity.actor import Assurance
from tests.journeys.sc01 import PLANTED, Story
from tests.world import World

SERVICES = ("accommodation", "identification", "referrals", "stats")


@dataclass(frozen=True)
class Asked:
    """One request of the story, and its answer."""

    org: str
    role: str
    method: str
    path: str
    answer: httpx.Response

    @property
    def service(self) -> str:
        return self.path.split("/")[1]

    @property
    def purpose(self) -> str | None:
        return parse_qs(urlsplit(self.path).query).get("purpose", [None])[0]

    @property
    def trace_id(self) -> str:
        return self.answer.headers["traceparent"].split("-")[1]


class WatchedStory(Story):
    """SC01, and everything that was asked in it."""

    def __init__(self, havn: World) -> None:
        super().__init__(havn)
        self.asked: list[Asked] = []

    async def _ask(self, org: str, role: str, method: str, path: str, body: Any, **options: str) -> httpx.Response:
        answer = await super()._ask(org, role, method, path, body, **options)
        if not path.startswith("/dev/"):
            self.asked.append(Asked(org, role, method, path, answer))
        return answer

    async def look_back(self) -> None:
        """What people read when the story is over."""
        await self.call("cmm", "caseworker", "GET", f"{self.case('P01')}/person?purpose=support")
        await self.call("cmm", "caseworker", "GET", f"{self.case('P01')}/timeline")
        await self.call("cmm", "caseworker", "GET", "/identification/v1/cases")
        await self.call("politi-oestjylland", "caseworker", "GET", "/referrals/v1/referrals")
        await self.call("politi-oestjylland", "caseworker", "GET", f"{self.case('P01')}/status?purpose=investigation")
        await self.figure()


async def lines(havn: World, service: str, where: str, *values: Any) -> list[dict[str, Any]]:
    return [
        dict(row) for row in await havn.sql(service, f"SELECT * FROM audit WHERE {where} ORDER BY position", *values)
    ]


async def test_every_request_of_sc01_leaves_a_line_of_who_what_and_why(havn: World) -> None:
    story = WatchedStory(havn)
    await story.play()
    await story.look_back()
    assert {asked.method for asked in story.asked} >= {"GET", "POST"}
    assert {asked.service for asked in story.asked} == set(SERVICES)
    # In the same trace Havn itself may have gone on, with the event that a request told.
    of_the_asker = "trace_id = $1 AND org <> 'havn'"
    book = [(asked, await lines(havn, asked.service, of_the_asker, asked.trace_id)) for asked in story.asked]
    assert [f"{asked.method} {asked.path}" for asked, found in book if not found] == []
    for asked, found in book:
        assert {line["org"] for line in found} == {asked.org}
        assert {line["outcome"] for line in found} == {"allowed"}
        assert all(line["operation"] and line["actor"] for line in found)
        assert asked.purpose is None or asked.purpose in {line["purpose"] for line in found}


async def test_what_havn_itself_reads_is_noted_as_its_own(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    (line,) = await lines(havn, "referrals", "org = 'havn' AND operation = 'referral.read'")
    assert (line["purpose"], str(line["subject_id"])) == ("identification", story.referral_id)
    assert line["fields"] == ["reason", "safe_contact", "subjects"]


async def test_a_read_of_a_person_tells_whose_and_which_fields_and_no_value(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    await havn.partner("cmm").get(f"{story.case('P01')}/person", purpose="support")
    (line,) = await lines(havn, "identification", "operation = 'person.read'")
    assert str(line["subject_id"]) == story.cases["P01"]
    assert "given_name" in line["fields"]
    assert not [planted for planted in PLANTED if planted in str(line)]


@asynccontextmanager
async def closed_book(havn: World, service: str) -> AsyncIterator[None]:
    """Nothing can be written into the audit."""
    await havn.sql(service, f"REVOKE INSERT ON audit FROM havn_{service}")
    try:
        yield
    finally:
        await havn.sql(service, f"GRANT INSERT ON audit TO havn_{service}")


async def test_without_its_line_no_read_gives_a_single_datum(havn: World) -> None:
    story = WatchedStory(havn)
    await story.play()
    await story.look_back()
    reads = {asked.path: asked for asked in story.asked if asked.method == "GET"}.values()
    assert len(reads) >= 10
    ids = [*story.cases.values(), story.referral_id]
    for asked in reads:
        async with closed_book(havn, asked.service):
            answer = await havn.partner(asked.org, asked.role).get(asked.path)
        assert answer.status_code in (500, 503), asked.path
        assert answer.json().keys() == {"type", "title", "status", "detail", "instance", "trace_id"}
        assert not [datum for datum in (*PLANTED, *ids) if datum in answer.text]


async def test_without_its_line_nothing_is_changed(havn: World) -> None:
    async with closed_book(havn, "referrals"):
        answer = await havn.partner("politi-oestjylland").post("/referrals/v1/referrals", REFERRAL)
    assert answer.status_code == 500
    assert await havn.sql("referrals", "SELECT FROM referral UNION ALL SELECT FROM event_history") == []


async def refusals(havn: World, service: str) -> list[tuple[str, str]]:
    return [(line["org"], line["operation"]) for line in await lines(havn, service, "outcome = 'refused'")]


async def test_what_is_not_yours_is_refused_and_noted(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    fyn = havn.partner("politi-fyn")
    path = f"/referrals/v1/referrals/{story.referral_id}"
    assert (await fyn.get(path, purpose="investigation")).status_code == 404
    assert (await fyn.get(f"{story.case('P01')}/person", purpose="investigation")).status_code == 404
    assert await refusals(havn, "referrals") == [("politi-fyn", "read_referral")]
    assert await refusals(havn, "identification") == [("politi-fyn", "read_person")]


async def test_a_guess_at_an_id_is_noted(havn: World) -> None:
    path = f"/referrals/v1/referrals/{uuid4()}/status"
    assert (await havn.partner("reden").get(path)).status_code == 404
    assert await refusals(havn, "referrals") == [("reden", "read_status")]


@pytest.mark.parametrize(
    ("scopes", "role", "status"),
    [([Scope.REFERRALS_READ], "caseworker", 403), (None, "auditor", 403)],
    ids=["without the scope", "without the role"],
)
async def test_an_attempt_without_scope_or_role_is_noted(
    havn: World, scopes: list[Scope] | None, role: str, status: int
) -> None:
    answer = await havn.partner("politi-oestjylland", role, scopes=scopes).post("/referrals/v1/referrals", REFERRAL)
    assert answer.status_code == status
    assert await refusals(havn, "referrals") == [("politi-oestjylland", "submit_referral")]


async def test_an_attempt_with_too_weak_a_login_is_noted(havn: World) -> None:
    weak = havn.partner("politi-oestjylland", assurance=Assurance.LOW)
    answer = await weak.post("/referrals/v1/referrals", REFERRAL)
    assert answer.status_code == 401
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
    assert await refusals(havn, "referrals") == [("politi-oestjylland", "submit_referral")]


async def test_nobody_writes_a_line_in_anothers_name(havn: World) -> None:
    forged = (
        "INSERT INTO audit (at, org, actor, operation, outcome, object_ids, fields, trace_id)"
        " VALUES (now(), 'cmm', 'x', 'x', 'allowed', '{}', '{}', '')"
    )
    with pytest.raises(Exception, match="row-level security"):
        await havn.sql_as_runtime("referrals", forged, org="politi-fyn")
