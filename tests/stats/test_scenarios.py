"""What the acceptance stories say about statistics."""

from datetime import date, datetime

from shared.contract.codes import Authority, ExploitationForm, Gender, Outcome
from shared.kernel.clock import COPENHAGEN
from tests.stats.story import Story, exact, victims
from tests.world import World


async def test_sc01_two_of_three_thai_women_count_all_three_were_interviewed(havn: World) -> None:
    story = Story()
    raid = datetime(2026, 3, 2, 9, 30, tzinfo=COPENHAGEN)
    referral_id = story.referral(at=raid)
    p01, p02, p03 = (story.case(referral_id=referral_id, referred_by="politi-oestjylland", at=raid) for _ in range(3))
    for case_id, day in ((p01, 3), (p01, 4), (p02, 3), (p03, 4)):
        story.interviewed(case_id, at=datetime(2026, 3, day, 10, tzinfo=COPENHAGEN))
    story.decided(p01, date(2026, 3, 9))
    story.decided(p02, date(2026, 3, 9), outcome=Outcome.NOT_TRAFFICKED)
    story.decided(p03, date(2026, 3, 9), authority=Authority.US)
    await story.reaches(havn)

    assert await victims(havn, "year,gender,exploitation_form,citizenship") == [
        exact(2, year=2026, gender="woman", exploitation_form="SEXUAL", citizenship="THA")
    ]
    assert await victims(havn, "authority") == [exact(1, authority="CMM"), exact(1, authority="US")]
    assert await victims(havn, "referred_by,region") == [
        exact(2, referred_by="politi-oestjylland", region="Midtjylland")
    ]
    flow = await havn.partner("cmm", "dashboard").get("/stats/v1/flow", **{"from": "2026", "to": "2026"})
    assert flow.json() == {
        "recorded_from": 2026,
        "status": "exact",
        "referrals": [
            {"referred_by": "politi-oestjylland", "kind": "police", "count": 1, "statuses": {"submitted": 1}}
        ],
        "interviewed": 3,
        "prepared_returns": 0,
    }


async def test_sc02_is_one_man_decided_and_referred_by_us(havn: World) -> None:
    story = Story()
    case_id = story.case(gender=Gender.MAN, citizenships=["NGA"], referred_by="us")
    story.decided(case_id, date(2026, 2, 3), authority=Authority.US, forms=[ExploitationForm.FORCED_LABOUR])
    await story.reaches(havn)
    assert await victims(havn, "gender,exploitation_form,authority,referred_by") == [
        exact(1, gender="man", exploitation_form="FORCED_LABOUR", authority="US", referred_by="us")
    ]


async def test_sc07_human_exploitation_is_never_counted_as_trafficking(havn: World) -> None:
    story = Story()
    referral_id = story.referral("arbejdstilsynet", municipality="0607")
    for number in range(6):
        case_id = story.case(
            gender=Gender.MAN, citizenships=["POL"], referral_id=referral_id, referred_by="arbejdstilsynet"
        )
        outcome = Outcome.ASSESSED_TRAFFICKED if number < 2 else Outcome.OTHER_OFFENCE_262B
        story.decided(case_id, date(2026, 5, 4), outcome=outcome, forms=[ExploitationForm.FORCED_LABOUR])
    await story.reaches(havn)
    assert await victims(havn, "year,citizenship") == [exact(2, year=2026, citizenship="POL")]


async def test_sc08_who_declined_is_not_counted(havn: World) -> None:
    story = Story()
    story.decided(story.case(citizenships=["HUN"]), date(2026, 6, 20), outcome=Outcome.DECLINED)
    await story.reaches(havn)
    assert await victims(havn) == []


async def test_sc16_a_reassessment_counts_and_what_was_known_before_it_stays_known(havn: World) -> None:
    story = Story()
    case_id = story.case(citizenships=["CHN"])
    first = story.decided(case_id, date(2026, 6, 23), outcome=Outcome.INSUFFICIENT_BASIS)
    story.decided(case_id, date(2026, 8, 3), replaces=first)
    await story.reaches(havn)
    assert await victims(havn, "citizenship") == [exact(1, citizenship="CHN")]
    assert await victims(havn, "citizenship", as_of="2026-07-01") == []
