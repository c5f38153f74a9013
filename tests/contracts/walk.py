"""Every operation of every service, called once with success: with the examples of the published documents, in an order in
which each finds what it needs. Everybody in it is made up."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from shared.contract.as_given import Checks
from tests.contracts.operations import OPERATIONS, Operation
from tests.contracts.steps import (
    AFTER,
    CLARIFICATION,
    CONSENTS,
    DECISION,
    EVIDENCE,
    FIGURES,
    HOUSING,
    LOOKED,
    OPENING,
    OVERVIEW,
    PEOPLE,
    PROPOSED,
    REFERRALS,
    STAYING,
    WITHDRAWN,
    Step,
)
from tests.world import World

PLACEHOLDER = "019cadab-2340-7d3e-9a52-3f6f0f0c8e21"
"""Stands in examples for the id of something that must exist."""
NIGHT = "2026-03-09T23:30:00+01:00"
LATER = "2026-03-20T12:00:00+01:00"
BY_NAME = {(operation.service, operation.id): operation for operation in OPERATIONS}


@dataclass(frozen=True)
class Walked:
    """A step with what was answered: to a stale If-Match, to none, to the call itself, to the same call again, and to a stale
    If-Match when all is done."""

    step: Step
    described: Operation
    stale: httpx.Response | None
    unmatched: httpx.Response | None
    answer: httpx.Response
    again: httpx.Response | None
    late: httpx.Response | None


def example_of(operation: Operation) -> Any:
    """The first example of its body; None where it takes none."""
    schema = operation.body_schema
    return deepcopy(schema["examples"][0]) if schema is not None else None


def _found_in(told: Any, names: Sequence[str]) -> Any:
    """What stands under the first name, and in that under the next; of a list the number (`items.0.id`)."""
    for each in names:
        told = told[int(each) if each.isdigit() else each]
    return told


class Walk:
    """The steps as far as they were taken."""

    def __init__(self, havn: World) -> None:
        self.havn = havn
        self.made: dict[str, str] = {"police": "politi-oestjylland", "partner": "reden", "first figure": "1"}
        self.walked: list[Walked] = []

    async def take(self, service: str, steps: Sequence[Step]) -> None:
        for step in steps:
            await self._take(BY_NAME[service, step.operation], step)
        await self.havn.settled()

    async def _take(self, operation: Operation, step: Step) -> None:
        caller = self.havn.partner(step.by, step.role, subject=step.subject)
        address = operation.address({name: self.made[thing] for name, thing in step.ids.items()})
        body = self._body(operation, step)
        key = {"idempotency-key": str(uuid4())}
        asked = operation.parameters("query") | {name: self.made[thing] for name, thing in step.asks.items()}

        async def send(headers: Mapping[str, str]) -> httpx.Response:
            return await caller.request(operation.method, address, params=asked or None, headers=headers, json=body)

        stale = unmatched = again = late = None
        if operation.declares("if-match"):
            stale = await send({"if-match": '"stale"', **key})
        if operation.requires("if-match"):
            unmatched = await send(key)
        # What does not declare If-Match does not look at it either: a tag that is stale changes nothing.
        match = {"if-match": "*" if operation.declares("if-match") else '"stale"'}
        if operation.method == "GET":
            await self.havn.settled()  # it is asked twice, and no event comes between
        answer = await send(key | match)
        assert answer.is_success, f"{operation.name} as {step.by}: {answer.status_code} {answer.text}"
        if operation.method != "DELETE":
            # What only reads is answered again as in production, where answers are not checked.
            Checks.are_on = operation.method != "GET"
            try:
                again = await send(key | match)
            finally:
                Checks.are_on = True
        if stale is not None:
            late = await send({"if-match": '"stale"', "idempotency-key": str(uuid4())})
        if step.makes:
            thing, name = step.makes
            self.made[thing] = _found_in(answer.json(), name.split("."))
        self.walked.append(Walked(step, operation, stale, unmatched, answer, again, late))

    def _body(self, operation: Operation, step: Step) -> Any:
        body = example_of(operation)
        if body is None:
            return None
        for name, thing in step.sends.items():
            *outer, last = name.split(".")
            within = _found_in(body, outer)
            assert within.get(last, PLACEHOLDER) == PLACEHOLDER, (
                f"{operation.name}: the example's {name} is no placeholder"
            )
            within[last] = self.made[thing]
        assert PLACEHOLDER not in body.values(), f"{operation.name}: say what a placeholder of the example stands for"
        return body | step.changes


async def walk_through(havn: World) -> list[Walked]:
    """All of it; fails at the first call that is not answered with success."""
    walk = Walk(havn)
    await havn.set_clock(NIGHT)
    await walk.take("referrals", REFERRALS)
    await walk.take("referrals", [WITHDRAWN])
    for steps in (OPENING, CLARIFICATION, PEOPLE, EVIDENCE, CONSENTS, DECISION):
        await walk.take("identification", steps)
    await walk.take("accommodation", HOUSING)
    await havn.set_clock(LATER)
    await walk.take("accommodation", STAYING)
    asylum = {"residence_basis": "asylum_seeker", "asylum_pending": True, "valid_from": "2026-03-19"}
    await walk.take("identification", [Step("record_legal_status", ids={"case_id": "third case"}, changes=asylum)])
    await havn.settled()
    await walk.take("accommodation", PROPOSED)
    await walk.take("identification", AFTER)
    await walk.take("identification", OVERVIEW)
    await walk.take("accommodation", LOOKED)
    await walk.take("referrals", LOOKED)
    await walk.take("stats", FIGURES)
    return walk.walked
