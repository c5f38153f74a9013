"""Log lines say what happened and where, and never whom it happened to."""

import asyncio
import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr
from typing import Any
from uuid import UUID

import pytest
import structlog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.observability.logs import LOGGED_KEYS, bind_organisation, configure_logging, log
from shared.observability.metrics import exposition
from shared.observability.tracing import consumer_span, current_trace_id

CANARY = "Karla Testesen 711178-1234"
ENVIRONMENTS = ["production", "development"]


class Written:
    """What went to stderr, as text and, in production, as one JSON document a line."""

    def __init__(self) -> None:
        self.stderr = io.StringIO()

    def configure(self, environment: str) -> None:
        with redirect_stderr(self.stderr):
            configure_logging(environment)

    @property
    def text(self) -> str:
        return self.stderr.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        (only,) = self.lines
        return only


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[Written]:
    found = Written()
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    structlog.contextvars.clear_contextvars()
    found.configure("production")
    yield found
    structlog.contextvars.clear_contextvars()
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


class RowRefused(Exception):
    """Stands for a database error: its message carries the row."""


def lose_the_row() -> None:
    name = CANARY
    try:
        raise ValueError(name)
    except ValueError as error:
        raise RowRefused(f"DETAIL: Failing row contains ({name}).") from error


def test_a_line_says_when_and_what_in_utc(written: Written) -> None:
    log.info("referral received", service="referrals", referral_id=UUID(int=1), attempt=2)

    line = written.line
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "referral received",
        "level": "info",
        "logger": "tests.shared.observability.test_logs",
        "service": "referrals",
        "referral_id": "00000000-0000-0000-0000-000000000001",
        "attempt": 2,
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_t099_a_key_nobody_permitted_is_dropped_and_counted(written: Written, environment: str) -> None:
    written.configure(environment)
    before = _dropped()

    log.info("referral received", name=CANARY, path=f"/persons/{CANARY}", service="referrals")

    assert CANARY not in written.text
    assert "Karla" not in written.text
    assert "referrals" in written.text
    assert "dropped_keys" in written.text
    assert _dropped() == before + 2


def test_t099_what_has_an_inside_is_told_by_its_type(written: Written) -> None:
    log.info("referral received", reason={"name": CANARY}, error=ValueError(CANARY), outcome=[CANARY])

    assert (written.line["reason"], written.line["error"], written.line["outcome"]) == (
        "<dict>",
        "<ValueError>",
        "<list>",
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_exception_is_told_by_type_and_place_only(written: Written, environment: str) -> None:
    written.configure(environment)
    try:
        lose_the_row()
    except RowRefused:
        log.exception("event not handled yet")

    assert "Karla" not in written.text
    assert "RowRefused < ValueError" in written.text
    assert "tests.shared.observability.test_logs:" in written.text
    assert "lose_the_row" in written.text
    assert len(written.text.splitlines()) <= 2


@pytest.mark.parametrize("given", [True, "tuple", "exception"])
def test_however_an_exception_is_given_it_is_told_the_same_way(written: Written, given: Any) -> None:
    try:
        lose_the_row()
    except RowRefused as error:
        told = {True: True, "tuple": sys.exc_info(), "exception": error}[given]
        log.error("event not handled yet", exc_info=told)

    assert written.line["exception"].startswith("tests.shared.observability.test_logs.RowRefused")
    assert "Karla" not in written.text


def test_the_members_of_a_group_are_told_by_type(written: Written) -> None:
    log.error("tasks failed", exc_info=ExceptionGroup(CANARY, [RowRefused(CANARY), KeyError(CANARY)]))

    assert written.line["exception"] == "ExceptionGroup(tests.shared.observability.test_logs.RowRefused, KeyError)"


def test_an_exception_of_a_library_is_placed_where_our_code_called_it(written: Written) -> None:
    try:
        consumer_span(object(), "a").__enter__()  # type: ignore[arg-type]
    except Exception:
        log.exception("failed")

    assert written.line["location"].startswith("shared.observability.tracing:")


def foreign_template(library: logging.Logger) -> None:
    library.error("row %s refused", CANARY)


def foreign_text(library: logging.Logger) -> None:
    library.error(f"row {CANARY} refused\nfuture: <Task exception=ValueError('{CANARY}')>")


def foreign_extra(library: logging.Logger) -> None:
    library.error("refused", extra={"name_of_person": CANARY})


def foreign_exception(library: logging.Logger) -> None:
    try:
        lose_the_row()
    except RowRefused:
        library.exception("refused")


def foreign_nonsense(library: logging.Logger) -> None:
    library.error("row %d %d refused", CANARY)


@pytest.mark.parametrize("say", [foreign_template, foreign_text, foreign_extra, foreign_exception, foreign_nonsense])
@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_libraries_put_into_their_lines_is_left_out(
    written: Written, environment: str, say: Callable[[logging.Logger], None]
) -> None:
    written.configure(environment)

    say(logging.getLogger("sqlalchemy.pool"))

    assert ("sqlalchemy.pool" in written.text) is (say is not foreign_nonsense)
    assert "Karla" not in written.text


def test_a_library_is_quoted_by_its_template_and_place(written: Written) -> None:
    foreign_template(logging.getLogger("sqlalchemy.pool"))

    assert written.line["event"] == "row %s refused"
    assert written.line["location"].startswith("sqlalchemy.pool:")
    assert written.line["location"].endswith("foreign_template")


def test_the_libraries_that_run_the_machine_are_quoted_in_full(written: Written) -> None:
    logging.getLogger("aiokafka.consumer").warning("Topic %s is not available", "havn.referrals")

    assert written.line["event"] == "Topic havn.referrals is not available"


def test_an_exception_lost_in_a_task_does_not_tell_its_message(written: Written) -> None:
    loop = asyncio.new_event_loop()
    loop.call_exception_handler({"message": f"in callback({CANARY!r})", "exception": RowRefused(CANARY)})
    loop.close()

    assert written.line["exception"].endswith("RowRefused")
    assert "Karla" not in written.text


def test_a_warning_does_not_tell_the_value_it_warns_of(written: Written) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"unexpected value {CANARY}", UserWarning, stacklevel=1)

    assert written.line["logger"] == "py.warnings"
    assert "Karla" not in written.text


def test_what_ends_the_process_is_logged_without_its_message(written: Written) -> None:
    try:
        lose_the_row()
    except RowRefused as error:
        sys.excepthook(type(error), error, error.__traceback__)

    assert written.line["level"] == "critical"
    assert "Karla" not in written.text


_hostile = st.characters(categories=["Cc", "Zl", "Zp", "Cf", "Cs", "Lu"]) | st.sampled_from("\r\n\x1b\x85\u2028\u202e")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(_hostile))
def test_t099_no_value_starts_a_line_or_speaks_to_the_terminal(written: Written, environment: str, value: str) -> None:
    written.stderr = io.StringIO()
    written.configure(environment)

    log.info(f"said {value}", reason=value, service="referrals")
    logging.getLogger("aiokafka").error("said %s", value)

    assert len(written.text.splitlines()) == 2
    assert not set(written.text) & set("\x1b\x07\x85\u2028\u2029\u202e\r\x00")


def test_a_line_names_the_trace_and_the_organisation_it_belongs_to(written: Written) -> None:
    bind_organisation("ngo-reden")
    with consumer_span("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "handle") as span:
        log.info("event handled")
        assert current_trace_id() == "0af7651916cd43dd8448eb211c80319c"

    assert written.line["org"] == "ngo-reden"
    assert written.line["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert written.line["span_id"] == f"{span.get_span_context().span_id:016x}"


def test_development_reads_as_one_line(written: Written) -> None:
    written.configure("development")

    log.info("referral received", service="referrals")

    assert "referral received" in written.text
    assert not written.text.startswith("{")
    assert len(written.text.splitlines()) == 1


def test_before_logging_is_configured_nothing_unpermitted_is_printed_either(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    logging.getLogger().handlers[:] = [logging.StreamHandler(written.stderr)]

    log.error("referral received", name=CANARY)
    try:
        lose_the_row()
    except RowRefused:
        log.exception("event not handled yet")

    assert "referral received" in written.text
    assert "RowRefused" in written.text
    assert "Karla" not in written.text + capsys.readouterr().out


def test_no_permitted_key_is_the_name_of_something_personal() -> None:
    personal = {"name", "cpr", "alias", "address", "email", "phone", "path", "url", "query", "body", "text", "detail"}

    assert not LOGGED_KEYS & personal


def _dropped() -> float:
    (line,) = [line for line in exposition().splitlines() if line.startswith(b"havn_log_keys_dropped_total")]
    return float(line.split()[-1])
