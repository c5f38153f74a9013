"""What crosses the bus is what asyncapi.json describes, and what it describes can cross the bus."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import jsonschema
import pytest
from pydantic import StringConstraints

from shared.contract.events import EVENTS, Event
from shared.messaging.messages import Message
from shared.runtime import asyncapi as runtime_asyncapi
from shared.runtime.asyncapi import ExampleMissing, asyncapi, data_schemas, example_of, published_events
from shared.runtime.published import events_page
from tests.journeys.sc01 import Story
from tests.world import World

DOCUMENT = asyncapi()
MESSAGES = {message["name"]: message for message in DOCUMENT["components"]["messages"].values()}
TOPICS = {
    MESSAGES[DOCUMENT["components"]["messages"][name]["name"]]["name"]: channel["address"]
    for channel in DOCUMENT["channels"].values()
    for name in channel["messages"]
}


def check(envelope: Any) -> None:
    """Raises ValidationError unless the document's schema for its type holds for it."""
    schema = MESSAGES[envelope["type"]]["payload"] | {"components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(envelope)


@pytest.fixture
def sent(havn: World, monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Every message that the bus takes from here on."""
    bus = havn.application.platform.bus
    publish = bus.publish
    seen: list[Message] = []

    async def noting(messages: Sequence[Message]) -> set[str]:
        taken = await publish(messages)
        seen.extend(message for message in messages if message.id in taken)
        return taken

    monkeypatch.setattr(bus, "publish", noting)
    return seen


async def test_every_event_of_sc01_is_as_described(havn: World, sent: list[Message]) -> None:
    story = Story(havn)
    await story.refer()
    await story.settle()
    await story.interview()
    await story.decide()
    await story.grant()

    assert len(sent) > 15
    last: dict[tuple[str, str], int] = {}
    for message in sent:
        envelope = json.loads(message.value)
        check(envelope)
        assert message.topic == TOPICS[envelope["type"]] == f"havn.{envelope['source'].removeprefix('/')}"
        assert (message.key, message.id) == (envelope["subject"], envelope["id"])
        assert datetime.fromisoformat(envelope["time"]).tzinfo
        fields = DOCUMENT["components"]["schemas"][EVENTS[envelope["type"]].__name__]["properties"]
        assert envelope["data"].keys() == fields.keys()
        place = (message.topic, message.key)
        assert int(envelope["sequence"]) == last.get(place, 0) + 1
        last[place] = int(envelope["sequence"])


def test_every_event_is_described_and_every_description_is_of_an_event() -> None:
    assert set(MESSAGES) == {event.type for event in published_events()} == set(TOPICS)
    for type_ in MESSAGES:
        assert EVENTS[type_].type == type_
        assert TOPICS[type_] == f"havn.{EVENTS[type_].service}"


@pytest.mark.parametrize("event", published_events(), ids=lambda event: event.name)
def test_every_event_has_an_example_that_holds_and_a_sentence(event: type[Event]) -> None:
    (example,) = MESSAGES[event.type]["examples"]
    check(example["payload"])
    assert event.model_validate(example["payload"]["data"]).key == example["payload"]["subject"]
    assert runtime_asyncapi.summary_of(event).endswith(".")
    page = events_page()
    assert f"| `{event.name}` | {runtime_asyncapi.summary_of(event)} |" in page
    assert json.dumps(example["payload"], indent=2, ensure_ascii=False) in page


@pytest.mark.parametrize(
    "doctored",
    [{"sequence": 3}, {"sequence": "0"}, {"source": "/stats"}, {"id": "P01"}, {"specversion": "0.3"}, {"data": {}}],
    ids=str,
)
def test_the_description_refuses_what_is_no_event(doctored: dict[str, Any]) -> None:
    envelope = example_of(EVENTS["dk.havn.identification.case-opened.v1"], data_schemas()) | doctored
    with pytest.raises(jsonschema.ValidationError):
        check(envelope)


def test_an_event_of_a_test_is_not_in_the_contract() -> None:
    class PlayedThrough(Event, service="stats", name="played-through"):
        """Only here."""

    try:
        assert PlayedThrough not in published_events()
        assert PlayedThrough.type not in asyncapi()["components"]["messages"]
    finally:
        del EVENTS[PlayedThrough.type]


def test_a_code_without_an_example_is_asked_for_one() -> None:
    class Coded(Event, service="stats", name="coded"):
        """A code that nobody can guess."""

        code: Annotated[str, StringConstraints(pattern=r"^[XYZ]\d{3}$")]

    del EVENTS[Coded.type]
    with pytest.raises(ExampleMissing, match="code needs an example"):
        example_of(Coded, {"Coded": Coded.model_json_schema()})
