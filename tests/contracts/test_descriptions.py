"""What the API's page says of each operation: which subject it belongs to, and what happens."""

import re

from fastapi.routing import iter_route_contexts

from services.everything import SERVICES
from tests.contracts.operations import DOCUMENTS, OPERATIONS

PACKAGES = {
    (service.name, context.name): str(context.endpoint.__module__).split(".")[-2]
    for service in SERVICES
    for context in iter_route_contexts(service.router.routes)
    if context.endpoint
}
"""The package of each operation's endpoint."""


def test_an_operation_is_tagged_with_the_package_that_it_stands_in() -> None:
    tags = {(each.service, each.id): each.described.get("tags") for each in OPERATIONS}
    assert tags == {operation: [package] for operation, package in PACKAGES.items()}


def test_every_tag_is_described_in_a_line() -> None:
    for service, document in DOCUMENTS.items():
        described = {tag["name"]: tag["description"] for tag in document["tags"]}
        assert described.keys() == {package for (owner, _), package in PACKAGES.items() if owner == service}
        for name, line in described.items():
            assert 20 < len(line) < 120, (service, name, line)
            assert "\n" not in line, (service, name)


def test_a_summary_says_what_happens_and_not_how_the_function_is_called() -> None:
    for each in OPERATIONS:
        summary = each.described["summary"]
        assert 10 < len(summary) < 120, (each.name, summary)
        assert re.sub(r"\W+", "_", summary).lower() != each.id, (each.name, summary)
        assert not summary.endswith((".", ":", ",")), (each.name, summary)
