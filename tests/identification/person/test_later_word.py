"""What a referral about a case says of its person later is taken in: what protects or is new, never what takes away, and only
where its sender has a part in an open case (docs/rules.md, identity-8, child-2)."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification import consumers
from services.identification.case.schemas import CasePerson
from services.identification.person.description import adult_on, age_group
from services.identification.person.later import LaterWord, with_later_word
from shared.contract.codes import AgeBasis, AgeGroup, ReferralKind, ResidenceBasis
from shared.contract.events import ReferralSubmitted
from shared.contract.personal import Personal
from shared.identity.actor import Actor
from shared.messaging.consumer import Delivery
from tests.identification.builders import CMM_DECIDES, Opened, open_case
from tests.identification.consents.test_consents import consent
from tests.identification.finding.people import Met
from tests.identification.overview.test_feed import feed
from tests.referrals.builders import Sent, send, subject
from tests.world import World

NOON = "2026-03-16T12:00:00+01:00"
HELD = {"in_custody": True, "custody_since": "2026-03-16T11:00:00+01:00"}
ADULT = CMM_DECIDES | {"stated_age": 24, "age_basis": "stated", "given_name": "Malee"}
UNCLEAR = {"stated_age": 24, "citizenships": ["PHL"], "residence_basis": "unknown"}
CHILD = {"stated_age": 15}
SENDER = "hopenow"


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


async def say(case: Opened, *people: dict[str, Any], kind: str = "support", by: str = SENDER, **said: Any) -> Sent:
    """A referral about the case; gives it once all has taken effect."""
    subjects = [subject(f"S{number}") | person for number, person in enumerate(people or (CHILD,))]
    sent = await send(case.havn, *subjects, sender=by, kind=kind, case_id=case.id, **said)
    await case.havn.settled()
    assert await case.havn.sql("identification", "SELECT FROM dead_letter") == []
    return sent


async def person_of(case: Opened) -> dict[str, Any]:
    read = await case.get("/person", purpose="support")
    assert read.status_code == 200, read.text
    person: dict[str, Any] = read.json()
    return person


async def running(case: Opened) -> dict[str, str]:
    deadlines = (await case.details())["deadlines"]
    return {each["kind"]: each["due_at"] for each in deadlines if each["state"] != "done"}


async def kinds(case: Opened) -> list[str]:
    return [entry["kind"] for entry in (await case.get("/timeline")).json()["items"]]


KINDS = [kind for kind in ReferralKind if kind is not ReferralKind.IDENTIFICATION]


@pytest.mark.parametrize("kind", KINDS)
async def test_a_child_and_custody_are_taken_in_from_every_other_kind_of_referral(noon: World, kind: str) -> None:
    case = await open_case(noon, ADULT, sender=SENDER, municipality="0461")
    await say(case, CHILD, kind=kind, **HELD)
    details, clocks = await case.details(), await running(case)
    assert details["age_group"] == "presumed_minor"
    assert details["child_protection"]["child_notified_at"] is not None
    assert clocks["custody"] == "2026-03-19T10:00:00Z", "72 hours"
    assert clocks["child_notification"] == "2026-03-17T11:00:00Z"
    assert {"person-described", "custody-began", "municipality-notified"} <= {*await kinds(case)}
    person = await person_of(case)
    assert (person["stated_age"], person["given_name"]) == (15, "Malee")


async def test_who_is_notified_of_a_child_that_nobody_knew_to_be_one_has_the_task(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    notice = await say(case, CHILD, kind="child_notification", recipient="kommune-0461")
    assert (await case.details())["child_protection"]["municipality"] == "0461"
    for step in ("acknowledge", "accept", "complete"):
        assert (await notice.step(step)).status_code == 200
    await noon.settled()
    assert (await case.details())["child_protection"]["child_assessed_at"] is not None


async def test_names_numbers_and_birth_dates_stay_and_no_question_is_asked(noon: World) -> None:
    number = {"identifiers": [{"type": "passport", "value": "PA1234567", "issuing_country": "PHL"}]}
    other = await open_case(noon, CMM_DECIDES | number, sender="reden")
    case = await open_case(noon, ADULT, sender=SENDER)
    await say(case, CHILD | number | {"given_name": "Other", "birth_date": "2011-01-01", "gender": "man"})
    person = await person_of(case)
    assert person["stated_age"] == 15
    assert (person["given_name"], person["birth_date"], person["identifiers"]) == ("Malee", None, [])
    asked = await noon.sql("identification", "SELECT FROM question")
    assert asked == [], (case.id, other.id)


async def test_an_assessment_stands(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    assessed = ADULT | {"age_basis": "assessed", "birth_date": "2001-05-17"}
    replaced = await noon.partner("cmm").put(f"{case.path}/person", assessed, if_match="*")
    assert replaced.status_code == 200, replaced.text
    before = await case.etag()
    await say(case, CHILD)
    assert (await case.details())["age_group"] == "adult"
    assert await case.etag() == before, "nothing has changed"


async def test_nobody_is_made_an_adult_or_let_go_by_it(noon: World) -> None:
    case = await open_case(noon, ADULT | CHILD, sender=SENDER, **HELD)
    before = await case.details()
    await say(case, {"stated_age": 40, "age_basis": "assessed"}, in_custody=False)
    assert await case.details() == before
    await say(case, {"stated_age": 40}, in_custody=True, custody_since="2026-03-16T10:00:00+01:00")
    assert await case.details() == before, "the hours run already"


async def test_who_was_let_go_since_is_not_held_again_by_an_older_word(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER, **HELD)
    ended = await case.post("/custody/end", {"ended_at": "2026-03-16T11:30:00+01:00"})
    assert ended.status_code == 200, ended.text
    await say(case, ADULT, **HELD)
    assert "custody" not in await running(case)


async def test_a_stay_that_was_unknown_routes_an_undecided_case_and_says_whose_word_it_is(noon: World) -> None:
    case = await open_case(noon, UNCLEAR, sender=SENDER)
    assert (await case.details())["routing"]["rule"] == "R7"
    sent = await say(case, {"residence_basis": "residence_permit", "residence_valid_until": "2027-01-01"})
    assert (await case.details())["routing"]["rule"] == "R5"
    entry = (await case.get("/legal-status", purpose="support")).json()["items"][-1]
    assert (entry["residence_basis"], entry["recorded_by"], entry["valid_from"]) == (
        "residence_permit",
        SENDER,
        "2026-03-16",
    )
    assert sent.id in entry["source"]
    await say(case, {"residence_basis": "no_legal_stay"})
    assert (await case.details())["residence_basis"] == "residence_permit", "what contradicts it is for people"


async def test_an_application_for_asylum_is_taken_in(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    await say(case, ADULT | {"asylum_pending": True})
    assert (await case.details())["routing"]["rule"] == "R2"
    await say(case, ADULT | {"asylum_pending": False})
    assert (await case.details())["routing"]["rule"] == "R2"


async def test_a_decision_stays(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    await case.decide("CMM")
    await say(case, CHILD | {"asylum_pending": True})
    details = await case.details()
    assert (details["routing"]["rule"], details["age_group"]) == ("R5", "presumed_minor")


@pytest.mark.parametrize("known", [{"stated_age": 24}, {"stated_age": 16}], ids=["an adult before", "a child before"])
async def test_a_notification_that_names_the_childs_municipality_tells_it_whoever_receives_it(
    noon: World, known: dict[str, Any]
) -> None:
    """It is CMM's task only where nobody has named one (docs/rules.md, child-2)."""
    case = await open_case(noon, CMM_DECIDES | known, sender=SENDER, municipality=None)
    await say(case, CHILD, kind="child_notification", municipality="0461")
    (task,) = [each for each in (await case.details())["deadlines"] if each["kind"] == "child_notification"]
    assert (task["for_org"], task["due_at"]) == ("kommune-0461", "2026-03-17T11:00:00Z")
    assert (await case.get("/person", by="kommune-0461", purpose="support")).status_code == 200
    await say(case, CHILD, kind="child_notification", municipality="0751")
    assert (await case.details())["child_protection"]["municipality"] == "0461", "another one is CMM's to name"


@pytest.mark.parametrize("kind", ["support", "other"])
async def test_where_something_happened_is_no_childs_municipality(noon: World, kind: str) -> None:
    case = await open_case(noon, ADULT, sender=SENDER, municipality=None)
    await say(case, CHILD, kind=kind, municipality="0461")
    assert (await case.details())["child_protection"]["municipality"] is None


async def test_who_is_only_let_know_makes_no_case_its_own(noon: World) -> None:
    """US protects a child by its word as everybody does, and does not come to decide by it."""
    case = await open_case(noon, UNCLEAR, sender=SENDER)
    await consent(case, "us", "legal")
    assert (await case.get(by="us")).status_code == 200
    await say(case, CHILD | {"residence_basis": "no_legal_stay"}, by="us")
    details = await case.details()
    assert (details["routing"]["rule"], details["age_group"]) == ("R7", "presumed_minor")


async def test_of_several_subjects_nobody_is_the_case_s_person(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    before = await case.details()
    await say(case, CHILD, CHILD, **HELD)
    assert await case.details() == before


async def test_a_closed_case_takes_nothing_in(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    await case.decide("CMM")
    closed = await case.post("/closure", {"on": "2026-03-16", "reason": "She has gone home."})
    assert closed.status_code == 200, closed.text
    before = await case.details()
    await say(case, CHILD, **HELD)
    assert await case.details() == before


# ---------------------------------------------------------------- as the bus brings it


async def deliver(havn: World, sent: Sent, case: Opened, **otherwise: Any) -> None:
    """The referral of which identification has taken no notice yet is about the case."""
    await havn.sql("referrals", "UPDATE referral SET case_id = $2 WHERE id = $1", sent.id, case.id)
    (submitted,) = [each for each in await havn.events("referrals", "submitted") if each["referral_id"] == sent.id]
    peers = havn.application.platform.peers_of("identification")
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        event = ReferralSubmitted.model_validate(submitted | {"case_id": case.id} | otherwise)
        await consumers.open_cases(Delivery.of(work, peers=peers, sequence=1), event)
    await havn.settled()


async def unheard(havn: World, **said: Any) -> Sent:
    sent = await send(havn, subject("P01", **CHILD), sender=SENDER, kind="support", **said)
    await havn.settled()
    return sent


async def test_a_withdrawal_that_overtakes_it_leaves_nothing_and_a_later_one_takes_nothing_back(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    before = await case.details()
    withdrawn = await unheard(noon, **HELD)
    await withdrawn.bring_to("withdrawn")
    await deliver(noon, withdrawn, case)
    assert await case.details() == before
    sent = await say(case, CHILD, **HELD)
    taken_in = await case.details()
    assert taken_in != before
    await sent.bring_to("withdrawn")
    await noon.settled()
    assert await case.details() == taken_in


async def test_what_is_brought_twice_is_taken_in_once(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    sent = await say(case, CHILD, **HELD)
    before, told = await case.details(), await noon.events("identification")
    await deliver(noon, sent, case)
    assert (await case.details(), await noon.events("identification")) == (before, told)


async def test_who_has_no_part_any_more_says_nothing(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    sent = await unheard(noon, **HELD)
    ended = await case.post(f"/parties/{SENDER}/end", {"reason": "It has nothing more to do with her."})
    assert ended.status_code == 200, ended.text
    before = await case.details()
    await deliver(noon, sent, case)
    assert await case.details() == before
    await deliver(noon, sent, case, sender="reden")
    assert await case.details() == before
    read = await noon.sql(
        "referrals", "SELECT FROM audit WHERE operation = 'referral.read' AND subject_id = $1", sent.id
    )
    assert read == [], "nor is it read who it would have been about"


async def test_what_was_erased_meanwhile_says_nothing(noon: World) -> None:
    case = await open_case(noon, ADULT, sender=SENDER)
    sent = await unheard(noon)
    before = await case.details()
    await noon.sql("referrals", "UPDATE referral SET erased_at = submitted_at WHERE id = $1", sent.id)
    await deliver(noon, sent, case)
    assert await case.details() == before


# ---------------------------------------------------------------- of two merged cases


async def merged(havn: World, mine: dict[str, Any], theirs: dict[str, Any], **said: Any) -> tuple[Met, Met]:
    """The sender's case, and the one that it learns nothing of, where the work goes on."""
    case, above = [
        Met(havn, each.id, [])
        for each in (
            await open_case(havn, mine, sender=SENDER, municipality="0461", **said),
            await open_case(havn, theirs, sender="reden"),
        )
    ]
    assert (await case.merge(above)).status_code == 200
    return case, above


async def test_it_is_taken_in_where_the_work_goes_on(noon: World) -> None:
    case, above = await merged(noon, ADULT, ADULT | {"stated_age": 30})
    await say(case, CHILD | {"asylum_pending": True}, **HELD)
    details, clocks = await above.details(), await running(above)
    assert (details["age_group"], details["routing"]["rule"]) == ("presumed_minor", "R2")
    assert (clocks["custody"], clocks["child_notification"]) == ("2026-03-19T10:00:00Z", "2026-03-17T11:00:00Z")
    parts = await noon.sql(
        "identification", "SELECT FROM case_party WHERE case_id = $1 AND org LIKE 'kommune%'", above.id
    )
    assert parts == [], "the municipality has its task in the case that it knows"
    assert (await case.post("/child-assessment", {"assessed_at": NOON}, by="kommune-0461")).status_code == 200
    assert (await above.details())["child_protection"]["child_assessed_at"] is not None


async def test_it_goes_back_where_the_merge_is_undone(noon: World) -> None:
    case, above = await merged(noon, ADULT, ADULT | {"stated_age": 30})
    await say(case, CHILD | {"asylum_pending": True}, **HELD)
    assert (await case.unmerge()).status_code == 200
    details = await above.details()
    assert (details["age_group"], details["routing"]["rule"]) == ("adult", "R5")
    assert not {"custody", "child_notification"} & (await running(above)).keys()
    assert (await person_of(above))["stated_age"] == 30
    assert (await case.details())["age_group"] == "presumed_minor"
    assert {"custody", "child_notification"} <= (await running(case)).keys()


async def test_where_the_work_goes_on_an_assessment_stands_and_who_was_let_go_is_free(noon: World) -> None:
    case, above = await merged(noon, ADULT, ADULT | {"stated_age": 30})
    assert (await above.post("/custody", {"since": "2026-03-16T10:30:00+01:00"})).status_code == 201
    assessed = ADULT | {"age_basis": "assessed", "birth_date": "2001-05-17"}
    assert (await noon.partner("cmm").put(f"{above.path}/person", assessed, if_match="*")).status_code == 200
    ended = await above.post("/custody/end", {"ended_at": "2026-03-16T11:30:00+01:00"})
    assert ended.status_code == 200, ended.text
    before = await above.details()
    assert "custody" not in await running(above)
    await say(case, CHILD, **HELD)
    assert await above.details() == before


async def test_the_sender_of_a_merged_case_sees_what_it_would_see_of_one_that_was_not(noon: World) -> None:
    seen = []
    for is_merged in (False, True):
        await noon.forget_everything()
        await noon.set_clock(NOON)
        case = Met(noon, (await open_case(noon, UNCLEAR, sender=SENDER)).id, [])
        above = Met(noon, (await open_case(noon, ADULT, sender="reden")).id, [])
        if is_merged:
            assert (await case.merge(above)).status_code == 200
        read_before = len(await feed(noon, SENDER))
        await say(case, CHILD | {"asylum_pending": True}, **HELD)
        glimpse = await case.get(by=SENDER)
        events = (await feed(noon, SENDER))[read_before:]
        seen.append(
            (
                {name: value for name, value in glimpse.json().items() if name != "case_id"},
                await noon.sql("identification", "SELECT version FROM case_file WHERE id = $1", case.id),
                [(event["type"], event.get("data", {}).get("authority")) for event in events],
            )
        )
    alone, together = seen
    assert alone == together
    assert alone[2], "there is something to see"


# ---------------------------------------------------------------- whatever is said of whomever

TODAY = date(2026, 3, 16)
ages = st.none() | st.integers(0, 120)
births = st.none() | st.dates(date(1950, 1, 1), TODAY).map(Personal)
people = st.builds(
    CasePerson,
    stated_age=ages,
    birth_date=births,
    age_basis=st.none() | st.sampled_from(AgeBasis),
    residence_basis=st.sampled_from(ResidenceBasis),
    asylum_pending=st.none() | st.booleans(),
    given_name=st.sampled_from([None, Personal("Malee"), Personal("Mali")]),
)
MAY_CHANGE = {"stated_age", "age_basis", "residence_basis", "residence_valid_until", "asylum_pending"}
MINORS = {AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR}


def word(said: CasePerson) -> LaterWord:
    return LaterWord(
        person=said,
        custody_since=None,
        said_by=SENDER,
        is_of_a_party=True,
        kind=ReferralKind.SUPPORT,
        referral_id=uuid4(),
        referred_at=datetime(2026, 3, 16, tzinfo=UTC),
    )


@given(known=people, said=people, stated_on=st.none() | st.dates(date(2015, 1, 1), TODAY))
def test_it_adds_protection_and_takes_nothing_away(known: CasePerson, said: CasePerson, stated_on: date | None) -> None:
    after = with_later_word(known, word(said), on=TODAY, age_stated_on=stated_on)
    assert {name for name, value in after if value != getattr(known, name)} <= MAY_CHANGE
    since = stated_on if after.stated_age == known.stated_age else TODAY

    def until(person: CasePerson, stated: date | None) -> date:
        if age_group(person, on=TODAY, age_stated_on=stated) not in MINORS:
            return date.min
        return adult_on(person, on=TODAY, age_stated_on=stated) or date.max

    assert until(after, since) >= until(known, stated_on), "nobody comes of age earlier by it"
    if known.age_basis is AgeBasis.ASSESSED:
        assert (after.stated_age, after.age_basis) == (known.stated_age, AgeBasis.ASSESSED)
    elif age_group(said, on=TODAY) in MINORS:
        assert until(after, since) > TODAY, "who is said to be a minor is one"
    else:
        assert (after.stated_age, after.age_basis) == (known.stated_age, known.age_basis)
    if known.residence_basis is not ResidenceBasis.UNKNOWN:
        assert after.residence_basis is known.residence_basis
    assert bool(after.asylum_pending) == bool(known.asylum_pending or said.asylum_pending)
    assert with_later_word(after, word(said), on=TODAY, age_stated_on=since) == after, "twice is once"
