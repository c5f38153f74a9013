"""What the models say the tables are is what the migrations make."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from services.everything import SERVICES
from shared.data.database import runtime_password, service_url
from shared.data.keys import key_provider
from shared.data.migrations import DatabaseAway, DatabaseNewer, head_of, migrate
from shared.data.plumbing import PlumbingTable
from shared.kernel.settings import Settings
from shared.runtime.service import Service


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    # Indexes and the database's own constraints are written in SQL, where they can say more than a model.
    return kind not in ("index", "unique_constraint") and name != "alembic_version"


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_the_migrated_database_is_what_the_models_say(databases: str, service: Service) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
        return list(compare_metadata(context, [service.metadata, PlumbingTable.metadata]))  # type: ignore[arg-type]

    engine = create_async_engine(service_url(databases, service.name))
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()
    assert [str(difference) for difference in found] == []


@pytest.fixture
def password(settings: Settings) -> str:
    return runtime_password(settings, key_provider(settings).ring())


async def test_a_second_migration_finds_nothing_to_do(databases: str, password: str) -> None:
    assert await migrate(databases, "referrals", role_password=password) is False


async def test_a_database_of_a_later_havn_is_left_alone(databases: str, password: str) -> None:
    engine = create_async_engine(service_url(databases, "referrals"))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(DatabaseNewer, match="Nothing was changed"):
            await migrate(databases, "referrals", role_password=password)
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head_of('referrals')}'")
        await engine.dispose()


async def test_a_server_that_does_not_answer_is_named_by_its_setting(password: str) -> None:
    with pytest.raises(DatabaseAway, match="HAVN_DATABASE_URL"):
        await migrate("postgresql://nobody@127.0.0.1:9/havn", "referrals", role_password=password)
