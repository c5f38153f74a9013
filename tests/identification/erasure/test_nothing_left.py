"""After an erasure nothing personal is left in any service: words planted through every operation are found nowhere."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.everything import SERVICES
from services.identification.retention import domain as retention
from services.identification.retention.domain import Rule
from shared.identity.actor import Actor
from tests.contracts import steps, walk
from tests.contracts.operations import DOCUMENTS, Operation
from tests.contracts.steps import Step
from tests.contracts.walk import Walk
from tests.identification.builders import CMM_DECIDES
from tests.identification.erasure.remains import Planted, lying_there, opened
from tests.identification.retention.test_retention import OPENED
from tests.referrals.builders import subject
from tests.world import World

ERASED_ON = "2031-06-01T03:00:00+02:00"
AT_LEAST = 200
ABOUT_NOBODY = frozenset(
    {"register_facility", "change_facility", "confirm_unveiling", "add_unit", "change_unit", "add_place", "close_place"}
    | {"change_place", "approve", "end_approval"}
)
"""What is said of a facility is kept as long as the facility is."""
FIXED = frozenset({"submit_evidence_part"})
"""What it sends, another step says the hash of."""


class PlantingWalk(Walk):
    """All operations, with a word of its own in each free text, and every answer kept by its key."""

    def __init__(self, havn: World, planted: Planted) -> None:
        super().__init__(havn)
        self.planted = planted

    async def _take(self, operation: Operation, step: Step) -> None:
        await super()._take(operation, step)
        if step.makes:  # a referral has its case before it is withdrawn
            await self.havn.settled()

    def _body(self, operation: Operation, step: Step) -> Any:
        body = super()._body(operation, step)
        if body is None or step.operation in ABOUT_NOBODY | FIXED:
            return body
        if step.operation == "answer_question":  # the two have names of their own, so somebody says whose hold
            body["keep"] = body["keep"] | dict.fromkeys(("given_name", "family_name"), self.made["case"])
        components = DOCUMENTS[operation.service]["components"]["schemas"]
        return self.planted.in_place_of_texts(body, operation.body_schema or {}, components)


async def plant(havn: World) -> Planted:
    """Words in all that takes words, at least 200, and a referral for another purpose about one of the cases."""
    planted = Planted()
    planting = PlantingWalk(havn, planted)
    await havn.set_clock(walk.NIGHT)
    await planting.take("referrals", steps.REFERRALS)
    await havn.settled()
    await planting.take("referrals", [steps.WITHDRAWN])
    for some in (steps.OPENING, steps.CLARIFICATION, steps.PEOPLE, steps.EVIDENCE, steps.CONSENTS, steps.DECISION):
        await planting.take("identification", some)
    await planting.take("accommodation", steps.HOUSING)
    await havn.set_clock(walk.LATER)
    await planting.take("accommodation", [Step("leave", **steps.SHELTER, **steps.PLACEMENT)])
    await planting.take("identification", steps.AFTER)
    cmm = havn.partner("cmm")  # which has to do with the case
    for kind, case_id, many in (
        ("identification", None, 2),
        ("health", planting.made["case"], 50),
        ("support", planting.made["case"], 30),
    ):
        people = [
            subject(f"P{number}") | CMM_DECIDES | {"given_name": planted.next(), "family_name": planted.next()}
            for number in range(many)
        ]
        body = {
            "kind": kind,
            "channel": "police_operation",
            "occurred_at": OPENED,
            "case_id": case_id,
            "recipient": "hopenow",
        }
        sent = await cmm.post("/referrals/v1/referrals", body | {"reason": planted.next(), "subjects": people})
        assert sent.status_code == 201, sent.text
    await havn.settled(within=60)
    return planted


async def erase(havn: World, case_ids: Sequence[Any]) -> None:
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        for case_id in case_ids:
            await retention._erase(work, case_id, Rule.CLOSED_VICTIM)
    await havn.settled(within=60)


@pytest.mark.row(148)
@pytest.mark.slow
async def test_of_200_planted_words_none_is_left_in_any_table_of_any_service(havn: World) -> None:
    planted = await plant(havn)
    assert len(planted.words) >= AT_LEAST
    assert {service.name for service in SERVICES} == {"referrals", "identification", "accommodation", "stats"}
    assert planted.found_in(await lying_there(havn)) == set(), "words that are not sealed"
    readable = {word for word, _, _ in planted.found_in(await opened(havn))}
    assert len(readable) >= AT_LEAST, "the search would not find what is there"
    cases = await havn.sql("identification", "SELECT id FROM case_file WHERE merged_into IS NULL")
    await havn.set_clock(ERASED_ON)
    await erase(havn, [row["id"] for row in cases])
    assert planted.found_in(await lying_there(havn)) == set()
    assert planted.found_in(await opened(havn)) == set()
    for service in SERVICES:
        answers = await havn.sql(service.name, "SELECT count(*) FROM idempotency WHERE cardinality(about) > 0")
        assert answers[0][0] == 0 or service.name == "accommodation", service.name  # a facility's answers stay
