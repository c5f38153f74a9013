"""The published examples are requests that the services accept, and the headers that are declared are those that work."""

import pytest

from tests.contracts.operations import OPERATIONS
from tests.contracts.walk import Walked, walk_through
from tests.world import World


@pytest.fixture(scope="module")
async def walked(house_of_all: World) -> list[Walked]:
    """Every operation, called with success: what fails here is an example that its service does not accept."""
    await house_of_all.forget_everything()
    return await walk_through(house_of_all)


def test_every_body_has_an_example() -> None:
    without = [
        each.name for each in OPERATIONS if each.body_schema is not None and not each.body_schema.get("examples")
    ]
    assert not without, "add `model_config = example(...)` to the body in schemas.py"


def test_every_operation_is_called(walked: list[Walked]) -> None:
    called = {each.described.name for each in walked}
    missing = [operation.name for operation in OPERATIONS if operation.name not in called]
    assert not missing, "add a step to tests/contracts/walk.py"


def test_every_example_is_accepted_as_it_is(walked: list[Walked]) -> None:
    accepted = {each.described.name for each in walked if not each.step.changes}
    assert accepted >= {operation.name for operation in OPERATIONS if operation.body_schema is not None}


def test_if_match_is_declared_where_it_is_honoured(walked: list[Walked]) -> None:
    for each in walked:
        operation = each.described
        assert operation.declares("if-match") == (each.stale is not None)
        if each.stale is not None:
            assert (operation.name, each.stale.status_code) == (operation.name, 412), each.stale.text
        if each.unmatched is not None:
            assert (operation.name, each.unmatched.status_code) == (operation.name, 428), each.unmatched.text


_ALL_AT_ONCE = "GET /identification/v1/indicator-sets"
"""The tables in force, which are a handful: there is no next page, and `next_cursor` is always null."""


def test_every_list_takes_the_cursor_that_it_gives() -> None:
    lists = [each for each in OPERATIONS if "next_cursor" in each.answer_fields]
    assert len(lists) > 50
    assert {each.name for each in lists if not each.takes("cursor")} == {_ALL_AT_ONCE}


def test_every_change_of_what_a_path_names_honours_if_match() -> None:
    """No state change is left out, whichever method it has (docs/contract.md, concurrency)."""
    changes = [each for each in OPERATIONS if each.method != "GET" and each.ids]
    assert [each.name for each in changes if not each.declares("if-match")] == []


def test_a_stale_if_match_is_said_before_what_the_state_does_not_allow(walked: list[Walked]) -> None:
    """Sent once more when it is done: 412, or 404 where nothing is left of it; never 409."""
    for each in walked:
        if each.late is not None:
            assert each.late.status_code in (404, 412), (each.described.name, each.late.text)


def test_an_etag_is_declared_where_it_is_given(walked: list[Walked]) -> None:
    for each in walked:
        for answer in filter(None, (each.answer, each.stale)):
            declares = "ETag" in each.described.headers_of(answer.status_code)
            assert (each.described.name, declares) == (each.described.name, "etag" in answer.headers)


def test_an_idempotency_key_is_declared_where_it_gives_the_first_answer_again(walked: list[Walked]) -> None:
    for each in walked:
        operation, again = each.described, each.again
        declares = operation.declares("idempotency-key")
        assert declares == ("Idempotency-Replayed" in operation.headers_of(each.answer.status_code)), operation.name
        if again is None:
            assert not declares
            continue
        assert (operation.name, declares) == (operation.name, again.headers.get("idempotency-replayed") == "true")
        if declares:
            assert (again.status_code, again.content) == (each.answer.status_code, each.answer.content)


def test_what_is_read_is_the_same_to_the_byte_where_answers_are_not_checked(walked: list[Walked]) -> None:
    grown = {"read_access_log", "list_accesses", "list_reveals"}  # which also say of the first time
    read = [each for each in walked if each.described.method == "GET" and each.described.id not in grown]
    assert len(read) > 80
    for each in read:
        assert each.again is not None
        assert (each.described.name, each.again.content) == (each.described.name, each.answer.content)
        assert each.again.headers.get("etag") == each.answer.headers.get("etag")


def test_every_post_takes_an_idempotency_key() -> None:
    """Also one that answers a question and stores nothing."""
    assert [each.id for each in OPERATIONS if each.method == "POST" and not each.declares("idempotency-key")] == []
