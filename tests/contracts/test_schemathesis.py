"""Schemathesis asks everything that the OpenAPI documents promise, and much that they forbid: nothing may be found.

Every check it has is on, over examples, edge cases, random cases and chains of calls, through the front door."""

import ast
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema

from services.accommodation.case import repository as cases
from services.everything import SERVICES
from shared.dev.development import Development
from shared.http.idempotency import LONGEST_KEY
from shared.http.openapi import operations_of
from shared.identity.actor import Role
from shared.kernel.settings import Settings
from shared.messaging.messages import Deliver, Message
from shared.runtime.running import Application
from shared.runtime.service import Service, published
from tests import tree
from tests.contracts.served import free_port, served

CHAINED = {"accommodation", "identification", "referrals"}
"""Services of which one call's answer leads to the next: their calls are also made in chains."""
POSITIVE_STATUSES = ("2xx", "401", "403", "404", "409", "429")
SECONDS = int(os.environ.get("HAVN_SCHEMATHESIS_SECONDS", "0"))
"""For each service, random and in chains until they are spent; 0: a few cases of each kind, the same in each run."""
ORGANISATION = "cmm"
"""The one organisation that may have every scope."""
BY_RULE = ("400", "412", "422")
"""How a request that fits its schema may still be refused: by a rule (a cursor of ours, a stale ETag, a recipient that is in
the directory). `refused_by_rule` sees to it that it is the rule that refused, not a schema that says too little."""
FORGIVING = {"POST /referrals/v1/referrals": {"negative_data_rejection": {"enabled": False}}}
"""A referral is never lost over a formality: what is not as its schema says is taken, with a warning
(tests/referrals/test_formalities.py, test_any_json.py); what is refused all the same stands in tests/referrals/test_submit.py."""
RULES_OF_VALUES = frozenset(
    {
        "That lies ahead; record what has happened.",
        "A time lies from 1900 to 2199.",
        "That is not the code of a language: ISO 639-3, three small letters.",
        "Nobody was older when exploited than they are.",
        "A stay ends on a later day than it begins; the night of the last day is not part of it.",
        "A period ends no earlier than it begins; its last day is part of it.",
        "The municipality lies in another region; leave the region out, and it is found.",
        "A crisis centre for men accepts men; list whom it takes in, or name another kind.",
        "A facility for children accepts minors; say so, or name another kind.",
        "Name a place or an offer, not both.",
        "An ordinary place is approved with its facility; leave `approved_by` out.",
        "A draft has the fields of POST /identification/v1/cases, and no others.",
        "linked_case_id and relation go together: send both, or neither.",
        "valid_until must not lie before valid_from.",
        "There is no such organisation; see GET /referrals/v1/organisations.",
        "Say something of the suspect: a name, a telephone number, a description, or suspect_id.",
        "Say in `relation` what they are to the person on whose behalf they ask.",
        "`relation` and `authority` are of who asks on behalf of the person.",
        "Each of two different people keeps what is theirs: leave keep out, or answer same.",
        "The form OTHER says what it was: send other_form, or reasons.",
    }
)
"""Rules between the values of one body, or of who there is, that JSON Schema cannot say."""


@schemathesis.check
def refused_by_rule(
    ctx: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]
) -> None:
    """What the schema allows is never refused as not being as the schema says."""
    is_valid = case.meta is not None and case.meta.generation.mode.is_positive
    if not is_valid or response.status_code not in {400, 422}:
        return
    problem = response.json()
    kind = problem["type"].rpartition("/")[2]
    # What may be a time or a day is refused as both: it is by rule where one of the two is.
    told_by_field: dict[tuple[str | int, ...], set[str]] = {}
    for error in problem.get("errors", []):
        told_by_field.setdefault(tuple(error["loc"]), set()).add(error["msg"])
    is_by_rule = bool(told_by_field) and all(told & RULES_OF_VALUES for told in told_by_field.values())
    is_rule = kind not in {"InvalidInput", "MalformedJson", "BadRequest"} or is_by_rule
    if kind == "MalformedJson" and "/drafts" in case.path:
        return  # what is half entered has no schema that could say which characters a text may hold
    if not is_rule:
        raise AssertionError(f"{kind}: {problem.get('errors', problem['detail'])}")


@schemathesis.hook
def before_call(context: Any, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """A request of its own gets an Idempotency-Key of its own, where the key is one at all."""
    headers: Any = case.headers or {}
    data = case.meta.phase.data if case.meta else None
    is_about_headers = data is not None and data.parameter_location is ParameterLocation.HEADER
    # A header that was left out on purpose would be put back into a case whose headers we touch. An If-Match that is there
    # and wrong needs a key of its own all the same: with that of an earlier request it would get that one's answer again.
    is_left_alone = is_about_headers and not (data.parameter == "if-match" and "if-match" in headers)
    if not is_left_alone and 0 < len(str(headers.get("idempotency-key", ""))) <= LONGEST_KEY:
        case.headers["idempotency-key"] = str(uuid4())


class NobodyListens:
    """A bus that takes every message and delivers none. What is answered is tried here, in thousands of requests; what comes of
    it in the other services, journeys show."""

    healthy = None

    def subscribe(self, group: str, topics: frozenset[str], deliver: Deliver) -> None: ...

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def publish(self, messages: Sequence[Message]) -> set[str]:
        return {message.id for message in messages}

    async def lag(self) -> dict[tuple[str, str], int]:
        return {}


@pytest.fixture(scope="module")
def application(databases: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    home: Path = tmp_path_factory.mktemp("schemathesis")
    settings = Settings(home=home, port=free_port(), retry_seconds=0.01, handler_attempts=2, sweep_seconds=3600)
    bus = None if SECONDS else NobodyListens()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cases, "ARRIVES_WITHIN_SECONDS", 0)  # where nobody listens no case is on its way
        with served(SERVICES, settings, databases, database="schemathesis", bus=bus) as application:
            yield application


def document_of(service: Service, application: Application) -> dict[str, Any]:
    """The published document. To Schemathesis the token is a plain bearer token: it takes OpenID Connect away from no
    request, and so would never see authentication ignored."""
    document = published(service, origin=application.platform.settings.origin).openapi()
    document["components"]["securitySchemes"]["oidc"] = {"type": "http", "scheme": "bearer"}
    return document


def configuration(application: Application, document: dict[str, Any]) -> SchemathesisConfig:
    development = application.platform.development
    assert isinstance(development, Development)
    # Who asks has the roles that the operation takes. Operations are named together: for each request Schemathesis looks several
    # times which of these entries it belongs to.
    alike: dict[tuple[tuple[str, ...], str], list[str]] = {}
    for path, method, operation in operations_of(document):
        name = f"{method} {path}"
        alike.setdefault((tuple(operation["x-roles"]), name if name in FORGIVING else ""), []).append(name)
    tokens = {roles: development.issuer.token(ORGANISATION, roles=[Role(role) for role in roles]) for roles, _ in alike}
    return SchemathesisConfig.from_dict(
        {
            "base-url": application.platform.settings.origin,
            "continue-on-failure": True,
            "request-timeout": 20,
            "generation": {"max-examples": 3, "database": "none"},
            # TRACE never reaches the application: the protocol refuses it (tests/shared/http/test_server.py).
            "phases": {
                "coverage": {"unexpected-methods": ["get", "put", "post", "delete", "options", "patch"]},
                # Calls about what earlier calls have made are the chains' matter: mixed into random cases, such ids make
                # Hypothesis draw a thousand cases where it was asked for three.
                "fuzzing": {"extra-data-sources": {"responses": False}},
                "stateful": {"generation": {"max-examples": 5}},
            },
            "checks": {
                "positive_data_acceptance": {"expected-statuses": [*POSITIVE_STATUSES, *BY_RULE]},
                "missing_required_header": {"expected-statuses": ["400", "401", "403", "422", "428"]},
            },
            "operations": [
                {
                    "include-name": names,
                    "headers": {"Authorization": f"Bearer {tokens[roles]}"},
                    "checks": FORGIVING.get(forgiven, {}),
                }
                for (roles, forgiven), names in alike.items()
            ],
        }
        | ({"max-time": SECONDS} if SECONDS else {"seed": 20260302})
    )


@dataclass
class Findings:
    """What a run found: one request for each kind of failure and operation."""

    failures: dict[str, str] = field(default_factory=dict)
    phases: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    requests: int = 0

    def take(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._take_scenario(event)
        elif isinstance(event, events.NonFatalError):
            self.failures[f"{event.label}: {event.value!r}"] = ""
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.EngineFinished):
            self.failures |= {failure.message: "" for failure in event.failures}

    def _take_scenario(self, event: events.ScenarioFinished) -> None:
        recorder = event.recorder
        self.requests += len(recorder.interactions)
        if recorder.interactions:
            self.phases.add(event.phase.name)
        self.operations |= {node.value.operation.label for node in recorder.cases.values()}
        for case_id, checks in recorder.checks.items():
            interaction = recorder.interactions.get(case_id)
            request = interaction.request if interaction else None
            sent = f"{request.method} {request.uri:.300} {request.body or b''!r:.600}" if request else ""
            for check in checks:
                if check.failure_info:
                    failure = check.failure_info.failure
                    self.failures.setdefault(f"{failure.operation}: {failure.title}: {failure.message:.600}", sent)


def run(document: dict[str, Any], application: Application) -> Findings:
    schema = schemathesis.openapi.from_dict(document, config=configuration(application, document))
    findings = Findings()
    for event in from_schema(schema).execute():
        findings.take(event)
    return findings


def spoken_of_whole_bodies(path: Path) -> Iterator[str]:
    """What validators of whole bodies in this file say where values do not go together."""
    for function in tree.nodes(path):
        if isinstance(function, ast.FunctionDef) and any(
            "model_validator" in ast.unparse(each) for each in function.decorator_list
        ):
            for call in ast.walk(function):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "SpokenValueError":
                    yield str(ast.literal_eval(call.args[0]))


def test_every_rule_between_the_values_of_a_body_is_known_here() -> None:
    """One that is not would be found by chance, some day."""
    told = {
        each
        for path in sorted((tree.ROOT / "services").glob("*/**/schemas.py"))
        for each in spoken_of_whole_bodies(path)
    }
    assert len(told) > 5
    assert told <= RULES_OF_VALUES


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
# Havn answers in a thread of this process, and its trace ids are random: to Hypothesis it looks as if a strategy was.
@pytest.mark.filterwarnings("ignore:Do not use the .random. module")
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_service_keeps_what_its_document_promises(service: Service, application: Application) -> None:
    document = document_of(service, application)
    findings = run(document, application)
    assert not findings.failures, "\n".join(f"{told}\n    {sent}" for told, sent in findings.failures.items())
    assert {"COVERAGE", "FUZZING"} <= findings.phases
    assert ("STATEFUL_TESTING" in findings.phases) == (service.name in CHAINED)
    assert findings.operations >= {f"{method} {path}" for path, method, _ in operations_of(document)}
