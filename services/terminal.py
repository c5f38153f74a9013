"""What every command of `havn` goes through: its settings, which services, a database, and how it ends with a sentence."""

import os
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer
from rich.console import Console

from services import NAMES
from shared.kernel.settings import Settings, SettingsInvalid, read_settings

if TYPE_CHECKING:
    from shared.runtime.platform import Development
    from shared.runtime.service import Service

T = TypeVar("T")
TRY, RUN, DEVELOP = "To try it", "To run it", "To work on it"
out = Console(highlight=False)
OneService = Annotated[str | None, typer.Option("--service", help="Only this service; all four without it.")]


def current_settings() -> Settings:
    """What the HAVN_... variables say; where one cannot be, the command ends with the sentence that says which."""
    try:
        settings = read_settings()
    except SettingsInvalid as invalid:
        stop(str(invalid), os.EX_CONFIG)
    from shared.observability.logs import configure_logging

    configure_logging(settings.env)
    return settings


def development_of(settings: Settings) -> "Development | None":
    """The issuer and the clock of a developer's Havn; imported here alone, so that production never has them."""
    if settings.is_production:
        return None
    from shared.contract.directory import organisations
    from shared.dev.development import Development

    return Development(settings, {entry.id: entry.kind for entry in organisations()})


def load_services() -> "Sequence[Service]":
    """All four. It takes a second the first time, so a command does it once nothing else keeps it from running."""
    from services.everything import SERVICES

    return SERVICES


def services_named(name: str | None) -> "list[Service]":
    """The service of this name, or all four; where there is none, the command ends."""
    if name not in (None, *NAMES):
        stop(f"There is no service {name}; there are {', '.join(NAMES)}.")
    return [service for service in load_services() if name in (None, service.name)]


def on_database(
    settings: Settings,
    action: Callable[[str], Coroutine[Any, Any, None]],
    *,
    needs_kafka: bool = False,
    makes_one: bool = False,
) -> None:
    """Do this with the address of the database server, which is started where it is Havn's own; the command ends with a sentence
    where it, or Kafka where that is needed, cannot be reached, and where there is no Havn, unless it `makes_one`."""
    import asyncpg
    from sqlalchemy.exc import DBAPIError

    from shared.data.migrations import DatabaseAway
    from shared.messaging.kafka import reach_kafka
    from shared.runtime.platform import kafka_security
    from shared.runtime.running import database_server, has_run_before

    async def go() -> None:
        if not (makes_one or settings.database_url or await has_run_before(settings)):
            stop(
                f"There is no Havn at {settings.home.absolute()}: HAVN_HOME says where its data are; `havn up` starts one."
            )
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

    run(go)


def run(action: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Do this to its end, and give what comes of it; what Havn refuses to do ends the command with its sentence."""
    import uvloop

    from shared.observability.tracing import configure_tracing
    from shared.runtime.running import REFUSALS, status_of

    configure_tracing("havn", current_settings().otlp_endpoint)
    try:
        return uvloop.run(action())
    except REFUSALS as refusal:
        stop(str(refusal), status_of(refusal))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def stop(sentence: str, status: int = 1) -> NoReturn:
    """End the command with this sentence and status."""
    Console(stderr=True, highlight=False).print(sentence, soft_wrap=True)
    raise typer.Exit(status)
