"""A service's database on its own, for the tests of the plumbing. Imports as in tests/conftest.py: where they are needed."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.kernel.settings import Settings
    from tests.shared.lone_service import LoneService


@pytest.fixture(scope="session")
async def lone_for_all(databases: str, settings: "Settings") -> "AsyncIterator[LoneService]":
    from sqlalchemy import make_url

    from shared.data.database import runtime_password, service_url
    from shared.data.keys import key_provider
    from shared.data.migrations import migrate
    from tests.shared.lone_service import LoneService

    ring = key_provider(settings).ring()
    password = runtime_password(settings, ring)
    server = make_url(databases).set(database="lone").render_as_string(hide_password=False)
    await migrate(server, "referrals", role_password=password)
    owner = service_url(server, "referrals")
    found = LoneService(owner, service_url(server, "referrals", role_password=password), ring, settings)
    await found.sql("CREATE TABLE noted (position bigint GENERATED ALWAYS AS IDENTITY, case_id uuid, number bigint)")
    await found.sql(f'GRANT SELECT, INSERT ON noted TO "{owner.database}"')
    yield found
    await found.database.close()


@pytest.fixture
async def lone(lone_for_all: "LoneService") -> "LoneService":
    """The database of one service in which nobody works, its event tables empty."""
    await lone_for_all.empty()
    return lone_for_all


@pytest.fixture
def sent(lone: "LoneService") -> Iterator[list[str]]:
    """The statements that its transactions send."""
    said: list[str] = []
    lone.database.on_statement = lambda statement, _: said.append(statement)
    yield said
    lone.database.on_statement = lambda _, __: None
