"""Log lines, built by permission: a key that is not in `LOGGED_KEYS` is dropped and counted, an exception is named by
its type and place (the message of a database error carries the row), and no character can start a line of its own."""

import logging
import re
import sys
import traceback
from datetime import date
from types import TracebackType
from typing import Any
from uuid import UUID

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.observability.metrics import LOG_KEYS_DROPPED

log: structlog.stdlib.BoundLogger = structlog.get_logger()

LOGGED_KEYS = (
    frozenset({"event", "level", "logger", "timestamp", "trace_id", "span_id", "org", "dropped_keys"})
    | {"exception", "location", "error", "reason", "outcome", "attempt", "attempts"}
    | {"service", "environment", "host", "port", "version", "revision", "signal"}
    | {"method", "route", "status", "duration_ms", "operation", "resource", "resource_id"}
    | {"client_id", "token_id", "issuer", "kid", "scope", "role", "kind"}
    | {"event_id", "event_type", "topic", "partition", "offset", "group", "sequence", "dead_letter_id"}
    | {"case_id", "referral_id", "placement_id", "place_id"}
    | {"count", "taken", "of", "expected", "messages", "pending", "lag", "bytes"}
    | {"seconds", "oldest_seconds", "pause_seconds"}
)
LONGEST_VALUE = 500
# C0, DEL, C1, and what breaks or turns a line: none may reach a terminal or a log shipper as itself.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
# These speak of connections, topics and revisions only. What other libraries say may hold a row or a name.
_SPEAK_FREELY = ("aiokafka", "alembic", "opentelemetry", "uvicorn.error")
# What these tell at INFO (each migration step, each outgoing request) we tell ourselves, in our own words.
_WARN_ONLY = ("alembic", "httpcore", "httpx", "uvicorn.error")
_FORMATTERS_OWN = frozenset({"_record", "_from_structlog"})
_LONGEST_CHAIN = 5


def configure_logging(environment: str) -> None:
    """Send every log line of this process to stderr: JSON, or one readable line where `environment` is development."""
    in_development = environment == "development"
    renderer: Processor = structlog.processors.JSONRenderer()
    if in_development:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_withhold_foreign_text, *_EVERY_LINE],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for chatty in _WARN_ONLY:
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    # A line that cannot be formatted is otherwise printed with its arguments, past everything above.
    logging.raiseExceptions = False
    if not in_development:
        sys.excepthook = _log_uncaught


def bind_organisation(organisation: str) -> None:
    """Every further log line of this request or event names the organisation."""
    structlog.contextvars.bind_contextvars(org=organisation)


def error_type(error: BaseException) -> str:
    """The type with its module: all of an exception that may be written down."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _log_uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, where)
        return
    log.critical("stopped by an uncaught exception", exc_info=(kind, error, where))


def _withhold_foreign_text(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Keep of another library's line its template, or only its place when the text was made beforehand (asyncio's
    "Task exception was never retrieved" goes on to quote the exception)."""
    record: logging.LogRecord = line["_record"]
    line["location"] = f"{record.name}:{record.lineno} {record.funcName}"
    if record.name.startswith(_SPEAK_FREELY):
        return line
    template = str(record.msg)
    had_arguments = line["event"] != template
    line["event"] = template if had_arguments else "(text withheld)"
    return line


def _name_the_trace(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    span = trace.get_current_span().get_span_context()
    if span.is_valid:
        line["trace_id"] = trace.format_trace_id(span.trace_id)
        line["span_id"] = trace.format_span_id(span.span_id)
    return line


def _name_exception_by_place(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        line["exception"] = " < ".join(_chain(error))
        line["location"] = _place(error)
    return line


def _chain(error: BaseException) -> list[str]:
    """The exception, then what caused it."""
    types: list[str] = []
    following: BaseException | None = error
    while following is not None and len(types) < _LONGEST_CHAIN:
        members = following.exceptions if isinstance(following, BaseExceptionGroup) else ()
        within = f"({', '.join(error_type(member) for member in members[:_LONGEST_CHAIN])})" if members else ""
        types.append(error_type(following) + within)
        following = following.__cause__ or (None if following.__suppress_context__ else following.__context__)
    return types


def _place(error: BaseException) -> str:
    """Where it was raised, by module: the innermost line of our own code, or else the innermost line."""
    frames = [(frame.f_globals.get("__name__", "?"), line, frame.f_code.co_name) for frame, line in _frames(error)]
    ours = [frame for frame in frames if frame[0].startswith(("services.", "shared."))]
    for module, line, function in (ours or frames)[-1:]:
        return f"{module}:{line} {function}"
    return "unknown"


def _frames(error: BaseException) -> list[tuple[Any, int]]:
    return list(traceback.walk_tb(error.__traceback__))


def _keep_what_is_permitted(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    kept: EventDict = {}
    for key, value in line.items():
        if key in LOGGED_KEYS:
            kept[key] = _plain(value)
        elif key in _FORMATTERS_OWN:
            kept[key] = value
    dropped = len(line) - len(kept)
    if dropped:
        LOG_KEYS_DROPPED.inc(dropped)
        kept["dropped_keys"] = dropped
    return kept


def _plain(value: Any) -> Any:
    """A number as it is, a text on one line; anything with an inside only by the name of its type."""
    if value is None or isinstance(value, bool | float) or type(value) is int:
        return value
    if isinstance(value, str | UUID | date | int):
        return _CONTROL.sub(lambda found: f"\\u{ord(found.group()):04x}", str(value)[:LONGEST_VALUE])
    return f"<{type(value).__name__}>"


_EVERY_LINE: list[Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _name_the_trace,
    _name_exception_by_place,
    _keep_what_is_permitted,
]


class _Logger(structlog.stdlib.BoundLogger):
    def exception(self, event: str | None = None, *args: Any, **kw: Any) -> None:
        """As `error`: the standard library's own `exception` hands the traceback, and so the message, to any handler."""
        self.error(event, *args, **({"exc_info": True} | kw))


# At import, not in configure_logging: structlog's defaults would print whatever they are given.
structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_EVERY_LINE,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=_Logger,
    cache_logger_on_first_use=False,
)
