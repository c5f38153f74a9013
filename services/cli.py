"""The command `havn`. Every command explains itself: `havn COMMAND --help`."""

import os
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from shared.kernel.settings import Settings, SettingsInvalid, read_settings

if TYPE_CHECKING:
    from shared.runtime.platform import Development
    from shared.runtime.service import Service

T = TypeVar("T")
TRY, RUN, DEVELOP = "To try it", "To run it", "To work on it"
app = typer.Typer(
    help="Havn (Danish: harbour) carries a national effort against trafficking in human beings.\n\n"
    "Try first: `havn up` in one terminal, `havn demo` in another; then open http://127.0.0.1:8000.\n\n"
    "Settings are HAVN_... variables; docs/operations.md lists them. Each command explains itself: `havn COMMAND --help`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
dead_letters = typer.Typer(
    help="Events that could not be handled: look at them, and try them again.", no_args_is_help=True
)
events = typer.Typer(
    help="The history of events, from which a broker that lost everything is refilled.", no_args_is_help=True
)
routing = typer.Typer(help="The table that says who decides on a person.", no_args_is_help=True)
retention = typer.Typer(help="What was erased, and how it stays so after a backup was restored.", no_args_is_help=True)
app.add_typer(dead_letters, name="dead-letters", rich_help_panel=RUN)
app.add_typer(events, name="events", rich_help_panel=RUN)
app.add_typer(retention, name="retention", rich_help_panel=RUN)
app.add_typer(routing, name="routing", rich_help_panel=DEVELOP)
out = Console(highlight=False)

OneService = Annotated[str | None, typer.Option("--service", help="Only this service; all four without it.")]


def _say_release(is_asked: bool) -> None:
    if not is_asked:
        return
    from shared.kernel.release import release

    found = release(_settings())
    print(f"havn {found['version']} ({found['commit'] or 'a working copy'})")  # noqa: T201
    raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=_say_release, is_eager=True, help="Say version and commit.")
    ] = False,
) -> None:
    # The help is the application's own.
    return


@app.command(rich_help_panel=TRY)
def up(
    seed: Annotated[
        bool,
        typer.Option("--seed", help="On a new home, play a police raid up to today, so that there are people in it."),
    ] = False,
) -> None:
    """Start everything in this process: database, four services, development issuer. Ctrl-C ends it in order."""
    import asyncio

    from services.everything import SERVICES
    from services.welcome import welcome_page
    from shared.runtime.running import has_run_before, run_everything

    settings = _settings()
    if seed and settings.is_production:
        _stop("What --seed plays is made up; a Havn in production starts without it.", os.EX_CONFIG)

    async def go() -> None:
        is_seeded = seed and not await has_run_before(settings)
        seeding = list[asyncio.Task[None]]()

        def ready() -> None:
            _say_where(settings)
            if is_seeded:
                seeding.append(asyncio.create_task(_seed(settings)))

        await run_everything(
            SERVICES,
            settings,
            ready,
            development=_development(settings),
            welcome=welcome_page([service.name for service in SERVICES], settings),
        )

    _run(go)


@app.command(rich_help_panel=TRY)
def demo() -> None:
    """Play a police raid from referral to figure as its partners do, a line per step.

    Plays against a running Havn at HAVN_PORT; when there is none, starts one of its own on a database that is thrown away."""
    from services.demo.play import play

    sys.exit(play(_settings(), out))


@app.command(rich_help_panel=TRY)
def token(
    organisation: Annotated[
        str, typer.Argument(help="The organisation's id, e.g. politi-oestjylland, cmm, us, reden.")
    ],
    role: Annotated[list[str] | None, typer.Option(help="A role, e.g. decider; repeat for more.")] = None,
    scope: Annotated[str | None, typer.Option(help="Scopes with spaces between; all of the kind without it.")] = None,
    assurance: Annotated[str, typer.Option(help="NSIS level of assurance: low, substantial, high.")] = "substantial",
) -> None:
    """Print an access token from the development issuer of a running Havn.

    Example: curl -H "Authorization: Bearer $(havn token cmm)" http://127.0.0.1:8000/identification/v1/cases"""
    import httpx

    asked: dict[str, Any] = {"grant_type": "client_credentials", "client_id": organisation, "client_secret": "dev"}
    asked |= {"role": role or ["caseworker"], "nsis_loa": assurance} | ({"scope": scope} if scope else {})
    address = f"{_settings().origin}/oidc/token"
    try:
        answer = httpx.post(address, data=asked, trust_env=False, timeout=5)
        granted = answer.json()
    except httpx.HTTPError:
        _stop(f"No Havn answers at {address}; start one with `havn up`.")
    except ValueError:
        _stop(f"What answers at {address} is no Havn for development; start one with `havn up`, or set HAVN_PORT.")
    if answer.status_code != 200:
        _stop(
            f"The issuer refused: {granted.get('error_description') or granted.get('error') or granted.get('detail')}"
        )
    print(granted["access_token"])  # noqa: T201  (the token alone, for use in a command line)


@app.command(rich_help_panel=RUN)
def migrate() -> None:
    """Make the databases, runtime roles and Kafka topics that are missing, and bring all to this version."""
    from services.everything import SERVICES
    from shared.runtime.running import migrate_all

    settings = _settings()

    async def go(server_url: str) -> None:
        changed = await migrate_all([service.name for service in SERVICES], settings, server_url)
        out.print(f"Migrated: {', '.join(changed)}." if changed else "Everything was up to date.")

    _on_database(settings, go, needs_kafka=True)


@app.command(rich_help_panel=DEVELOP)
def contract(
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("docs"),
) -> None:
    """Write the public contract: OpenAPI of each service, AsyncAPI of the events, and docs/events.md."""
    from services.everything import SERVICES
    from shared.runtime.published import write_contract

    try:
        for written in write_contract(folder, SERVICES):
            out.print(f"wrote {written}")
    except OSError as error:
        _stop(f"{folder} cannot be written ({error.strerror}); choose another with --folder.")


@app.command("keycloak-realm", rich_help_panel=RUN)
def print_realm(
    development: Annotated[
        bool, typer.Option("--development", help="Every secret is `dev`; for compose and clusters to try Havn on.")
    ] = False,
    municipality: Annotated[
        list[str] | None, typer.Option(help="Of the municipalities this one, by code; repeat for more. All without it.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="Where to write; Keycloak wants it to be havn-realm.json.")] = None,
) -> None:
    """Print a Keycloak realm with a client for each organisation of the directory and each service, to be imported.

    Without --development it holds no secret: Keycloak makes each client's own. docs/operations.md says how to connect people."""
    import json

    from services.everything import SERVICES
    from shared.identity.keycloak_realm import keycloak_realm

    names = [service.name for service in SERVICES]
    realm = json.dumps(keycloak_realm(names, is_development=development, municipalities=municipality or None))
    if not file:
        print(realm)  # noqa: T201  (for a file)
        return
    try:
        file.write_text(realm + "\n")
    except OSError as error:
        _stop(f"{file} cannot be written ({error.strerror}); choose another with --file.")


@dead_letters.command("list")
def list_dead_letters(service: OneService = None) -> None:
    """Show what waits for a replay, with the reason."""
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        table = Table("service", "event", "type", "case", "sequence", "attempts", "reason")
        for each in _named(service):
            for letter in await upkeep.list_dead_letters(each, _settings(), server_url):
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

    _on_database(_settings(), go)


@dead_letters.command("replay")
def replay_dead_letters(service: OneService = None) -> None:
    """Try the dead letters again, in order per case. Needs a running Havn, whose services are asked for what is needed."""
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        for each in _named(service):
            done, remaining = await upkeep.replay_dead_letters(each, _settings(), server_url)
            out.print(f"{each.name}: {done} took effect, {remaining} remain.")

    _on_database(_settings(), go)


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
        for each in _named(service):
            count = await upkeep.replay_events(each, _settings(), server_url, since=begin)
            out.print(f"{each.name}: {count} events are in the queue; its relay sends them.")

    _on_database(_settings(), go)


@events.command("check")
def check_events() -> None:
    """Hold every stored case against its own history: folded, the events must give the same case. Exit status 1 if not."""
    from services.identification.app import service
    from services.identification.overview import history
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, _settings(), server_url) as work:
            count, found = await history.compare(work)
        for each in found:
            out.print(f"{each.case_id}: {', '.join(each.fields)} differ from what was published.", soft_wrap=True)
        if found:
            _stop(f"{len(found)} of {count} cases are not as their history tells.")
        out.print(f"{count} cases are as their history tells.")

    _on_database(_settings(), go)


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
        _stop(str(invalid))

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, _settings(), server_url) as work:
            count, found = await replay(work, proposed)
        for each in found:
            out.print(str(each), soft_wrap=True)
        out.print(f"{proposed.version}: {len(found)} of {count} cases would be routed differently.")

    _on_database(_settings(), go)


@retention.command("ledger")
def print_ledger() -> None:
    """Print the ids of all cases whose key was destroyed, one a line. Keep it outside the backups of the database."""
    from services.identification.app import service
    from services.identification.retention.repository import erased_keys
    from shared.runtime import operations as upkeep

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, _settings(), server_url) as work:
            for case_id in await erased_keys(work):
                print(case_id)  # noqa: T201  (ids alone, for a file)

    _on_database(_settings(), go)


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
        _stop(f"{ledger} is no list of ids, one a line; `havn retention ledger` prints one.")

    async def go(server_url: str) -> None:
        async with upkeep.transaction_of(service, _settings(), server_url) as work:
            again = await reapply(work, case_ids)
        out.print(f"{again} of {len(case_ids)} keys had come back and were destroyed again.")

    _on_database(_settings(), go)


def _settings() -> Settings:
    try:
        settings = read_settings()
    except SettingsInvalid as invalid:
        _stop(str(invalid), os.EX_CONFIG)
    from shared.observability.logs import configure_logging

    configure_logging(settings.env)
    return settings


def _development(settings: Settings) -> "Development | None":
    """The issuer and the clock of a developer's Havn; imported here alone, so that production never has them."""
    if settings.is_production:
        return None
    from shared.contract.directory import organisations
    from shared.dev.development import Development

    return Development(settings, {entry.id: entry.kind for entry in organisations()})


async def _seed(settings: Settings) -> None:
    """Play the raid against the Havn that this process serves. Where it stops, what has been played stays, and Havn runs on."""
    from datetime import UTC

    import httpx

    from services.demo.play import Partners
    from services.demo.raid import StepFailed
    from services.demo.seed import seed

    try:
        async with httpx.AsyncClient(base_url=settings.origin, trust_env=False, timeout=30) as client:
            raid = await seed(Partners(client).ask, lambda: datetime.now(UTC))
    except (StepFailed, httpx.HTTPError) as error:
        out.print(f"  seeded       not wholly, the story stopped: {error}", style="red", soft_wrap=True)
        return
    out.print(f"  seeded       referral {raid.referral_id}: three women, two decisions that count, two in a shelter")


def _named(name: str | None) -> "list[Service]":
    from services.everything import SERVICES

    found = [service for service in SERVICES if name in (None, service.name)]
    if not found:
        _stop(f"There is no service {name}; there are {', '.join(service.name for service in SERVICES)}.")
    return found


def _on_database(
    settings: Settings, action: Callable[[str], Coroutine[Any, Any, None]], *, needs_kafka: bool = False
) -> None:
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    from shared.data.migrations import DatabaseAway
    from shared.messaging.kafka import reach_kafka
    from shared.runtime.platform import kafka_security
    from shared.runtime.running import database_server

    async def go() -> None:
        if needs_kafka and settings.kafka:
            await reach_kafka(settings.kafka, kafka_security(settings))
        async with database_server(settings) as server_url:
            try:
                await action(server_url)
            except (DBAPIError, asyncpg.PostgresError) as error:
                where = "HAVN_DATABASE_URL" if settings.database_url else str(settings.home.absolute())
                raise DatabaseAway(
                    f"The databases at {where} cannot be used ({type(error).__name__}); run `havn migrate` first."
                ) from None
            except BrokenPipeError:  # whoever reads what we print has read enough
                raise
            except OSError as error:
                raise DatabaseAway(
                    f"The database server does not answer ({type(error).__name__}); look at HAVN_DATABASE_URL."
                ) from None

    _run(go)


def _run(action: Callable[[], Coroutine[Any, Any, T]]) -> T:
    import uvloop

    from shared.observability.tracing import configure_tracing
    from shared.runtime.running import REFUSALS, status_of

    configure_tracing("havn", _settings().otlp_endpoint)
    try:
        return uvloop.run(action())
    except REFUSALS as refusal:
        _stop(str(refusal), status_of(refusal))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _stop(sentence: str, status: int = 1) -> NoReturn:
    Console(stderr=True, highlight=False).print(sentence, soft_wrap=True)
    raise typer.Exit(status)


def _say_where(settings: Settings) -> None:
    origin = settings.origin
    if settings.is_production:
        out.print(f"[bold]Havn is open[/bold] at {origin}; health at port {settings.operations}.", soft_wrap=True)
        return
    from services.everything import SERVICES

    docs = "\n".join(f"               {origin}/{service.name}/docs" for service in SERVICES)
    out.print(
        f"""[bold]Havn is open[/bold] at {origin}, data in {settings.home.absolute()}. Ctrl-C ends it.

  what it is   {origin}
  API docs     {docs.strip()}
  issuer       {origin}/oidc/.well-known/openid-configuration
  a token      havn token politi-oestjylland
  try          curl -s -H "Authorization: Bearer $(havn token politi-oestjylland)" '{origin}/referrals/v1/organisations?limit=3'
  a story      havn demo""",
        soft_wrap=True,
    )


if __name__ == "__main__":
    app()
