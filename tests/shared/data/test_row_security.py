"""The second wall: even a query without any condition gives the runtime role no row that is not the asker's."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import asyncpg
import pytest
from sqlalchemy import text

from services.demo.raid import REFERRAL
from services.everything import SERVICES
from shared.data.database import Database
from shared.data.itself import as_itself
from shared.identity.actor import Actor
from shared.kernel.errors import NotFound
from tests.journeys.sc01 import Story
from tests.shared.lone_service import ITSELF, LoneService
from tests.world import World

NAMES = tuple(service.name for service in SERVICES)
OPEN = {"organisation"}
"""Of this every organisation's requests see rows: the directory."""


async def tables(havn: World, service: str) -> list[str]:
    found = await havn.sql(
        service, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    return sorted(row["tablename"] for row in found)


async def visible(havn: World, service: str, org: str) -> dict[str, int]:
    """How many rows of each table the runtime role sees on behalf of `org`; tables without any are left out."""
    counts = {
        table: (await havn.sql_as_runtime(service, f"SELECT count(*) FROM {table}", org=org))[0][0]
        for table in await tables(havn, service)
    }
    return {table: count for table, count in counts.items() if count}


@pytest.fixture
async def played(havn: World) -> Story:
    story = Story(havn)
    await story.play()
    return story


async def test_without_an_actor_no_table_of_any_service_has_a_row(played: Story) -> None:
    havn = played.havn
    for service in NAMES:
        filled = [
            table
            for table in await tables(havn, service)
            if (await havn.sql(service, f"SELECT count(*) FROM {table}"))[0][0]
        ]
        assert len(filled) >= 5, "the story fills the tables, otherwise this says nothing"
        assert await visible(havn, service, "") == {}


async def test_an_organisation_that_is_no_party_sees_nobody(played: Story) -> None:
    for service in NAMES:
        seen = await visible(played.havn, service, "politi-fyn")
        assert seen.keys() <= OPEN, service


async def test_history_numbers_and_keys_are_seen_by_part(played: Story) -> None:
    havn = played.havn
    own = {
        org: {
            row["key"] for row in await havn.sql_as_runtime("identification", "SELECT key FROM event_history", org=org)
        }
        for org in ("cmm", "politi-oestjylland", "reden")
    }
    assert own["politi-oestjylland"] == {*played.cases.values()} <= own["cmm"]
    assert own["reden"] == set()
    keys = {
        org: await havn.sql_as_runtime("identification", "SELECT owner_id FROM data_key", org=org)
        for org in ("politi-oestjylland", "reden")
    }
    assert {str(row["owner_id"]) for row in keys["politi-oestjylland"]} == {*played.cases.values()}
    assert keys["reden"] == []
    for service in NAMES:
        assert await havn.sql_as_runtime(service, "SELECT FROM event_sequence", org="cmm") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await havn.sql_as_runtime(service, "SELECT record_events('[]', NULL)")


async def test_each_party_sees_its_own(havn: World) -> None:
    for org in ("politi-oestjylland", "politi-fyn"):
        await havn.partner(org).post("/referrals/v1/referrals", REFERRAL)
    await havn.settled()
    seen = {
        org: await havn.sql_as_runtime("referrals", "SELECT sender FROM referral ORDER BY sender", org=org)
        for org in ("politi-oestjylland", "politi-fyn", "cmm", "reden")
    }
    assert {org: [row["sender"] for row in rows] for org, rows in seen.items()} == {
        "politi-oestjylland": ["politi-oestjylland"],
        "politi-fyn": ["politi-fyn"],
        "cmm": ["politi-fyn", "politi-oestjylland"],
        "reden": [],
    }
    subjects = await havn.sql_as_runtime("referrals", "SELECT FROM referral_subject", org="politi-fyn")
    assert len(subjects) == len(REFERRAL["subjects"])


@pytest.mark.parametrize("service", NAMES)
async def test_every_table_is_under_row_security_and_the_runtime_role_cannot_step_around_it(
    havn: World, service: str
) -> None:
    open_tables = await havn.sql(
        service,
        "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        " AND NOT relrowsecurity AND relname <> 'alembic_version'",
    )
    assert open_tables == []
    (role,) = await havn.sql(service, "SELECT * FROM pg_roles WHERE rolname = current_database()")
    assert not any(
        role[right] for right in ("rolsuper", "rolbypassrls", "rolcreatedb", "rolcreaterole", "rolreplication")
    )
    owned = await havn.sql(service, "SELECT relname FROM pg_class WHERE relowner = current_database()::regrole")
    assert owned == []


@pytest.mark.parametrize("service", NAMES)
async def test_the_runtime_role_reaches_no_other_services_database(havn: World, service: str) -> None:
    other = next(name for name in NAMES if name != service)
    answer = await havn.sql_as_runtime(
        service, "SELECT has_database_privilege(current_user, $1, 'CONNECT')", f"havn_{other}", org="havn"
    )
    assert answer[0][0] is False


@pytest.mark.parametrize("statement", ["DROP TABLE {}", "ALTER TABLE {} DISABLE ROW LEVEL SECURITY", "TRUNCATE {}"])
async def test_the_runtime_role_cannot_change_the_walls(havn: World, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await havn.sql_as_runtime("referrals", statement.format("referral"), org="havn")


async def test_nobody_writes_a_referral_in_anothers_name(havn: World) -> None:
    story = Story(havn)
    await story.refer()
    for change in ("UPDATE referral SET sender = 'politi-fyn', recipient = 'politi-fyn'", "DELETE FROM referral"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await havn.sql_as_runtime("referrals", change, org="politi-oestjylland")
    untouched = await havn.sql_as_runtime("referrals", "UPDATE referral SET version = 9 RETURNING id", org="politi-fyn")
    assert untouched == []


@pytest.mark.parametrize("table", ["inbox", "dead_letter", "outbox", "idempotency"])
async def test_the_plumbing_of_havn_is_not_a_partners_to_see(lone: LoneService, table: str) -> None:
    await lone.sql("INSERT INTO inbox VALUES ('identification', 'k', 1)")
    await lone.sql("INSERT INTO dead_letter VALUES ('e', 's', 'k', 1, 't', '', 'r', 1, now())")
    await lone.sql("INSERT INTO idempotency VALUES ('cmm', '', '', '', now())")
    await lone.sql(
        "WITH told AS (INSERT INTO event_history (key, sequence, type, occurred_at, actor_org, payload)"
        " VALUES ('k', 1, 't', now(), 'havn', '{}') RETURNING position) INSERT INTO outbox SELECT position FROM told"
    )
    own = "cmm" if table == "idempotency" else "havn"
    assert len(await lone.sql_as_runtime(f"SELECT FROM {table}", org=own)) == 1
    assert await lone.sql_as_runtime(f"SELECT FROM {table}", org="politi-fyn") == []


ASKING = text("SELECT current_setting('havn.org')")
WHO = text("SELECT pg_backend_pid(), coalesce(current_setting('havn.org', true), '')")


async def asker(database: Database) -> tuple[int, str]:
    """The connection that the pool hands out next, and on whose behalf it stands."""
    async with database.connection() as connection:
        ((pid, org),) = await connection.fetch(WHO.text)
        return pid, org


@pytest.fixture
async def one_line(lone: LoneService) -> AsyncIterator[Database]:
    """A pool of one connection, so that the next transaction gets the last one's."""
    database = lone.open_database(pool_size=1)
    yield database
    await database.close()


async def test_who_asked_is_forgotten_when_the_transaction_ends(one_line: Database) -> None:
    async with one_line.transaction(ITSELF) as work:
        pid, org = (await work.session.execute(WHO)).one()
        assert org == "havn"
    assert await asker(one_line) == (pid, "")


async def test_what_havn_itself_may_see_within_a_rule_of_its_own_ends_with_the_outer_rule(one_line: Database) -> None:
    cmm = replace(ITSELF, org="cmm")
    async with one_line.transaction(cmm) as work:
        async with as_itself(work):
            async with as_itself(work):
                assert await work.session.scalar(ASKING) == "havn"
            assert await work.session.scalar(ASKING) == "havn"
        assert await work.session.scalar(ASKING) == "cmm"


async def test_what_havn_itself_may_see_ends_with_a_rule_that_refuses(one_line: Database) -> None:
    """Whoever notes the refusal does so as who asked."""
    async with one_line.transaction(replace(ITSELF, org="cmm")) as work:
        with pytest.raises(NotFound):
            async with as_itself(work):
                raise NotFound
        assert await work.session.scalar(ASKING) == "cmm"


async def test_who_asked_is_forgotten_when_the_transaction_fails(one_line: Database) -> None:
    before = await asker(one_line)

    async def fail() -> None:
        async with one_line.transaction(ITSELF) as work:
            await work.session.execute(WHO)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await asker(one_line) == before


async def test_who_asked_is_forgotten_when_the_request_is_broken_off(one_line: Database) -> None:
    async def linger() -> None:
        async with one_line.transaction(ITSELF) as work:
            await work.session.execute(text("SELECT pg_sleep(10)"))

    lingering = asyncio.create_task(linger())
    await asyncio.sleep(0.1)
    lingering.cancel()
    with pytest.raises(asyncio.CancelledError):
        await lingering
    assert (await asker(one_line))[1] == ""


async def test_each_transaction_of_the_pool_stands_for_its_own_actor(lone: LoneService) -> None:
    async def whose(name: str) -> tuple[str, str]:
        actor = Actor(**{field: getattr(ITSELF, field) for field in ITSELF.__slots__} | {"org": name})
        async with lone.database.transaction(actor) as work:
            await asyncio.sleep(0)
            return name, (await work.session.execute(WHO)).one()[1]

    for name, org in await asyncio.gather(*(whose(f"org-{number}") for number in range(50))):
        assert name == org
