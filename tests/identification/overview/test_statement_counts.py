"""Every list asks the database as often for five as for two: no list of this service grows a query with each row."""

from collections.abc import Sequence

import pytest

from tests.contracts.operations import DOCUMENTS, OPERATIONS, Operation
from tests.identification.builders import CMM_DECIDES, Opened, open_case, open_cases
from tests.referrals.builders import POLICE
from tests.world import World

FEW, MANY = 2, 5


def gives_a_list(operation: Operation) -> bool:
    """Whether what it answers has `items`."""
    content = operation.described["responses"]["200"].get("content", {}).get("application/json", {})
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    schemas = DOCUMENTS[operation.service]["components"]["schemas"]
    return "items" in schemas.get(name, {}).get("properties", {})


LISTS = [
    operation
    for operation in OPERATIONS
    if operation.service == "identification"
    and operation.method == "GET"
    and operation.ids in ((), ("case_id",))
    and gives_a_list(operation)
]
LEFT_EMPTY = {
    "/identification/v1/erasures": "nothing is erased here, tested with the erasure",
    "/identification/v1/indicator-sets": "a fixed table, of files",
    "/identification/v1/retention": "what would be erased, of years ago",
    "/identification/v1/retention/runs": "one row a day",
    "/identification/v1/cases/{case_id}/recommendation": "made before the decision, tested with the clarification",
    "/identification/v1/withdrawals": "a recipient's, tested with the consents",
    "/identification/v1/cases/{case_id}/return-plan/follow-ups": "at most six, tested with the returns",
    "/identification/v1/cases/{case_id}/closures": "a case with an open appeal is not closed",
    "/identification/v1/cases/{case_id}/earlier-identifications": "of cases that ended, tested with the opening",
    "/identification/v1/cases/{case_id}/disappearances": "as accommodation tells, tested with the absence",
    "/identification/v1/alerts": "alerts of custody, tested with the on-call",
}
RECIPIENTS = ("hopenow", "amiami", "newlives", "iom", "3f", "lgbt-asyl", "frelsens-haer", "roede-kors", "reden")


async def fill(case: Opened, numbers: Sequence[int]) -> None:
    """Some of everything that a case has lists of."""
    for number in numbers:
        day = f"2026-03-{10 + number:02}"
        for part, body in (
            ("/interviews", {"held_at": f"{day}T10:00:00+01:00", "summary": "She spoke of her sister."}),
            ("/rights-explained", {"explained_at": f"{day}T10:00:00+01:00", "rights": ["support"]}),
            ("/indicators", {"set": "cmm_traits", "observations": [await a_trait(case, number)]}),
            ("/risk-assessments", {"level": "low", "assessed_on": day}),
            ("/evidence", {"content": "aGVsbG8gdGhlcmUsIHRoaXMgaXMgdGV4dA=="}),
            ("/consents", {"recipient": RECIPIENTS[number], "purpose": "support"}),
            ("/disclosures", {"recipient": RECIPIENTS[number], "purpose": "support", "fields": ["status"]}),
            ("/support-measures", {"kind": "contact_person", "starts_on": day}),
            ("/criminal-track", {"kind": "police_report", "on": day, "section": "262a"}),
            ("/legal-status", {"residence_basis": "residence_permit", "valid_from": day}),
            ("/access-requests", {"requested_on": day, "asked_by": "person"}),
            ("/suspects", {"name": f"FAKE Suspect {number}"}),
            ("/appeals", {"filed_on": day, "filed_by": "person", "body": "The board", "grounds": "She disagrees."}),
        ):
            made = await case.post(part, body)
            assert made.status_code in (200, 201), (part, made.text)
        noted = await case.post("/child-notes", {"text": f"Note {number}."}, by=POLICE)
        assert noted.status_code == 201, noted.text
        made = await case.try_deciding(decided_on=day, replaces=(await case.details())["decisions"][-1]["decision_id"])
        assert made.status_code == 201, made.text
        for part, body in (("/missing", {"since": day}), ("/found", {"on": day})):
            assert (await case.post(part, body)).status_code == 200
        for part, body in (("/legal-hold", {"reason": f"Court {number}."}), ("/legal-hold/end", None)):
            assert (await case.post(part, body, role="lawyer")).status_code in (200, 201)
        draft = {"content": {"reason": "Half entered"}}
        assert (await case.havn.partner("cmm").post("/identification/v1/drafts", draft)).status_code == 201


async def a_trait(case: Opened, number: int) -> dict[str, str]:
    sets = (await case.havn.partner("cmm").get("/identification/v1/indicator-sets")).json()["items"]
    traits = next(found for found in sets if found["set"] == "cmm_traits")
    items = [item["item"] for dimension in traits["dimensions"] for item in dimension["items"]]
    return {"item": items[number % len(items)], "note": "Seen twice."}


async def know(case: Opened, others: Sequence[Opened]) -> None:
    for other in others:
        linked = await case.post("/links", {"case_id": other.id, "relation": "co_victim"})
        assert linked.status_code == 201, linked.text
        assessed = await other.post("/risk-assessments", {"level": "acute", "assessed_on": "2026-03-01"})
        assert assessed.status_code == 201, assessed.text


async def asked(havn: World, operation: Operation, case: Opened) -> tuple[int, int]:
    """How many statements the list takes, and how many items it has."""
    partner = havn.partner("cmm", *operation.roles)
    parameters = operation.parameters("query") | {"limit": "100"}
    known = {parameter["name"] for parameter in operation.described.get("parameters", [])}
    with havn.statements("identification") as sent:
        answer = await partner.get(
            operation.address({"case_id": case.id}), **{key: parameters[key] for key in parameters if key in known}
        )
    assert answer.status_code == 200, (operation.name, answer.text)
    return len(sent), len(answer.json()["items"])


@pytest.mark.slow
async def test_a_list_takes_as_many_statements_for_five_as_for_two(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    case = await open_case(havn, CMM_DECIDES)
    await case.decide("CMM")
    await case.grant()
    await havn.set_clock("2026-03-16T12:00:00+01:00")
    counts: dict[str, list[tuple[int, int]]] = {operation.path: [] for operation in LISTS}
    for numbers in (range(FEW), range(FEW, MANY)):
        await know(
            case, await open_cases(havn, *[CMM_DECIDES | {"given_name": "Mette", "family_name": "FAKE"}] * len(numbers))
        )
        await fill(case, numbers)
        await havn.settled()  # what the worker does meanwhile would be counted as well
        for operation in LISTS:
            counts[operation.path].append(await asked(havn, operation, case))
    grown = {path: (few, many) for path, ((few, _), (many, _)) in counts.items() if many > few}
    assert grown == {}
    stayed = {path for path, ((_, few), (_, many)) in counts.items() if many <= few}
    assert stayed == stayed & LEFT_EMPTY.keys(), "a list that does not grow is not tested"


async def test_no_wall_is_made_of_all_the_cases_of_an_organisation(havn: World) -> None:
    """Without its OFFSET the planner answers the EXISTS of a wall by a hash of every case of who asks, for each list."""
    policies = await havn.sql(
        "identification",
        "SELECT polname, coalesce(pg_get_expr(polqual, polrelid), '') || coalesce(pg_get_expr(polwithcheck, polrelid), '')"
        " AS condition FROM pg_policy",
    )
    of_parties = {wall["polname"]: wall["condition"] for wall in policies if "FROM case_party" in wall["condition"]}
    assert len(of_parties) > 60
    for name, condition in of_parties.items():
        assert condition.count("FROM case_party") == condition.count("OFFSET 0"), name
