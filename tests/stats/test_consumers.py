"""Whatever way the events arrive, the stats service ends up knowing the same; and every count adds up to the people."""

import itertools
import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.stats.models import metadata
from services.stats.schemas import Dimension
from shared.contract.codes import AgeGroup, Authority, ExploitationForm, Gender, Outcome
from shared.contract.events import ReferralAccepted, ReferralAcknowledged
from shared.kernel.clock import COPENHAGEN
from shared.messaging.messages import Message
from tests.stats.story import EARLY, Story, deliver
from tests.world import World

TABLES = (*sorted(metadata.tables), "dead_letter")
with_havn = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)


async def state(havn: World) -> dict[str, list[str]]:
    """What the service knows, as text, and what it could not handle. Where a row stands in its table is nothing that it knows,
    nor how often it was said that two cases are one."""
    found = {}
    for table in TABLES:
        rows = await havn.sql("stats", f"SELECT DISTINCT (to_jsonb(t) - 'position')::text FROM {table} t ORDER BY 1")
        found[table] = [row[0] for row in rows]
    return found


async def forget(havn: World, *tables: str) -> None:
    await havn.sql("stats", f"TRUNCATE {', '.join(tables)}")


def busy_story() -> Story:
    """What the service listens to, in several cases of two sources, of which some turn out to be one person's."""
    story = Story()
    police, union = story.referral(), story.referral("3f", municipality="0607")
    referred = story.case(referral_id=police, referred_by="politi-oestjylland")
    outreach = story.case(municipality=None)
    builder = story.case(gender=Gender.MAN, referral_id=union, municipality=None)
    story.step(ReferralAcknowledged, police, at=EARLY + timedelta(hours=1))
    story.step(ReferralAccepted, police, at=EARLY + timedelta(hours=2))
    story.referred_again(outreach, "us")
    story.unmerged(story.referred_again(outreach, "reden", at=EARLY + timedelta(days=2)), outreach)
    for case_id in (referred, outreach, builder):
        story.interviewed(case_id)
    story.described(outreach, age_group_at_exploitation=AgeGroup.MINOR)
    first = story.decided(referred, date(2025, 12, 1))
    story.decided(referred, date(2026, 2, 1), outcome=Outcome.NOT_TRAFFICKED, replaces=first)
    story.decided(referred, date(2026, 3, 1), authority=Authority.COURT)
    story.decided(outreach, date(2026, 3, 9), authority=Authority.US)
    story.decided(builder, date(2026, 5, 4), outcome=Outcome.OTHER_OFFENCE_262B)
    return story


def shuffled(messages: Sequence[Message], chance: random.Random) -> list[Message]:
    """Another order, in which each source's events of each case keep theirs."""
    streams: dict[tuple[str, str], list[Message]] = {}
    for message in messages:
        streams.setdefault((message.topic, message.key), []).append(message)
    turns = [stream for stream, found in streams.items() for _ in found]
    chance.shuffle(turns)
    following = {stream: iter(found) for stream, found in streams.items()}
    return [next(following[stream]) for stream in turns]


async def test_every_event_leaves_a_row(havn: World) -> None:
    story = busy_story()
    await story.reaches(havn)
    counts = {table: len(rows) for table, rows in (await state(havn)).items()}
    told = {
        "person": 5,
        "description": 1,
        "case_merge": 3,
        "interview": 3,
        "decision": 5,
        "replacement": 1,
        "referral": 2,
        "dead_letter": 0,
    }
    assert told.items() <= counts.items()


@with_havn
@given(chance=st.randoms(use_true_random=False))
async def test_every_legal_order_with_every_event_twice_leaves_the_same_state(
    havn: World, chance: random.Random
) -> None:
    story = busy_story()
    await forget(havn, *TABLES, "inbox")
    await deliver(havn, story.messages)
    expected = await state(havn)

    await forget(havn, *TABLES, "inbox")
    order = shuffled(story.messages, chance)
    for message in order:
        await deliver(havn, [message, message])
    await deliver(havn, shuffled(story.messages, chance))
    assert await state(havn) == expected


async def test_hearing_everything_again_from_the_beginning_changes_nothing(havn: World) -> None:
    story = busy_story()
    await story.reaches(havn)
    expected = await state(havn)
    await forget(havn, "inbox")
    await deliver(havn, story.messages)
    assert await state(havn) == expected


async def test_an_old_status_heard_again_does_not_undo_a_later_one(havn: World) -> None:
    story = Story()
    referral_id = story.referral()
    story.step(ReferralAcknowledged, referral_id, at=EARLY + timedelta(hours=1))
    story.step(ReferralAccepted, referral_id, at=EARLY + timedelta(hours=2))
    await story.reaches(havn)
    await forget(havn, "inbox")
    await deliver(havn, story.messages[:2])
    assert [row["status"] for row in await havn.sql("stats", "SELECT status FROM referral")] == ["accepted"]


DECISIONS = st.fixed_dictionaries(
    {
        "on": st.dates(date(2024, 1, 1), date(2026, 10, 1)),
        "authority": st.sampled_from([Authority.CMM, Authority.US, Authority.COURT]),
        "outcome": st.sampled_from([Outcome.ASSESSED_TRAFFICKED, Outcome.NOT_TRAFFICKED, Outcome.OTHER_OFFENCE_262B]),
        "forms": st.lists(st.sampled_from(ExploitationForm), max_size=2),
        "replaces_the_last": st.booleans(),
    }
)
PEOPLE = st.lists(
    st.fixed_dictionaries(
        {
            "gender": st.sampled_from(Gender),
            "age_group": st.sampled_from(AgeGroup),
            "citizenships": st.lists(st.sampled_from(["THA", "ROU", "DNK"]), max_size=2),
            "municipality": st.sampled_from([None, "0751", "0101", "0411"]),
            "referred_by": st.sampled_from([None, "us", "reden"]),
            "referred_again_by": st.lists(st.sampled_from(["3f", "politi-fyn"]), max_size=2),
            "decisions": st.lists(DECISIONS, max_size=3),
        }
    ),
    max_size=6,
)


def live(story: Story, person: dict[str, Any]) -> bool:
    """Write a person's story; says whether a positive decision about the person stands at its end."""
    case_id = story.case(
        **{name: person[name] for name in ("gender", "age_group", "citizenships", "municipality", "referred_by")}
    )
    for sender in person["referred_again_by"]:
        story.referred_again(case_id, sender)
    standing: dict[Any, Outcome] = {}
    for decision in person["decisions"]:
        replaced = list(standing)[-1] if decision["replaces_the_last"] and standing else None
        made = story.decided(
            case_id,
            decision["on"],
            authority=decision["authority"],
            outcome=decision["outcome"],
            forms=decision["forms"],
            recorded_at=datetime(2026, 10, 2, tzinfo=COPENHAGEN),
            replaces=replaced,
        )
        standing.pop(replaced, None)
        standing[made] = decision["outcome"]
    return Outcome.ASSESSED_TRAFFICKED in standing.values()


@with_havn
@given(people=PEOPLE)
async def test_every_table_of_two_dimensions_adds_up_to_the_people(havn: World, people: list[dict[str, Any]]) -> None:
    story = Story()
    expected = sum(live(story, person) for person in people)
    await forget(havn, *TABLES, "inbox")
    await story.reaches(havn)
    statistician = havn.partner("cmm", "statistician")
    for pair in itertools.combinations(Dimension, 2):
        rows = (await statistician.get("/stats/v1/victims", by=",".join(pair))).json()["rows"]
        assert sum(row["count"] for row in rows) == expected, pair
        cells = [tuple(row[dimension] for dimension in pair) for row in rows]
        assert len(set(cells)) == len(cells), pair
