"""What it costs to read: a list of fifty cases and the status of one, beside the same statements sent by asyncpg alone, in turns
of one run. CPU of one process; what PostgreSQL does is the same for both and is not counted, nor is a client's work: each request
is handed to the application as a server hands it over. As in production, answers are not checked and what the start has made is
left out of the collector's rounds."""

import asyncio
import re
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.figures import Figure, ratio
from benchmarks.lists import CASES, Caller, copy, one_case, share_out
from benchmarks.started import Within, as_in_production, asking, havn_within
from services.identification.case.repository import seen_case
from services.identification.decisions.repository import decisions_of
from shared.contract.organisations import CENTRE
from shared.data.database import address_of, service_url
from shared.identity.actor import Actor, Role

ROUNDS, CALLS, SOME = 15, 100, 60
END = "SELECT end_work($1, NULL, NULL, NULL, NULL, NULL, NULL, NULL)"
AUDITED = re.compile(r"end_anew\('((?:[^']|'')*)'")
Statements = list[tuple[str, list[Any]]]
Call = Callable[[], Awaitable[Any]]


async def _sent(havn: Within, call: Call) -> Statements:
    """The statements of one such call. A session sends nothing past `on_statement`."""
    database, sent = havn.application.databases["identification"], Statements()
    database.on_statement = lambda text, values: sent.append((text, list(values)))
    await call()
    database.on_statement = lambda *_: None
    return sent


async def _read_before(havn: Within, case_id: UUID) -> Statements:
    """What was read for a status until 2026-11-29: the case, and its decisions."""
    centre = replace(Actor.system("identification"), org=CENTRE)

    async def read() -> None:
        async with havn.application.databases["identification"].transaction(centre, only_reads=True) as work:
            await seen_case(work, case_id)
            await decisions_of(work, [case_id])

    _, *reads, _ = await _sent(havn, read)
    return reads


async def _cpu(call: Call) -> float:
    """Microseconds of this process for one call."""
    started = time.process_time()
    for _ in range(CALLS):
        await call()
    return (time.process_time() - started) / CALLS * 1e6


def _raw(connection: "asyncpg.Connection[Any]", statements: Statements) -> Call:
    """The same by asyncpg alone, as Havn itself sent it until 2026-11-29: the audit is a statement with a value, and COMMIT a
    message of its own; so that a Havn that sends less is faster for it."""
    (begin, _), *others, (ending, _) = statements
    audited = AUDITED.findall(ending)
    assert len(audited) == 1, ending

    async def send() -> None:
        await connection.execute(begin)
        for text, values in [*others, (END, audited)]:
            await connection.fetch(text, *values)
        await connection.execute("COMMIT")

    return send


async def _measure(
    havn: Within, token: str, path: str, connection: "asyncpg.Connection[Any]", before: Statements
) -> tuple[int, str]:
    """How many statements it took `before` the goal was set, or takes; and the ratio of CPU to those."""
    ask = asking(havn.application, token, path)
    assert (await ask())[0] == 200
    begin, *reads, ending = await _sent(havn, ask)
    statements = [begin, *(before or reads), ending]
    send = _raw(connection, statements)
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(await _cpu(ask))
        theirs.append(await _cpu(send))
        print(f"{path.partition('?')[0]}: {ours[-1]:.0f} us beside {theirs[-1]:.0f} us", flush=True)
    return len(statements), ratio(ours, theirs)


async def _run(home: Path) -> list[Figure]:
    async with havn_within(home, "identification") as havn:
        platform = havn.application.platform
        token = havn.development.issuer.token("cmm", roles=[Role.CASEWORKER, Role.DECIDER])
        caller = Caller(havn.client, token)
        case_id = await one_case(caller, havn.database)
        await copy(havn.database, case_id, range(1, SOME))
        await share_out(havn.database)
        await asyncio.sleep(2)  # what the first case called for is done
        url = service_url(platform.server_url, "identification", role_password=platform.runtime_password)
        connection = await asyncpg.connect(address_of(url))
        figures = []
        with as_in_production():
            status = f"{CASES}/{case_id}/status?purpose=identification"
            for what, path, goal, before in (
                ("list of 50 cases", CASES, "<= 5", []),
                ("status of a case", status, "<= 2.5", await _read_before(havn, case_id)),
                ("status of a case", status, "", []),
            ):
                statements, found = await _measure(havn, token, path, connection, before)
                beside = f"its {statements} statements{' of 2026-11-28' if before else ''} through asyncpg"
                figures.append(Figure("reads", f"{what}, CPU", beside, found, goal))
        await connection.close()
    return figures


def main() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="havn-reads-") as folder:
        return asyncio.run(_run(Path(folder)))
