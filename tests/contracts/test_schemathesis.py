"""Schemathesis asks everything that the OpenAPI documents promise, and much that they forbid: nothing may be found.

Every check it has is on, over examples, edge cases, random cases and chains of calls. The time is boxed; it is never
asserted."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure

from services.everything import SERVICES
from shared.auth import Role
from shared.openapi import operations_of
from shared.running import House
from shared.service import Service, published
from shared.settings import Settings
from tests.contracts.served import free_port, served

SECONDS = int(os.environ.get("HAVN_SCHEMATHESIS_SECONDS", "20"))
"""For each service; CI at night gives more."""
ORGANISATION = "cmm"
"""The one organisation that may have every scope."""


@pytest.fixture(scope="module")
def house(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home: Path = tmp_path_factory.mktemp("schemathesis")
    settings = Settings(home=home, port=free_port(), retry_seconds=0.01, handler_attempts=2, sweep_seconds=3600)
    with served(SERVICES, settings, server_url, database="schemathesis") as house:
        yield house


def document_of(service: Service, house: House) -> dict[str, Any]:
    """The published document. To Schemathesis the token is a plain bearer token: it takes OpenID Connect away from no
    request, and so would never see authentication ignored."""
    document = published(service, origin=house.platform.settings.origin).openapi()
    document["components"]["securitySchemes"]["oidc"] = {"type": "http", "scheme": "bearer"}
    return document


def configuration(house: House, document: dict[str, Any]) -> SchemathesisConfig:
    issuer = house.platform.dev_issuer
    assert issuer
    tokens = {
        f"{method} {path}": issuer.token(ORGANISATION, roles=[Role(role) for role in operation["x-roles"]])
        for path, method, operation in operations_of(document)
    }
    return SchemathesisConfig.from_dict(
        {
            "base-url": house.platform.settings.origin,
            "max-time": SECONDS,
            "continue-on-failure": True,
            "request-timeout": 20,
            "generation": {"max-examples": 15, "database": "none"},
            "operations": [
                {"include-name": name, "headers": {"Authorization": f"Bearer {token}"}} for name, token in tokens.items()
            ],
        }
    )


def failures_of(document: dict[str, Any], house: House) -> tuple[list[str], set[str], int]:
    """What was found, the phases that ran, and how many requests were made."""
    schema = schemathesis.openapi.from_dict(document, config=configuration(house, document))
    found: list[str] = []
    phases: set[str] = set()
    requests = 0
    for event in engine.from_schema(schema).execute():
        if isinstance(event, engine.events.ScenarioFinished):
            phases.add(str(event.phase.value))
            requests += len(event.recorder.interactions)
            for case_id, checks in event.recorder.checks.items():
                request = event.recorder.interactions[case_id].request if case_id in event.recorder.interactions else None
                found += [_told(check.failure_info.failure, request) for check in checks if check.failure_info]
        elif isinstance(event, engine.events.NonFatalError):
            found.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, engine.events.FatalError):
            raise event.exception
        elif isinstance(event, engine.events.EngineFinished):
            found += [failure.message for failure in event.failures]
    return sorted(set(found)), phases, requests


def _told(failure: Failure, request: Any) -> str:
    sent = f"{request.method} {request.uri} {request.body!r:.600}" if request else ""
    return f"{failure.title}: {failure.message}\n    {sent}"


@pytest.mark.slow
@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
def test_the_service_keeps_what_its_document_promises(service: Service, house: House) -> None:
    found, phases, requests = failures_of(document_of(service, house), house)
    assert not found, "\n".join(found)
    assert {"coverage", "fuzzing"} <= {phase.lower() for phase in phases}
    assert requests > 100
