"""The databases' shape: Alembic per service, the plumbing that all have alike, roles, and row level security."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DBAPIError

from shared.data.database import address_of, make_engine, service_url
from shared.data.outages import NO_SERVER
from shared.data.row_security import WHO_IS_ASKING, guarded
from shared.observability.logs import log

SERVER_SECONDS = 10.0
LOOK_SECONDS = 4.0


class DatabaseNewer(Exception):
    """The database was migrated by a later Havn; running this one could harm it."""


class DatabaseAway(Exception):
    """The database server does not answer or refuses us."""


def folder_of(service: str) -> Path:
    """Where the service's migrations are."""
    return Path(__file__).parents[2] / "services" / service / "migrations"


def head_of(service: str) -> str:
    """The newest revision this Havn knows; revisions are numbered files, `0001_first.py`."""
    return max(path.name[:4] for path in (folder_of(service) / "versions").glob("[0-9]*.py"))


async def migrate(server_url: str, service: str, *, role_password: str) -> bool:
    """Make the service's database and runtime role if they are missing, and bring it to the newest revision.

    Says whether anything was changed. Raises DatabaseNewer, and DatabaseAway, with a sentence; nothing is changed then."""
    url = service_url(server_url, service)
    name = str(url.database)
    try:
        async with asyncio.timeout(SERVER_SECONDS):
            await _make_database(server_url, name)
            found = await _revision(address_of(url))
        if found and found > head_of(service):
            raise DatabaseNewer(
                f"The database {name} is at revision {found}, newer than this Havn's {head_of(service)}. "
                "Nothing was changed; use the newer Havn."
            )
        await _make_role(server_url, name, role_password)
    except NO_SERVER as error:
        said = f"The database server does not let us in ({type(error).__name__}); look at HAVN_DATABASE_URL."
        if isinstance(error, socket.gaierror):
            said = "No machine is found by the name that HAVN_DATABASE_URL gives the database server."
        raise DatabaseAway(said) from error
    if found == head_of(service):
        return False
    engine = make_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade, service)
    except DBAPIError as error:
        log.error("a migration failed", service=service, revision=found, exc_info=error)
        raise DatabaseAway(
            f"The database {name} could not be brought to this version ({type(error.orig).__name__}). Nothing was changed."
        ) from error
    finally:
        await engine.dispose()
    return True


async def is_migrated(server_url: str, service: str) -> bool:
    """Whether a Havn has run on this server before; False too when it does not answer."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            return await _revision(address_of(service_url(server_url, service))) is not None
    except NO_SERVER:
        return False


async def _make_database(server_url: str, name: str) -> None:
    connection = await _maintenance(server_url)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()


async def _make_role(server_url: str, name: str, password: str) -> None:
    """The runtime role: it logs in, owns nothing, and row level security holds it."""
    connection = await _maintenance(server_url)
    try:
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", name)
        verb = "ALTER" if known else "CREATE"
        quoted = await connection.fetchval("SELECT quote_literal($1::text)", password)
        await connection.execute(
            f'{verb} ROLE "{name}" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {quoted};'
            f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC; GRANT CONNECT ON DATABASE "{name}" TO "{name}"'
        )
    finally:
        await connection.close()


async def _maintenance(server_url: str) -> "asyncpg.Connection[Any]":
    url = make_url(server_url).set(drivername="postgresql")
    for database in dict.fromkeys((url.database or "postgres", "postgres")):
        try:
            return await asyncpg.connect(url.set(database=database).render_as_string(hide_password=False), timeout=5)
        except asyncpg.InvalidCatalogNameError:
            continue
    raise DatabaseAway("The server has neither the database of HAVN_DATABASE_URL nor `postgres`.")


async def _revision(dsn: str) -> str | None:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        return str(await connection.fetchval("SELECT version_num FROM alembic_version"))
    finally:
        await connection.close()


def _upgrade(connection: Connection, service: str) -> None:
    # Imported here: Alembic costs start-up time, and a database that is up to date needs none of it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("alembic_environment")))
    config.set_main_option("version_locations", str(folder_of(service) / "versions"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def apply(*scripts: str) -> None:
    """Run these scripts in the migration; a script's statements end with `;`, a `DO` block or a function stands alone."""
    from alembic import op

    for script in scripts:
        is_one = script.lstrip().startswith(("DO", "CREATE FUNCTION"))  # it has semicolons of its own
        statements = [script] if is_one else script.split(";")
        for statement in filter(str.strip, statements):
            op.execute(statement)


RETIRED = "Nothing reads or writes this any more: a later release drops it."


def retire(table: str, *columns: str) -> list[str]:
    """Statements for columns that no model has any more. The release before goes on with them on the migrated database, so they
    stay until a later migration drops them; where they may not be empty, give them a default."""
    return [f"COMMENT ON COLUMN {table}.{column} IS '{RETIRED}'" for column in columns]


PLUMBING = """
CREATE TABLE event_history (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id uuid NOT NULL DEFAULT uuidv7() UNIQUE,
    key varchar NOT NULL,
    sequence bigint NOT NULL,
    type varchar NOT NULL,
    occurred_at timestamptz NOT NULL,
    actor_org varchar NOT NULL,
    traceparent varchar,
    payload jsonb NOT NULL,
    UNIQUE (key, sequence));
CREATE TABLE outbox (position bigint PRIMARY KEY REFERENCES event_history (position));
CREATE TABLE event_sequence (key varchar PRIMARY KEY, last bigint NOT NULL);
CREATE TABLE inbox (
    source varchar NOT NULL, key varchar NOT NULL, last_sequence bigint NOT NULL, PRIMARY KEY (source, key));
CREATE TABLE dead_letter (
    event_id varchar PRIMARY KEY,
    source varchar NOT NULL,
    key varchar NOT NULL,
    sequence bigint NOT NULL,
    type varchar NOT NULL,
    value bytea NOT NULL,
    reason varchar NOT NULL,
    attempts integer NOT NULL,
    failed_at timestamptz NOT NULL,
    replayed_at timestamptz);
CREATE TABLE audit (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    org varchar NOT NULL,
    actor varchar NOT NULL,
    operation varchar NOT NULL,
    purpose varchar,
    outcome varchar NOT NULL,
    subject_id uuid,
    object_ids uuid[] NOT NULL,
    fields varchar[] NOT NULL,
    trace_id varchar NOT NULL);
CREATE TABLE data_key (
    owner_id uuid PRIMARY KEY, wrapped bytea NOT NULL, wrapped_by varchar NOT NULL, created_at timestamptz NOT NULL);
CREATE TABLE idempotency (
    org varchar NOT NULL,
    key_hash bytea NOT NULL,
    request_hash bytea NOT NULL,
    answer bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org, key_hash));
CREATE INDEX ix_dead_letter_open ON dead_letter (source, key, sequence) WHERE replayed_at IS NULL;
CREATE INDEX ix_audit_subject ON audit (subject_id, position);
"""


ACCOUNTABLE = """
ALTER TABLE audit
    ADD COLUMN issuer varchar NOT NULL DEFAULT '',
    ADD COLUMN client_id varchar NOT NULL DEFAULT '',
    ADD COLUMN assurance varchar NOT NULL DEFAULT '',
    ADD COLUMN criterion bytea[] NOT NULL DEFAULT '{}',
    ADD COLUMN is_replay boolean NOT NULL DEFAULT false,
    ADD COLUMN status smallint,
    ADD COLUMN refusal varchar;
ALTER TABLE idempotency ALTER COLUMN answer DROP NOT NULL, ADD COLUMN about bytea[] NOT NULL DEFAULT '{}';
CREATE INDEX ix_idempotency_about ON idempotency USING gin (about) WHERE answer IS NOT NULL;
CREATE INDEX ix_idempotency_created ON idempotency (created_at)
"""

# Havn itself, and nobody else, deletes rows that are older than `before`.
_DELETES = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION <name>(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    gone bigint;
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM <rows>;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $fn$;
END $do$"""
# The runtime role may neither change nor delete a stored answer; Havn itself does so through these two.
FORGET_ANSWERS = _DELETES.replace("<name>", "forget_answers").replace("<rows>", "idempotency WHERE created_at < before")
FORGET_ANSWERS_ABOUT = """DO $do$ BEGIN
CREATE FUNCTION forget_answers_about(named bytea[]) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE idempotency SET answer = NULL, about = '{}' WHERE about && named AND answer IS NOT NULL;
END $fn$;
END $do$"""

# Nor may it delete a line of the audit. Whatever Havn asks for, those of the last year by the server's own clock stay.
FORGET_AUDIT = _DELETES.replace("<name>", "forget_audit").replace(
    "<rows>", "audit WHERE at < least(before, now() - interval '1 year')"
)
AUDIT_BY_TIME = "CREATE INDEX ix_audit_at ON audit USING brin (at)"


def audit_with_an_end() -> list[str]:
    """The audit's lines are kept their time and no longer, in every service."""
    return [AUDIT_BY_TIME, FORGET_AUDIT]


def accountability() -> list[str]:
    """What the audit says besides (by whom a login was vouched for, which search, what was refused), and the ways by which
    stored answers are found and erased, in every service."""
    return [ACCOUNTABLE, FORGET_ANSWERS, FORGET_ANSWERS_ABOUT]


def plumbing() -> list[str]:
    """The statements that make the tables every service has, as of the first release."""
    itself, own = "havn_org() = 'havn'", "org = havn_org()"
    return [
        WHO_IS_ASKING,
        PLUMBING,
        # History and audit are only ever added to: the runtime role can neither change nor delete a row.
        *guarded("event_history", "SELECT, INSERT", writable="actor_org = havn_org()"),
        *guarded("audit", "SELECT, INSERT", writable=own),
        *guarded("outbox", "SELECT, INSERT, DELETE", visible=itself),
        *guarded("event_sequence", "SELECT, INSERT, UPDATE"),
        *guarded("inbox", "SELECT, INSERT, UPDATE", visible=itself, writable=itself),
        *guarded("dead_letter", "SELECT, INSERT, UPDATE", visible=itself, writable=itself),
        *guarded("data_key", "SELECT, INSERT"),
        *guarded("idempotency", "SELECT, INSERT", visible=own, writable=own),
    ]
