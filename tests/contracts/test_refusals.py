"""Every refusal of every operation leaves a line in the audit: who, by whose word, how surely, about what; and so does an answer
that is given again."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.identification.finding.schemas import PersonSought
from shared.contract.organisations import Scope, kind_of, scopes_of
from shared.data.vault import Vault
from shared.http.refusals import criterion_of
from shared.identity.actor import Assurance, Role
from shared.kernel import errors
from shared.kernel.errors import DomainError
from tests.contracts.operations import OPERATIONS, Operation
from tests.contracts.walk import Walked, walk_through
from tests.identification.builders import CMM_DECIDES, open_case
from tests.world import Partner, World

SEARCH = "/identification/v1/persons/search"
SUBMIT = "POST /referrals/v1/referrals"
ORGANISATIONS = ("cmm", "us", "politi-fyn", "reden", "kommune-0751", "socialtilsyn-nord", "anklagemyndigheden")


@dataclass(frozen=True)
class Attempt:
    """A request that is refused, and how."""

    what: str
    status: int
    by: Partner
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes | None
    names_subject: bool = True


def who_may(havn: World, operation: Operation, **changed: Any) -> Partner:
    """Somebody of an organisation whose kind may have the scope, in a role that may call."""
    org = next(org for org in ORGANISATIONS if operation.scope in scopes_of(kind_of(org)))
    told = {"assurance": Assurance.HIGH} | changed
    if "scopes" in told:
        told["scopes"] = [scope for scope in told["scopes"] if scope in scopes_of(kind_of(org))]
    return havn.partner(org, operation.roles[0], **told)


def attempts(havn: World, operation: Operation) -> Iterator[Attempt]:
    """The ways to be refused that an operation has by its own description."""
    allowed, query = who_may(havn, operation), operation.parameters("query")
    headers = {"idempotency-key": str(uuid4()), "content-type": "application/json", "if-match": '"stale"'}
    takes_body = operation.body_schema is not None
    body = b"{}" if takes_body else None
    none = who_may(havn, operation, scopes=[scope for scope in Scope if scope is not operation.scope])
    if set(operation.roles) != {Role.SYSTEM}:  # systems count by their client authentication
        weak = who_may(havn, operation, assurance=Assurance.LOW)
        yield Attempt("login too weak", 401, weak, query, headers, body)
    yield Attempt("scope missing", 403, none, query, headers, body)
    if others := set(Role) - set(operation.roles):
        wrong = havn.partner("cmm", *others, scopes=[operation.scope], assurance=Assurance.HIGH)
        if operation.scope in scopes_of(kind_of("cmm")):
            yield Attempt("role missing", 403, wrong, query, headers, body)
    if takes_body:
        yield Attempt("no JSON", 400, allowed, query, headers, b"{")
        # A referral is taken whatever its JSON is called; then it is refused as what it is.
        yield Attempt(
            "another type",
            422 if operation.name == SUBMIT else 415,
            allowed,
            query,
            headers | {"content-type": "text/plain"},
            b"{}",
        )
        yield Attempt("unknown field", 422, allowed, query, headers, b'{"nonsense": 1}')
    if "purpose" in query:
        yield Attempt("purpose missing", 400, allowed, {}, headers, _body(operation))
    if operation.requires("if-match"):
        without = {name: value for name, value in headers.items() if name != "if-match"}
        yield Attempt("expected version missing", 428, allowed, query, without, _body(operation))
    if any(name.endswith("_id") and name != "organisation_id" for name in operation.ids):
        yield Attempt("not theirs", 404, allowed, query, headers, _body(operation))


def _body(operation: Operation) -> bytes | None:
    return json.dumps(operation.body).encode() if operation.body_schema is not None else None


async def test_what_was_sent_and_whose_it_is_come_before_the_version_that_is_missing(havn: World) -> None:
    """The order of refusals: 401, 403, 400 or 422, 404, and only then 428."""
    tried = 0
    for operation in [found for found in OPERATIONS if found.requires("if-match")]:
        by, query, address = who_may(havn, operation), operation.parameters("query"), operation.address({})
        nonsense = await by.request(operation.method, address, params=query, json={"nonsense": 1})
        assert nonsense.status_code == 422, f"{operation.name}: {nonsense.status_code} {nonsense.text}"
        if any(name.endswith("_id") and name != "organisation_id" for name in operation.ids):
            theirs = await by.request(operation.method, address, params=query, json=operation.body)
            assert theirs.status_code == 404, f"{operation.name}: {theirs.status_code} {theirs.text}"
        tried += 1
    assert tried >= 7


def test_whoever_writes_anew_says_which_version_was_read() -> None:
    """`If-Match` is required on PUT and PATCH (docs/contract.md)."""
    written = [found for found in OPERATIONS if found.method in ("PUT", "PATCH")]
    assert len(written) >= 9
    assert [found.name for found in written if not found.requires("if-match")] == []


async def test_an_operation_that_takes_no_body_refuses_one_that_says_something(havn: World) -> None:
    tried = 0
    for operation in [found for found in OPERATIONS if found.method != "GET" and found.body_schema is None]:
        by, query, address = who_may(havn, operation), operation.parameters("query"), operation.address({})
        for said, loc in (({"reason": "x"}, ["body", "reason"]), (["x"], ["body"]), ("x", ["body"])):
            refused = await by.request(operation.method, address, params=query, json=said)
            assert refused.status_code == 422, f"{operation.name}: {refused.status_code} {refused.text}"
            assert [error["loc"] for error in refused.json()["errors"]] == [loc], operation.name
        for nothing in (b"", b"{}", b"null"):
            headers = {"content-type": "application/json"}
            unheard = await by.request(operation.method, address, params=query, headers=headers, content=nothing)
            assert unheard.status_code == 404, f"{operation.name}: {unheard.status_code} {unheard.text}"
        tried += 1
    assert tried >= 15


async def line_of(havn: World, service: str, answer: httpx.Response) -> Mapping[str, Any]:
    trace_id = answer.headers["traceparent"].split("-")[1]
    rows = await havn.sql(service, "SELECT * FROM audit WHERE trace_id = $1 AND outcome = 'refused'", trace_id)
    assert len(rows) == 1, f"{answer.request.method} {answer.request.url}: {answer.status_code}, {len(rows)} lines"
    return dict(rows[0])


@pytest.mark.parametrize("service", ["accommodation", "identification", "referrals", "stats"])
async def test_every_refusal_of_every_operation_leaves_its_line(havn: World, service: str) -> None:
    tried = 0
    for operation in [found for found in OPERATIONS if found.service == service]:
        for attempt in attempts(havn, operation):
            address = operation.address({})
            answer = await attempt.by.request(
                operation.method, address, params=attempt.query, headers=attempt.headers, content=attempt.content
            )
            said = f"{operation.name}, {attempt.what}: {answer.status_code} {answer.text}"
            if attempt.what in ("not theirs", "expected version missing", "no JSON", "purpose missing"):
                assert 400 <= answer.status_code < 500, said  # what a smallest body lacks may come first
            else:
                assert answer.status_code == attempt.status, said
            line = await line_of(havn, service, answer)
            assert (line["status"], line["operation"]) == (answer.status_code, operation.id), said
            name = answer.json()["type"].rpartition("/")[2]
            assert line["refusal"] in (name, "RequestValidationError") or name == "NotFound", said
            assert line["issuer"].endswith("/oidc")
            assert line["client_id"]
            assert line["assurance"] == ("low" if attempt.status == 401 else line["assurance"])
            named = {str(line["subject_id"]), *map(str, line["object_ids"])}
            assert {part for part in address.split("/") if len(part) == 36} <= named or "draft" in address, said
            tried += 1
    assert tried >= 2 * len([found for found in OPERATIONS if found.service == service])


async def test_what_is_stale_or_lacks_its_version_or_comes_again_leaves_its_line_and_what_is_done_is_noted_once(
    havn: World,
) -> None:
    walked = await walk_through(havn)
    refused = replayed = 0
    for each in walked:
        for answer in (each.stale, each.unmatched):
            if answer is not None:
                line = await line_of(havn, each.described.service, answer)
                assert (line["status"], line["operation"]) == (answer.status_code, each.described.id)
                refused += 1
        if each.again is not None and each.again.headers.get("idempotency-replayed"):
            first, again = [await allowed(havn, each, answer) for answer in (each.answer, each.again)]
            assert [without_time(row) for row in first] == [without_time(row) for row in again], each.described.name
            assert {row["is_replay"] for row in again} <= {True}
            assert {row["is_replay"] for row in first} <= {False}
            replayed += bool(first)
    assert refused > 60
    assert replayed > 40
    await check_each_is_noted_once(havn, walked)


async def check_each_is_noted_once(havn: World, walked: list[Walked]) -> None:
    """What a request did stands in the log once."""
    for each in walked:
        rows = [without_time(row) for row in await allowed(havn, each, each.answer)]
        # One change of a person may ask whether she is any of several; several offers may be for one person.
        done = [
            (
                row["operation"],
                row["subject_id"],
                tuple(row["object_ids"] if row["operation"] in {"question.ask", "offer.needs"} else ()),
            )
            for row in rows
        ]
        assert len(done) == len(set(done)), f"{each.described.name}: {done}"


async def allowed(havn: World, each: Walked, answer: httpx.Response) -> list[dict[str, Any]]:
    statement = "SELECT * FROM audit WHERE trace_id = $1 AND org <> 'havn' ORDER BY position"
    trace_id = answer.headers["traceparent"].split("-")[1]
    return [dict(row) for row in await havn.sql(each.described.service, statement, trace_id)]


def without_time(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("position", "at", "trace_id", "is_replay")}


def _all_errors(kind: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for found in kind.__subclasses__():
        yield found
        yield from _all_errors(found)


async def test_whatever_error_a_rule_raises_leaves_its_line(havn: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules of all services, by their errors: each is raised inside a request, as a rule would."""
    known = [kind for kind in _all_errors() if kind.status < 500 and kind.__module__.startswith(("services", "shared"))]
    assert len(known) > 80
    police = havn.partner("politi-oestjylland")
    for kind in known:
        if issubclass(kind, errors.RefusedForGood):
            continue  # it commits what was written with it; the evidence tests have it

        async def raises(*_: Any, kind: type[DomainError] = kind, **__: Any) -> None:
            error = kind.__new__(kind)
            DomainError.__init__(error, "No.")
            raise error

        with monkeypatch.context() as patched:
            patched.setattr("services.referrals.repository.list_referrals", raises)
            answer = await police.get("/referrals/v1/referrals")
        line = await line_of(havn, "referrals", answer)
        assert (line["status"], line["refusal"]) == (answer.status_code, kind.__name__) == (kind.status, kind.__name__)


# ---------------------------------------------------------------- searches


async def test_a_search_is_noted_with_hashes_of_what_was_sought_and_not_a_word(havn: World) -> None:
    await open_case(havn, CMM_DECIDES | {"given_name": "Malee", "family_name": "Opdigtet"})
    cmm = havn.partner("cmm")
    sought = {"given_name": "Malee", "identifiers": [{"type": "passport", "value": "AA 123 4567"}]}
    answers = [
        await cmm.request("POST", f"{SEARCH}?purpose=identification", json=sought),
        await cmm.request("POST", SEARCH, json=sought),  # without a purpose
        await havn.partner("cmm", scopes=[Scope.STATS_READ]).request(
            "POST", f"{SEARCH}?purpose=identification", json=sought
        ),
    ]
    assert [answer.status_code for answer in answers] == [200, 400, 403]
    vault = Vault(havn.application.platform.ring)
    expected = list(criterion_of(vault, sought))
    assert len(expected) == 3
    rows = await havn.sql("identification", "SELECT * FROM audit WHERE cardinality(criterion) > 0 ORDER BY position")
    assert [(row["operation"], row["outcome"]) for row in rows] == [
        ("person.search", "allowed"),
        ("search_persons", "refused"),
        ("search_persons", "refused"),
    ]
    assert all(list(row["criterion"]) == expected for row in rows)
    assert not any(word in str(row) for row in rows for word in ("Malee", "1234567", "123 4567"))
    assert set(PersonSought.model_fields) >= sought.keys()


@pytest.mark.parametrize(
    "other", [{"subject": "Bo"}, {"purpose": "support"}, {"org": "us"}], ids=["person", "purpose", "organisation"]
)
async def test_another_person_or_purpose_is_another_key(havn: World, other: Mapping[str, str]) -> None:
    await open_case(havn, CMM_DECIDES | {"given_name": "Malee"})
    asked = {"org": "cmm", "subject": "Anna", "purpose": "identification"}
    for who in (asked, asked | other, asked):
        caller = havn.partner(who["org"], subject=who["subject"])
        answer = await caller.request(
            "POST",
            f"{SEARCH}?purpose={who['purpose']}",
            json={"given_name": "Malee"},
            headers={"idempotency-key": "search-1"},
        )
        assert answer.status_code == 200
    rows = await havn.sql(
        "identification",
        "SELECT org, actor, purpose, is_replay FROM audit WHERE operation = 'person.search' ORDER BY position",
    )
    assert [row["is_replay"] for row in rows] == [False, False, True]
    assert [(row["org"], row["actor"], row["purpose"]) for row in rows] == [
        (who["org"], who["subject"], who["purpose"]) for who in (asked, asked | other, asked)
    ]


# ---------------------------------------------------------------- the log of a case


async def test_the_log_of_a_case_shows_the_refusals_that_named_it(havn: World) -> None:
    case, other = await open_case(havn, CMM_DECIDES), await open_case(havn, CMM_DECIDES)
    before = len((await case.get("/access-log")).json()["items"])
    cmm = havn.partner("cmm")
    stranger = havn.partner("politi-fyn")
    assert (await stranger.get(f"{case.path}/person", purpose="investigation")).status_code == 404
    assert (await cmm.get(f"{case.path}/person")).status_code == 400
    assert (await cmm.request("PUT", f"{case.path}/person", json={})).status_code in (422, 428)
    assert (await case.post("/unmerge", None)).status_code == 409
    merged = await havn.partner("us").post(f"/identification/v1/cases/{uuid4()}/merge", {"into": case.id})
    assert merged.status_code == 404
    log = (await case.get("/access-log")).json()["items"][before:]
    told = [(row["actor_org"], row["operation"]) for row in log if row["outcome"] == "refused"]
    assert told == [
        ("politi-fyn", "read_person"),
        ("cmm", "read_person"),
        ("cmm", "change_person"),
        ("cmm", "unmerge"),
        ("us", "merge"),
    ]
    assert other.id not in str(log)
