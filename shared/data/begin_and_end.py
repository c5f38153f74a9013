"""How a unit of work begins and ends in the database: a statement each, whatever it is about (docs/adr/0022).

Between them a request sends what its own tables need and nothing else: who is asking and the first answer under its key come
before, the audit, the events and the answer that is kept after it, each at once."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import asyncpg
from pydantic_core import to_json

from shared.data import audit, outbox
from shared.data.session import Session
from shared.data.unit_of_work import KeptBefore, Refusal, UnitOfWork
from shared.observability.metrics import AUDIT_FAILURES
from shared.observability.tracing import current_traceparent

# Row level security reads who is asking from `havn.org`, which ends with the transaction. The lock is tried, not waited for: a
# twin that is still at work is answered 409 at once. Read after the lock was had, in a snapshot of its own: what the twin has
# kept is seen.
_BEGIN_SQL = """DO $do$ BEGIN
CREATE FUNCTION begin_work(
    asking varchar, key bytea, OUT is_ours boolean, OUT first_request bytea, OUT first_answer bytea)
    LANGUAGE plpgsql VOLATILE AS $fn$
BEGIN
    PERFORM set_config('havn.org', asking, true);
    IF key IS NOT NULL THEN
        is_ours := pg_try_advisory_xact_lock(hashtextextended(asking || ':' || encode(key, 'hex'), 0));
        SELECT i.request_hash, i.answer INTO first_request, first_answer
        FROM idempotency AS i WHERE i.org = asking AND i.key_hash = key;
    END IF;
END $fn$;
END $do$"""
# Under a key that nobody has used, as most are: without values, so that PostgreSQL takes it together with BEGIN.
BEGIN_ANEW_SQL: Final = """DO $do$ BEGIN
CREATE FUNCTION begin_anew(asking varchar, key bytea) RETURNS void LANGUAGE plpgsql VOLATILE AS $fn$
DECLARE
    kept record;
BEGIN
    SELECT * INTO kept FROM begin_work(asking, key);
    IF NOT kept.is_ours OR kept.first_request IS NOT NULL THEN
        RAISE EXCEPTION 'The key has been used, or is being used.' USING ERRCODE = 'HV001';
    END IF;
END $fn$;
END $do$"""
# With the rights of who calls: the policies of the tables hold in it. It says whether the answer's key was still free.
_END_SQL = """DO $do$ BEGIN
CREATE FUNCTION end_work(
    audited jsonb, recorded jsonb, trace varchar,
    answered_at timestamptz, key bytea, request bytea, sealed bytea, named bytea[]) RETURNS boolean
    LANGUAGE plpgsql VOLATILE AS $fn$
BEGIN
    IF audited IS NOT NULL THEN
        INSERT INTO audit (at, org, actor, operation, purpose, outcome, subject_id, object_ids, fields, trace_id,
                           issuer, client_id, assurance, criterion, is_replay, status, refusal)
        SELECT at, org, actor, operation, purpose, outcome, subject_id, object_ids, fields, trace_id,
               issuer, client_id, assurance, criterion, is_replay, status, refusal
        FROM jsonb_populate_recordset(NULL::audit, audited) WITH ORDINALITY
        ORDER BY ordinality;
    END IF;
    IF recorded IS NOT NULL THEN
        PERFORM record_events(recorded, trace);
    END IF;
    IF key IS NULL THEN
        RETURN true;
    END IF;
    INSERT INTO idempotency (org, key_hash, request_hash, answer, created_at, about)
    VALUES (havn_org(), key, request, sealed, answered_at, named) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END $fn$;
END $do$"""

# Under a key it fails where the answer's key is taken, so that PostgreSQL takes it together with COMMIT.
END_ANEW_SQL: Final = """DO $do$ BEGIN
CREATE FUNCTION end_anew(
    audited jsonb, recorded jsonb, trace varchar,
    answered_at timestamptz, key bytea, request bytea, sealed bytea, named bytea[]) RETURNS void
    LANGUAGE plpgsql VOLATILE AS $fn$
BEGIN
    IF NOT end_work(audited, recorded, trace, answered_at, key, request, sealed, named) THEN
        RAISE EXCEPTION 'The key has been used meanwhile.' USING ERRCODE = 'HV001';
    END IF;
END $fn$;
END $do$"""

_NAME: Final = re.compile(r"[a-z0-9-]*")
"""What an organisation's id is made of (`shared/contract/directory.py`): nothing that a statement could be made of."""
_KEY_USED: Final = "HV001"
_WITHOUT_A_KEY: Final = KeptBefore(None, None, None)
# PostgreSQL takes `= ANY` of one id for cheaper than of an array that it does not know, and so plans it anew each time, which
# takes longer than to do it.
_PLANNED_ONCE: Final = "; SET LOCAL plan_cache_mode = force_generic_plan"
_END_REFUSED: Final = """SELECT end_work($1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
WHERE pg_current_xact_id_if_assigned() IS NULL"""


class KeyTaken(Exception):
    """Another request has been answered under the same key meanwhile; nothing of this one took effect."""


def functions() -> list[str]:
    """The functions that work begins and ends with, for the migrations of every service."""
    return [_BEGIN_SQL, _END_SQL]


async def begin(session: Session, organisation: str, key: bytes | None, *, asks_by_key: bool = False) -> KeptBefore:
    """Begin a transaction in which the organisation is asking; says what is kept under the hash of the Idempotency-Key, if it has
    one. With `asks_by_key`, what is asked in it is planned once for each connection."""
    if not _NAME.fullmatch(organisation):
        raise ValueError("That is no organisation's id.")
    # Without values PostgreSQL takes several statements at once: to begin and to say who asks is one way there and back.
    planned = _PLANNED_ONCE if asks_by_key else ""
    if key is None:
        await session.change(f"BEGIN; SET LOCAL havn.org = '{organisation}'{planned}", [])
        return _WITHOUT_A_KEY
    try:
        await session.change(f"BEGIN; SELECT begin_anew('{organisation}', '\\x{key.hex()}'){planned}", [])
        return KeptBefore(is_ours=True, request_hash=None, answer=None)
    except asyncpg.PostgresError as error:
        if error.sqlstate != _KEY_USED:
            raise
    await session.change(f"ROLLBACK; BEGIN{planned}", [])
    (found,) = await session.send("SELECT * FROM begin_work($1, $2)", [organisation, key])
    return KeptBefore(*found)


async def end(work: UnitOfWork) -> None:
    """Write what was noted and recorded, keep the answer, and commit, in one message. When it fails, the transaction fails, and
    nothing is shown. Raises KeyTaken."""
    audited, recorded = audit.lines(work), outbox.lines(work)
    if not (audited or recorded or work.answers):
        await work.session.change("COMMIT", [])
        return
    values: list[Any] = [
        to_json(audited).decode() if audited else None,
        to_json(recorded).decode() if recorded else None,
        current_traceparent() if recorded else None,
    ]
    if work.answers:
        (first,) = work.answers
        values += [work.now, first.key_hash, first.request_hash, first.answer, first.about]
    else:
        values += [None] * 5
    try:
        await work.session.change(f"SELECT end_anew({', '.join(map(literal, values))}); COMMIT", [])
    except Exception as error:
        if isinstance(error, asyncpg.PostgresError) and error.sqlstate == _KEY_USED:
            raise KeyTaken from None
        if not isinstance(error, asyncpg.DeadlockDetectedError):  # of two that wait for one another one tries again
            AUDIT_FAILURES.inc()
        raise


def literal(value: str | bytes | datetime | Sequence[bytes] | None) -> str:
    """The value as PostgreSQL reads it in the text of a statement, where there may be several and so no values beside them."""
    match value:
        case None:
            return "NULL"
        case str():
            return "'" + value.replace("'", "''") + "'"  # a backslash is one (`standard_conforming_strings`)
        case bytes():
            return f"'\\x{value.hex()}'"
        case datetime():
            return f"'{value.isoformat()}'"
        case _:
            return "'{" + ",".join(f'"\\\\x{each.hex()}"' for each in value) + "}'"


async def end_refused(work: UnitOfWork, refusal: Refusal) -> bool:
    """End refused work with the note of the refusal and nothing else, if it has changed nothing yet: with its first change
    PostgreSQL gives a transaction its number. Says whether it has ended; if not, the change must be taken back, and the refusal
    be noted in a transaction of its own."""
    if not work.session.has_only_read:  # a row that was locked counts as changed
        return False
    work.forget()
    work.refusals.append(refusal)
    with AUDIT_FAILURES.count_exceptions():
        try:
            ended = await work.session.send(_END_REFUSED, [to_json(audit.lines(work)).decode()])
        except asyncpg.InFailedSQLTransactionError:  # a constraint of the database is what refused it
            return False
    work.forget()
    return bool(ended)
