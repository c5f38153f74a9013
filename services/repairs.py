"""The commands of `havn` for what stayed behind or is done again: dead letters, events, routing, erasures."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from services.terminal import OneService, current_settings, load_services, on_database, out, services_named, stop

PROGRESS_SECONDS = 2.0

dead_letters = typer.Typer(
    help="Events that could not be handled: look at them, and try them again.", no_args_is_help=True
)
events = typer.Typer(
    help="The history of events, from which a broker that lost everything is refilled.", no_args_is_help=True
)
routing = typer.Typer(help="The table that says who decides on a person.", no_args_is_help=True)
retention = typer.Typer(help="What was erased, and how it stays so after a backup was restored.", no_args_is_help=True)


@dead_letters.command("list")
def list_dead_letters(service: OneService = None) -> None:
    """Show what waits for a replay, with the reason."""
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        table = Table("service", "event", "type", "case", "sequence", "attempts", "reason")
        for each in services_named(service):
            for letter in await upkeep.list_dead_letters(each, current_settings(), server_url):
                table.add_row(
                    each.name,
                    letter.event_id,
                    letter.type,
                    letter.key,
                    str(letter.sequence),
                    str(letter.attempts),
                    letter.reason,
                )
        out.print(table if table.row_count else "No dead letters.")

    on_database(current_settings(), go)


@dead_letters.command("replay")
def replay_dead_letters(service: OneService = None) -> None:
    """Try the dead letters again, in order per case. Needs a running Havn, whose services are asked for what is needed."""
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        for each in services_named(service):
            done, remaining = await upkeep.replay_dead_letters(each, current_settings(), server_url)
            out.print(f"{each.name}: {done} took effect, {remaining} remain.")

    on_database(current_settings(), go)


@events.command("replay")
def replay_events(
    service: OneService = None,
    since: Annotated[datetime | None, typer.Option(help="Only what became true at or after this time (UTC).")] = None,
) -> None:
    """Send the history again. Whoever has handled an event passes it by; a broker that lost everything is full again."""
    from datetime import UTC

    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        begin = since.replace(tzinfo=UTC) if since else None
        for each in services_named(service):
            count = await upkeep.replay_events(each, current_settings(), server_url, since=begin)
            out.print(
                f"{each.name}: {count} events are put back in the queue, besides what waits there; its relay sends them."
            )

    on_database(current_settings(), go)


@events.command("rebuild")
def rebuild() -> None:
    """Make the statistics anew: empty their tables, and take all events of all services once more, with a line of progress.
    Until it has ended, figures are incomplete. Needs the address of the databases' owner, as `havn migrate` does."""
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        for each in load_services():
            if each.is_made_of_events:
                count = await upkeep.rebuild(each, current_settings(), server_url, progress=_progress_of(each.name))
                left = len(await upkeep.list_dead_letters(each, current_settings(), server_url))
                aside = f"; {left} are put aside, see `havn dead-letters list`" if left else ""
                out.print(f"{each.name}: made anew from {count:,} events{aside}.")

    on_database(current_settings(), go)


def _progress_of(service: str) -> Callable[[int, int], None]:
    """Prints how far it is, at most once in PROGRESS_SECONDS."""
    began = said_at = time.monotonic()

    def say(taken: int, of: int) -> None:
        nonlocal said_at
        now = time.monotonic()
        if now - said_at >= PROGRESS_SECONDS:
            said_at = now
            out.print(f"{service}: {taken:,} of {of:,} events, {taken / (now - began):,.0f} a second.")

    return say


@events.command("check")
def check_events() -> None:
    """Hold every stored case against its own history: folded, the events must give the same case. Exit status 1 if not."""
    from services.identification.app import service
    from services.identification.overview import history
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, current_settings(), server_url) as work:
            count, found = await history.compare(work)
        for each in found:
            out.print(f"{each.case_id}: {', '.join(each.fields)} differ from what was published.", soft_wrap=True)
        if found:
            stop(f"{len(found)} of {count} cases are not as their history tells.")
        out.print(f"{count} cases are as their history tells.")

    on_database(current_settings(), go)


@routing.command("replay")
def replay_routing(
    table: Annotated[
        Path, typer.Option(help="The proposed table: a file like services/identification/tables/routing-2021.json.")
    ],
) -> None:
    """Try a proposed routing table on what was known of every case, and show which would be routed differently.

    Nothing is changed and no personal data is opened."""
    from services.identification.app import service
    from services.identification.routing.domain import load_table
    from services.identification.routing.replay import replay
    from shared.rules.decision_tables import TableInvalid
    from shared.runtime import operations as upkeep

    try:
        proposed = load_table(table)
    except TableInvalid as invalid:
        stop(str(invalid))

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, current_settings(), server_url) as work:
            count, found = await replay(work, proposed)
        for each in found:
            out.print(str(each), soft_wrap=True)
        out.print(f"{proposed.version}: {len(found)} of {count} cases would be routed differently.")

    on_database(current_settings(), go)


@retention.command("ledger")
def print_ledger() -> None:
    """Print the ids of all cases whose key was destroyed, one a line. Keep it outside the backups of the database."""
    from services.identification.app import service
    from services.identification.retention.repository import erased_keys
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, current_settings(), server_url) as work:
            for case_id in await erased_keys(work):
                print(case_id)  # noqa: T201  (ids alone, for a file)

    on_database(current_settings(), go)


@retention.command("reapply")
def reapply_ledger(ledger: Annotated[Path, typer.Argument(help="What `havn retention ledger` printed.")]) -> None:
    """After a backup was restored: destroy the keys again that came back with it."""
    from uuid import UUID

    from services.identification.app import service
    from services.identification.retention.domain import reapply
    from shared.runtime import operations as upkeep

    try:
        case_ids = [UUID(line) for line in ledger.read_text().split()]
    except (OSError, ValueError):
        stop(f"{ledger} is no list of ids, one a line; `havn retention ledger` prints one.")

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, current_settings(), server_url) as work:
            again = await reapply(work, case_ids)
        out.print(f"{again} of {len(case_ids)} keys had come back and were destroyed again.")

    on_database(current_settings(), go)
