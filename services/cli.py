"""The command `havn`. Every command explains itself: `havn COMMAND --help`."""

import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from services import NAMES, repairs
from services.terminal import (
    DEVELOP,
    RUN,
    TRY,
    current_settings,
    development_of,
    load_services,
    on_database,
    out,
    run,
    stop,
)
from shared.kernel.settings import Settings

app = typer.Typer(
    help="Havn (Danish: harbour) carries a national effort against trafficking in human beings.\n\n"
    "Try first: `havn up` in one terminal, `havn demo` in another; then open http://127.0.0.1:8000.\n\n"
    "Settings are HAVN_... variables; docs/operations.md lists them. Each command explains itself: `havn COMMAND --help`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(repairs.dead_letters, name="dead-letters", rich_help_panel=RUN)
app.add_typer(repairs.events, name="events", rich_help_panel=RUN)
app.add_typer(repairs.retention, name="retention", rich_help_panel=RUN)
app.add_typer(repairs.routing, name="routing", rich_help_panel=DEVELOP)


def _say_release(is_asked: bool) -> None:
    if not is_asked:
        return
    from shared.kernel.release import release

    found = release(current_settings())
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
    settings = current_settings()
    if seed and settings.is_production:
        stop("What --seed plays is made up; a Havn in production starts without it.", os.EX_CONFIG)

    import asyncio

    from services.welcome import welcome_page
    from shared.runtime.running import has_run_before, run_everything

    async def go() -> None:
        is_seeded = seed and not await has_run_before(settings)
        seeding = list[asyncio.Task[None]]()

        def ready() -> None:
            _say_where(settings)
            if is_seeded:
                seeding.append(asyncio.create_task(_seed(settings)))

        await run_everything(
            NAMES,
            load_services,
            settings,
            ready,
            development=development_of(settings),
            welcome=welcome_page(NAMES, settings),
        )

    run(go)


@app.command(rich_help_panel=TRY)
def demo() -> None:
    """Play a police raid from referral to figure as its partners do, a line per step.

    Plays against a running Havn at HAVN_PORT; when there is none, starts one of its own on a database that is thrown away."""
    from services.demo.play import play

    sys.exit(play(current_settings(), out))


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
    address = f"{current_settings().origin}/oidc/token"
    try:
        answer = httpx.post(address, data=asked, trust_env=False, timeout=5)
        granted = answer.json()
    except httpx.HTTPError:
        stop(f"No Havn answers at {address}; start one with `havn up`.")
    except ValueError:
        stop(f"What answers at {address} is no Havn for development; start one with `havn up`, or set HAVN_PORT.")
    if answer.status_code != 200:
        stop(f"The issuer refused: {granted.get('error_description') or granted.get('error') or granted.get('detail')}")
    print(granted["access_token"])  # noqa: T201  (the token alone, for use in a command line)


@app.command(rich_help_panel=RUN)
def migrate() -> None:
    """Make the databases, runtime roles and Kafka topics that are missing, and bring all to this version."""
    settings = current_settings()

    from shared.runtime.running import migrate_all

    async def go(server_url: str) -> None:
        changed = await migrate_all(NAMES, settings, server_url)
        out.print(f"Migrated: {', '.join(changed)}." if changed else "Everything was up to date.")

    on_database(settings, go, needs_kafka=True, makes_one=True)


@app.command(rich_help_panel=DEVELOP)
def contract(
    folder: Annotated[Path, typer.Option(help="Where to write.")] = Path("docs"),
) -> None:
    """Write the public contract: OpenAPI of each service, AsyncAPI of the events, and docs/events.md."""
    from shared.runtime.published import write_contract

    try:
        for written in write_contract(folder, load_services()):
            out.print(f"wrote {written}")
    except OSError as error:
        stop(f"{folder} cannot be written ({error.strerror}); choose another with --folder.")


@app.command(rich_help_panel=RUN)
def serve() -> None:
    """Run each service's API and worker as a process of its own, on this machine. Needs Kafka, and `havn migrate` first.

    The APIs of accommodation, identification, referrals and stats listen at HAVN_PORT and the three ports after it, the workers'
    health is at the four after those. What ends is started again; SIGTERM ends all in order. They share the memory of what all of
    them have loaded."""
    settings = current_settings()

    from shared.runtime.forking import Forked
    from shared.runtime.running import REFUSALS, parts_of, status_of

    try:
        parts = parts_of(load_services(), settings)
    except REFUSALS as refusal:
        stop(str(refusal), status_of(refusal))
    Forked(parts).supervise()()


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

    from shared.identity.keycloak_realm import keycloak_realm

    realm = json.dumps(keycloak_realm(NAMES, is_development=development, municipalities=municipality or None))
    if not file:
        print(realm)  # noqa: T201  (for a file)
        return
    try:
        file.write_text(realm + "\n")
    except OSError as error:
        stop(f"{file} cannot be written ({error.strerror}); choose another with --file.")


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


def _say_where(settings: Settings) -> None:
    origin = settings.origin
    if settings.is_production:
        out.print(f"[bold]Havn is open[/bold] at {origin}; health at port {settings.operations}.", soft_wrap=True)
        return
    docs = "\n".join(f"               {origin}/{name}/docs" for name in NAMES)
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
