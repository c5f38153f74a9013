"""The period that a positive decision gives, over HTTP: the dates of the stories, extensions, and what is refused."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, DANISH_GIRL, EUROPEAN, US_DECIDES, Opened, name_of, open_case
from tests.world import World

ASYLUM: dict[str, Any] = {"citizenships": ["NGA"], "residence_basis": "asylum_seeker", "asylum_pending": True}
BEFORE_ALL = "2026-01-05T09:00:00+01:00"


async def granted_case(havn: World, person: dict[str, Any], authority: str, decided_on: str) -> dict[str, Any]:
    await havn.set_clock(f"{decided_on}T12:00:00+01:00")
    case = await open_case(havn, person, occurred_at=BEFORE_ALL)
    await case.decide(authority, decided_on=decided_on)
    return await case.grant(decided_on, by=authority.lower()) | {"case": case}


@pytest.mark.parametrize(
    ("story", "person", "authority", "decided_on", "kind", "ends_on", "cap_on", "suspended"),
    [
        ("SC01 P01", CMM_DECIDES, "CMM", "2026-03-09", "restitution", "2026-04-08", "2026-07-07", False),
        ("SC01 P03", US_DECIDES, "US", "2026-03-09", "reflection", "2026-04-08", "2026-07-07", False),
        ("SC02", ASYLUM, "US", "2026-02-03", "reflection", "2026-03-05", "2026-06-03", True),
        ("SC03", EUROPEAN, "CMM", "2026-05-18", "restitution", "2026-06-17", "2026-09-15", False),
        ("SC04", DANISH_GIRL, "CMM", "2026-03-30", "restitution", "2026-04-29", "2026-07-28", False),
        ("SC06", ASYLUM, "US", "2026-07-01", "reflection", "2026-07-31", "2026-10-29", True),
        ("SC07", EUROPEAN, "CMM", "2026-05-04", "restitution", "2026-06-03", "2026-09-01", False),
        ("SC10", US_DECIDES, "US", "2026-08-10", "reflection", "2026-09-09", "2026-12-08", False),
    ],
)
async def test_the_dates_of_the_stories(
    havn: World,
    story: str,
    person: dict[str, Any],
    authority: str,
    decided_on: str,
    kind: str,
    ends_on: str,
    cap_on: str,
    suspended: bool,
) -> None:
    told = await granted_case(havn, person, authority, decided_on)
    case, period_id = told.pop("case"), told["period_id"]
    assert told == {
        "period_id": period_id,
        "kind": kind,
        "starts_on": decided_on,
        "ends_on": ends_on,
        "cap_on": cap_on,
        "departure_deadline_suspended": suspended,
        "extensions": [],
    }, story
    details = await case.details()
    assert details["periods"] == [told]
    kinds = [deadline["kind"] for deadline in details["deadlines"]]
    assert ("departure" in kinds) == (kind == "reflection" and not suspended)
    (event,) = await havn.events("identification", "period-granted")
    assert (event["starts_on"], event["ends_on"], event["cap_on"]) == (decided_on, ends_on, cap_on)


async def test_a_last_day_lasts_until_midnight_in_copenhagen(havn: World) -> None:
    told = await granted_case(havn, US_DECIDES, "US", "2026-03-09")
    deadlines = (await told["case"].details())["deadlines"]
    assert [(each["kind"], each["due_at"]) for each in deadlines] == [
        ("departure", "2026-04-08T22:00:00Z"),
        ("reflection_period", "2026-04-08T22:00:00Z"),
        ("period_cap", "2026-07-07T22:00:00Z"),
    ]


async def test_when_the_asylum_case_ends_the_period_becomes_a_departure_deadline(havn: World) -> None:
    told = await granted_case(havn, ASYLUM, "US", "2026-02-03")
    case: Opened = told["case"]
    refused_asylum = {"citizenships": ["NGA"], "residence_basis": "no_legal_stay", "asylum_pending": False}
    changed = await havn.partner("us").put(f"{case.path}/person", refused_asylum, if_match=await case.etag())
    assert changed.status_code == 200, changed.text
    details = await case.details()
    assert details["periods"][0]["departure_deadline_suspended"] is False
    assert "departure" in {deadline["kind"] for deadline in details["deadlines"]}
    assert details["decisions"][0]["legal_status"] == "asylum_seeker", "the decision stays as it was made"


async def test_a_period_runs_from_the_decision_however_late_it_is_asked_for(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    assert (await case.grant("2026-03-25"))["starts_on"] == "2026-03-09"


async def test_only_a_current_positive_decision_gives_a_period_and_only_one(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    ask = {"requested_on": "2026-03-09"}
    assert name_of(await case.post("/periods", ask)) == (409, "NothingGrantsAPeriod")
    negative = await case.decide("CMM", "not_trafficked")
    assert name_of(await case.post("/periods", ask)) == (409, "NothingGrantsAPeriod")
    assert (await case.try_deciding(replaces=negative)).status_code == 201
    assert name_of(await case.post("/periods", {"requested_on": "2026-03-08"})) == (422, "RequestedBeforeDecision")
    await case.grant()
    assert name_of(await case.post("/periods", ask)) == (409, "PeriodAlreadyGranted")


async def test_the_period_of_a_court_is_the_one_that_the_legal_status_gives(havn: World) -> None:
    for person, kind in ((CMM_DECIDES, "restitution"), (US_DECIDES, "reflection")):
        case = await open_case(havn, person)
        assert (await case.try_deciding("COURT", by="cmm")).status_code == 201
        assert (await case.grant())["kind"] == kind


@pytest.mark.row(73)
async def test_an_extension_moves_the_end_and_never_the_cap(havn: World) -> None:
    told = await granted_case(havn, US_DECIDES, "US", "2026-03-09")
    case, path = told["case"], f"/periods/{told['period_id']}/extensions"
    until_may = {"until": "2026-05-08", "reason": "cooperation_on_return", "note": "She wants to go home."}
    extended = await case.post(path, until_may)
    assert extended.status_code == 201, extended.text
    assert (extended.json()["ends_on"], extended.json()["cap_on"]) == ("2026-05-08", "2026-07-07")
    to_the_cap = {"until": "2026-07-07", "reason": "special_reasons"}
    extended = await case.post(path, to_the_cap)
    assert extended.json()["ends_on"] == "2026-07-07"
    assert extended.json()["extensions"] == [
        {"until": "2026-05-08", "reason": "cooperation_on_return"},
        {"until": "2026-07-07", "reason": "special_reasons"},
    ]
    assert (await case.details())["periods"] == [extended.json()]
    events = await havn.events("identification", "period-extended")
    assert [event["ends_on"] for event in events] == ["2026-05-08", "2026-07-07"]
    rows = await havn.sql("identification", "SELECT note FROM period_extension WHERE note IS NOT NULL")
    assert [b"home" in row["note"] for row in rows] == [False]


async def test_an_extension_that_the_law_does_not_know_is_refused(havn: World) -> None:
    told = await granted_case(havn, US_DECIDES, "US", "2026-03-09")
    case, path = told["case"], f"/periods/{told['period_id']}/extensions"

    async def extend(until: str, **said: Any) -> tuple[int, str]:
        return name_of(await case.post(path, {"until": until, "reason": "special_reasons"} | said))

    past = await case.post(path, {"until": "2026-07-08", "reason": "special_reasons"})
    assert (name_of(past), past.json()["cap_on"]) == ((409, "PastTheCap"), "2026-07-07")
    assert await extend("2026-04-08") == (422, "ExtensionBeforeEnd")
    assert await extend("2026-05-08", reason="holiday") == (422, "InvalidInput")
    unknown = f"/periods/{case.id}/extensions"
    assert (await case.post(unknown, {"until": "2026-05-08", "reason": "special_reasons"})).status_code == 404
    await havn.set_clock("2026-04-12T00:30:00+02:00")
    assert await extend("2026-04-11") == (422, "ExtensionBeforeEnd")
    late = await case.post(path, {"until": "2026-05-08", "reason": "special_reasons"})
    assert late.status_code == 201, "what was agreed on the last day and is entered later is not lost"
    (again,) = (await case.details())["periods"]
    assert (again["ends_on"], again["cap_on"]) == ("2026-05-08", "2026-07-07")
    running = {each["kind"]: each["due_on"] for each in (await case.details())["deadlines"] if "period" in each["kind"]}
    assert sorted(running.values()) == ["2026-05-08", "2026-07-07"], "its end and its cap"
    await havn.set_clock("2026-07-08T00:30:00+02:00")
    assert await extend("2026-07-08") == (409, "PastTheCap")


async def test_a_period_of_another_case_is_not_found_in_this_one(havn: World) -> None:
    theirs = await granted_case(havn, US_DECIDES, "US", "2026-03-09")
    mine = await open_case(havn, US_DECIDES, occurred_at=BEFORE_ALL)
    path = f"/periods/{theirs['period_id']}/extensions"
    assert (await mine.post(path, {"until": "2026-05-08", "reason": "special_reasons"})).status_code == 404


async def test_if_match_is_honoured(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    seen = await case.etag()
    await case.decide()
    ask = {"requested_on": "2026-03-09"}
    assert (await case.post("/periods", ask, if_match=seen)).status_code == 412
    granted = await case.post("/periods", ask, if_match=await case.etag())
    assert granted.status_code == 201


async def test_at_most_120_days_in_total_however_often_it_is_decided_anew(havn: World) -> None:
    """A decision that confirms an earlier one, or a court's beside it, does not start the days anew."""
    told = await granted_case(havn, CMM_DECIDES, "CMM", "2026-03-09")
    await havn.set_clock("2026-04-02T12:00:00+02:00")
    case: Opened = told["case"]
    first = (await case.details())["decisions"][0]["decision_id"]
    confirmed = await case.try_deciding(decided_on="2026-04-01", replaces=first)
    assert confirmed.status_code == 201, confirmed.text
    assert (await case.try_deciding("COURT", by="cmm", decided_on="2026-04-02")).status_code == 201
    assert name_of(await case.post("/periods", {"requested_on": "2026-04-02"})) == (409, "PeriodAlreadyGranted")
    until_the_cap = {"until": "2026-07-07", "reason": "special_reasons"}
    extended = await case.post(f"/periods/{told['period_id']}/extensions", until_the_cap)
    assert extended.status_code == 201, extended.text


async def test_a_courts_period_is_the_authoritys_too(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, occurred_at=BEFORE_ALL)
    assert (await case.try_deciding("COURT", by="cmm")).status_code == 201
    await case.grant()
    await case.decide(decided_on="2026-04-01")
    assert name_of(await case.post("/periods", {"requested_on": "2026-04-02"})) == (409, "PeriodAlreadyGranted")


@pytest.mark.parametrize("is_first", [True, False], ids=["court first", "court later"])
async def test_a_period_goes_on_where_a_court_says_the_same_as_the_decision_that_is_replaced(
    havn: World, is_first: bool
) -> None:
    told = await granted_case(havn, CMM_DECIDES, "CMM", "2026-03-09")
    case: Opened = told["case"]
    first = (await case.details())["decisions"][0]["decision_id"]
    await havn.set_clock("2026-03-20T12:00:00+01:00")
    if is_first:
        assert (await case.try_deciding("COURT", by="cmm", decided_on="2026-03-19")).status_code == 201
    await havn.set_clock("2026-03-21T12:00:00+01:00")
    negative = await case.try_deciding("CMM", "not_trafficked", decided_on="2026-03-20", replaces=first)
    assert negative.status_code == 201, negative.text
    await havn.set_clock("2026-03-22T12:00:00+01:00")
    if not is_first:
        assert (await case.try_deciding("COURT", by="cmm", decided_on="2026-03-21")).status_code == 201
    longer = {"until": "2026-05-08", "reason": "special_reasons"}
    extended = await case.post(f"/periods/{told['period_id']}/extensions", longer)
    kinds = {each["kind"] for each in (await case.details())["deadlines"]}
    assert (extended.status_code, "restitution_period" in kinds) == ((201, True) if is_first else (409, False))


@pytest.mark.row(73)
async def test_a_period_ends_with_the_decision_that_gave_it(havn: World) -> None:
    told = await granted_case(havn, CMM_DECIDES, "CMM", "2026-03-09")
    await havn.set_clock("2026-03-25T12:00:00+01:00")
    case: Opened = told["case"]
    first = (await case.details())["decisions"][0]["decision_id"]
    negative = await case.try_deciding("CMM", "not_trafficked", decided_on="2026-03-20", replaces=first)
    longer = {"until": "2026-05-08", "reason": "special_reasons"}
    path = f"/periods/{told['period_id']}/extensions"
    assert name_of(await case.post(path, longer)) == (409, "PeriodNoLongerStands")
    again = await case.try_deciding(decided_on="2026-03-25", replaces=negative.json()["decision_id"])
    assert again.status_code == 201, again.text
    assert name_of(await case.post(path, longer)) == (409, "PeriodNoLongerStands")
    assert (await case.grant("2026-03-25"))["starts_on"] == "2026-03-25"


# ---------------------------------------------------------------- a decision whose date was wrong


async def dated_wrongly(havn: World) -> tuple[Opened, str, str]:
    """A case of US in which a decision of May was recorded instead of June; with its period and the decision."""
    case = await open_case(havn, US_DECIDES, occurred_at=BEFORE_ALL)
    await havn.set_clock("2026-06-03T12:00:00+02:00")
    decision = await case.decide("US", decided_on="2026-05-03")
    return case, str((await case.grant("2026-06-03", by="us"))["period_id"]), decision


async def test_a_period_follows_the_date_of_a_decision_that_was_put_right(havn: World) -> None:
    case, period_id, wrong = await dated_wrongly(havn)
    path = f"/periods/{period_id}/correction"
    assert name_of(await case.post(path, None, by="us")) == (409, "NothingToCorrect")
    right = await case.try_deciding("US", decided_on="2026-06-03", replaces=wrong)
    assert right.status_code == 201, right.text
    seen = await case.etag(by="us")
    corrected = await case.post(path, None, by="us", if_match=seen)
    assert corrected.status_code == 200, corrected.text
    told = corrected.json()
    assert (told["starts_on"], told["ends_on"], told["cap_on"]) == ("2026-06-03", "2026-07-03", "2026-10-01")
    deadlines = {each["kind"]: each["due_on"] for each in (await case.details())["deadlines"]}
    assert deadlines["departure"] == deadlines["reflection_period"] == "2026-07-03"
    assert deadlines["period_cap"] == "2026-10-01"
    assert (await case.post(path, None, by="us", if_match=seen)).status_code == 412
    assert name_of(await case.post(path, None, by="us")) == (409, "NothingToCorrect")
    assert (await case.post(f"/periods/{period_id}/extensions", EXTENDED, by="us")).status_code == 201


EXTENDED = {"until": "2026-08-30", "reason": "special_reasons"}


async def test_what_a_corrected_period_was_extended_to_stays_up_to_its_new_cap(havn: World) -> None:
    case, period_id, wrong = await dated_wrongly(havn)
    assert (await case.post(f"/periods/{period_id}/extensions", EXTENDED, by="us")).status_code == 201
    for decided_on, ends_on in (("2026-05-13", "2026-08-30"), ("2026-04-13", "2026-08-11")):
        right = await case.try_deciding("US", decided_on=decided_on, replaces=wrong)
        assert right.status_code == 201, right.text
        corrected = await case.post(f"/periods/{period_id}/correction", None, by="us")
        assert (corrected.status_code, corrected.json()["ends_on"]) == (200, ends_on)
        wrong = right.json()["decision_id"]


async def test_no_later_decision_that_confirms_the_first_begins_its_days_anew(havn: World) -> None:
    """A date that was wrong was recorded after the right one; also through another that put a date right."""
    told = await granted_case(havn, US_DECIDES, "US", "2026-03-09")
    case: Opened = told["case"]
    path, made = f"/periods/{told['period_id']}/correction", (await case.details())["decisions"][0]["decision_id"]
    for day, decided_on, status in (("2026-07-01", "2026-03-08", 200), ("2026-07-06", "2026-07-01", 409)):
        await havn.set_clock(f"{day}T12:00:00+02:00")
        again = await case.try_deciding("US", decided_on=decided_on, replaces=made)
        assert again.status_code == 201, again.text
        assert (await case.post(path, None, by="us")).status_code == status, decided_on
        made = again.json()["decision_id"]
    (period,) = (await case.details())["periods"]
    assert (period["starts_on"], period["cap_on"]) == ("2026-03-08", "2026-07-06")


@pytest.mark.parametrize("has_another", [False, True])
async def test_a_period_that_ended_with_its_decision_is_not_corrected(havn: World, *, has_another: bool) -> None:
    case, period_id, wrong = await dated_wrongly(havn)
    for outcome in ("not_trafficked", "assessed_trafficked"):
        again = await case.try_deciding("US", outcome, decided_on="2026-06-03", replaces=wrong)
        assert again.status_code == 201, again.text
        wrong = again.json()["decision_id"]
    if has_another:
        await case.grant("2026-06-03", by="us")
    refused = await case.post(f"/periods/{period_id}/correction", None, by="us")
    assert name_of(refused) == (409, "PeriodNoLongerStands")


@pytest.mark.parametrize("stranger", ["politi-oestjylland", "reden", "kommune-0751"])
async def test_others_correct_no_period(havn: World, stranger: str) -> None:
    case, period_id, wrong = await dated_wrongly(havn)
    assert (await case.try_deciding("US", decided_on="2026-06-03", replaces=wrong)).status_code == 201
    path = f"/periods/{period_id}/correction"
    assert (await case.post(path, None, by=stranger)).status_code in (403, 404)
    assert (await case.post(path, None, by="us", role="statistician")).status_code == 403
    theirs = await open_case(havn, US_DECIDES, occurred_at=BEFORE_ALL)
    await theirs.decide("US", decided_on="2026-06-03")
    assert (await theirs.post(path, None, by="us")).status_code == 404
