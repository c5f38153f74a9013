"""A referral is never lost over a formality: what can be forgiven is taken, kept as written, and named in a warning."""

import json
from typing import Any

import pytest

from tests.identification.builders import Opened, open_case, open_cases
from tests.referrals.builders import PATH, POLICE, referral, send, subject, warned
from tests.world import World

NOW = "2026-03-09T12:00:00+01:00"
PASSPORT = {"type": "passport", "value": "C1234567"}


@pytest.fixture(autouse=True)
async def monday(havn: World) -> None:
    await havn.set_clock(NOW)


OF_A_SUBJECT: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
    *(
        (
            {"identifiers": [{"value": "TH4471902"} | of_no_type]},
            "identifiers.0.type",
            "not_understood",
            {"identifiers": [{"type": "other", "value": "TH4471902", "issuing_country": None}]},
        )
        for of_no_type in ({}, {"type": None})
    ),
    *(
        (
            {"identifiers": [{"type": "passport"} | no_value]},
            "identifiers.0.value",
            "not_understood",
            {"identifiers": []},
        )
        for no_value in ({}, {"value": None})
    ),
    *(
        ({"consents": [{"recipient": "cmm"} | for_nothing]}, "consents.0.purpose", "not_understood", {"consents": []})
        for for_nothing in ({}, {"purpose": None})
    ),
    (
        {"identifiers": [{"type": "passport", "value": "ukendt", "issuing_country": "THA"}]},
        "identifiers.0.value",
        "placeholder",
        {},
    ),
    (
        {"identifiers": [{"type": "cpr", "value": "000000-0000", "issuing_country": None}]},
        "identifiers.0.value",
        "placeholder",
        {},
    ),
    (
        {"identifiers": [{"type": "cpr", "value": "12-3457", "issuing_country": None}]},
        "identifiers.0.value",
        "shape",
        {},
    ),
    ({"identifiers": [{"type": "other", "value": "\u200b"}]}, "identifiers.0.value", "blank", {"identifiers": []}),
    (
        {
            "identifiers": [
                {"type": "passport", "value": "", "issuing_country": "Nowhere"},
                PASSPORT | {"issuing_country": "THA"},
            ]
        },
        "identifiers.0.value",
        "blank",
        {"identifiers": [PASSPORT | {"issuing_country": "THA"}]},
    ),
    ({"identifiers": "C1234567"}, "identifiers", "not_understood", {"identifiers": []}),
    (
        {"identifiers": [PASSPORT | {"issuing_country": "Thailand"}]},
        "identifiers.0.issuing_country",
        "unknown_country",
        {"identifiers": [PASSPORT | {"issuing_country": None}]},
    ),
    ({"citizenships": ["XYZ", "THA"]}, "citizenships.0", "unknown_country", {"citizenships": ["THA"]}),
    ({"languages": ["tha", "Thai"]}, "languages.1", "unknown_language", {"languages": ["tha"]}),
    ({"interpreter_language": "zzz"}, "interpreter_language", "unknown_language", {"interpreter_language": None}),
    ({"given_name": "\u3164\u2800"}, "given_name", "blank", {"given_name": None}),
    ({"family_name": ""}, "family_name", "blank", {"family_name": None}),
    ({"given_name": "Ukendt"}, "given_name", "placeholder", {}),
    ({"birth_date": "1900-01-01"}, "birth_date", "placeholder", {}),
    ({"birth_date": "2031-01-01"}, "birth_date", "impossible", {"birth_date": None}),
    ({"birth_date": "2002-02-30"}, "birth_date", "part_of_a_date", {"birth_date": None}),
    ({"birth_date": "1850-05-05"}, "birth_date", "impossible", {"birth_date": None}),
    ({"stated_age": 200}, "stated_age", "impossible", {"stated_age": None}),
    ({"stated_age": "15"}, "stated_age", "spelt", {"stated_age": 15}),
    (
        {"identifiers": [PASSPORT | {"value": 12345678, "issuing_country": None}]},
        "identifiers.0.value",
        "spelt",
        {"identifiers": [PASSPORT | {"value": "12345678", "issuing_country": None}]},
    ),
    ({"given_name": "Ma\x00lee\x0bXai"}, "given_name", "characters", {"given_name": "Malee\nXai"}),
    ({"stated_age": 19, "age_at_exploitation": 40}, "age_at_exploitation", "impossible", {"age_at_exploitation": None}),
    (
        {"birth_date": "2000-01-01", "age_at_exploitation": 40, "stated_age": None},
        "age_at_exploitation",
        "impossible",
        {"age_at_exploitation": None},
    ),
    ({"unaccompanied": "true"}, "unaccompanied", "spelt", {"unaccompanied": True}),
    ({"residence_valid_until": "soon"}, "residence_valid_until", "not_understood", {"residence_valid_until": None}),
    ({"given_name": "x" * 250 + "y"}, "given_name", "too_long", {"given_name": "x" * 200}),
]


@pytest.mark.parametrize(
    ("said", "place", "code", "read_as"), OF_A_SUBJECT, ids=[f"{row[1]} {row[2]}" for row in OF_A_SUBJECT]
)
async def test_what_can_be_forgiven_is_taken_and_named(
    havn: World, said: dict[str, Any], place: str, code: str, read_as: dict[str, Any]
) -> None:
    sent = await send(havn, subject(**said))
    expected = [(f"body.subjects.0.{place}", code)]
    assert expected[0] in warned(sent.receipt)
    assert all(each["msg"] for each in sent.receipt["warnings"])
    for party in (POLICE, "cmm"):
        told = (await sent.read(by=party)).json()
        assert told["warnings"] == sent.receipt["warnings"]
        person = told["subjects"][0]
        assert person | (read_as or said) == person
        kept = {
            ".".join(map(str, each["loc"])).removeprefix("body.subjects.0."): each["value"]
            for each in told["as_written"]
        }
        assert bool(kept) == bool(read_as)
        for field, value in kept.items():
            written: Any = said
            for part in field.split("."):
                written = written[int(part) if part.isdigit() else part]
            assert value == written


OF_THE_REFERRAL: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
    ({"municipality": "9999"}, "municipality", "unknown_municipality", {"municipality": None}),
    ({"reason": "\u200b\ufeff"}, "reason", "blank", {"reason": None}),
    ({"reason": 5}, "reason", "spelt", {"reason": "5"}),
    ({"reason": ["She", "fled"]}, "reason", "not_understood", {"reason": None}),
    ({"safe_contact": True}, "safe_contact", "not_understood", {"safe_contact": None}),
    ({"reason": "She\x0bfled"}, "reason", "characters", {"reason": "She\nfled"}),
    ({"reason": "\x00\x1b"}, "reason", "blank", {"reason": None}),
    ({"safe_contact": " \u2800"}, "safe_contact", "blank", {"safe_contact": None}),
    ({"in_custody": "perhaps"}, "in_custody", "not_understood", {"in_custody": False}),
    *(({"in_custody": yes}, "in_custody", "spelt", {"in_custody": True}) for yes in ("yes", " Ja", "TRUE", 1, "1")),
    *(({"in_custody": no}, "in_custody", "spelt", {"in_custody": False}) for no in ("no", "nej", "False", 0)),
    (
        {"occurred_at": "2026-03-10T12:00:00+01:00"},
        "occurred_at",
        "time_ahead",
        {"occurred_at": "2026-03-09T11:00:00Z"},
    ),
    (
        {"custody_since": "2026-03-09T13:00:00+01:00", "in_custody": True},
        "custody_since",
        "time_ahead",
        {"custody_since": "2026-03-09T11:00:00Z"},
    ),
    (
        {"custody_since": "2026-03-09T08:00:00+01:00"},
        "custody_since",
        "custody_assumed",
        {"in_custody": True, "custody_since": "2026-03-09T07:00:00Z"},
    ),
    ({"case_id": "not an id", "kind": "identification"}, "case_id", "not_understood", {"case_id": None}),
]


@pytest.mark.parametrize(
    ("said", "place", "code", "read_as"), OF_THE_REFERRAL, ids=[f"{row[1]} {row[2]}" for row in OF_THE_REFERRAL]
)
async def test_so_is_what_can_be_forgiven_in_the_referral_itself(
    havn: World, said: dict[str, Any], place: str, code: str, read_as: dict[str, Any]
) -> None:
    sent = await send(havn, **said)
    assert warned(sent.receipt) == [(f"body.{place}", code)]
    told = (await sent.read(by="cmm")).json()
    assert told | read_as == told
    assert told["warnings"] == sent.receipt["warnings"]


async def test_custody_since_a_time_is_custody_and_the_72_hours_run(havn: World) -> None:
    sent = await send(havn, custody_since="2026-03-09T08:00:00+01:00", in_custody=False)
    assert (await sent.status()).json()["next_deadline"] == "2026-03-12T07:00:00Z"


@pytest.mark.parametrize("written", ["yes", "ja", 1, "no", "false", 0, "perhaps", "", [], 2])
async def test_however_the_word_beside_it_is_written(havn: World, written: Any) -> None:
    sent = await send(havn, custody_since="2026-03-09T08:00:00+01:00", in_custody=written)
    told = (await sent.read(by="cmm")).json()
    assert (told["in_custody"], told["custody_since"]) == (True, "2026-03-09T07:00:00Z")
    assert [each for each in told["as_written"] if each["loc"] == ["body", "in_custody"]] == [
        {"loc": ["body", "in_custody"], "value": written}
    ]
    assert (await sent.status()).json()["next_deadline"] == "2026-03-12T07:00:00Z"


async def test_a_custody_never_begins_later_than_now(havn: World) -> None:
    sent = await send(havn, custody_since="2026-03-10T11:59:00+01:00", in_custody=True)
    assert (await sent.status()).json()["next_deadline"] == "2026-03-12T11:00:00Z"


async def test_a_reference_in_which_nothing_can_be_seen_is_null_and_two_alike_are_both_kept(havn: World) -> None:
    sent = await send(havn, subject("\u200b"), subject("P01"), subject("P01", stated_age=30))
    assert [each["reference"] for each in sent.receipt["subjects"]] == [None, "P01", "P01"]
    assert warned(sent.receipt) == [
        ("body.subjects.0.reference", "blank"),
        ("body.subjects.1.reference", "same_reference"),
        ("body.subjects.2.reference", "same_reference"),
    ]
    assert [each["stated_age"] for each in (await sent.read()).json()["subjects"]] == [24, 24, 30]


async def test_places_are_those_of_the_body_that_was_sent_whatever_was_passed_over_before(havn: World) -> None:
    numbers = [
        {"type": "cpr", "value": "\u200b"},
        {"type": "cpr", "value": "\u3164"},
        {"type": "cpr", "value": "unknown"},
    ]
    sent = await send(havn, subject(identifiers=numbers, citizenships=["??", "THA", "!!", "RKS", "--"]))
    assert warned(sent.receipt) == [
        *((f"body.subjects.0.citizenships.{position}", "unknown_country") for position in (0, 2, 4)),
        *((f"body.subjects.0.identifiers.{position}.value", "blank") for position in (0, 1)),
        ("body.subjects.0.identifiers.2.value", "placeholder"),
    ]
    assert (await sent.read()).json()["subjects"][0]["citizenships"] == ["THA", "RKS"]


async def test_a_referral_as_the_contract_has_it_has_no_warnings(havn: World) -> None:
    sent = await send(havn, subject(given_name="Malee", identifiers=[PASSPORT | {"issuing_country": "THA"}]))
    assert sent.receipt["warnings"] == []
    told = (await sent.read()).json()
    assert (told["warnings"], told["as_written"]) == ([], [])


async def test_a_warning_never_has_the_value_and_nothing_of_it_lies_open(havn: World) -> None:
    said = {"birth_date": "Maleesday", "citizenships": ["Maleeland"], "given_name": "Malee" * 60}
    submitted = await havn.partner(POLICE).post(PATH, referral(subject(**said), municipality="Malee"))
    assert submitted.status_code == 201
    assert "Malee" not in submitted.text
    assert len(submitted.json()["warnings"]) == 4
    for table in ("referral", "referral_subject", "event_history", "outbox", "audit", "idempotency"):
        for row in await havn.sql("referrals", f"SELECT * FROM {table}"):
            for value in row.values():
                assert "Malee" not in (value.decode(errors="ignore") if isinstance(value, bytes) else str(value)), table


async def test_the_same_key_gives_the_same_warnings_again(havn: World) -> None:
    police, body = havn.partner(POLICE), referral(subject(given_name="Ukendt"))
    first = await police.post(PATH, body, idempotency_key="once")
    again = await police.post(PATH, body, idempotency_key="once")
    assert (first.content, again.headers["idempotency-replayed"]) == (again.content, "true")


async def test_warnings_depend_on_nothing_but_what_was_sent(havn: World) -> None:
    person = {"identifiers": [PASSPORT, {"type": "cpr", "value": "ukendt"}], "given_name": "Ukendt"}
    first = await send(havn, subject(**person), kind="identification")
    await havn.settled()
    second = await send(havn, subject(**person), kind="identification", sender="politi-fyn")
    assert json.dumps(first.receipt["warnings"]) == json.dumps(second.receipt["warnings"])


# ---------------------------------------------------------------- what follows in identification


async def test_a_case_is_opened_of_what_a_stricter_reader_would_not_take(havn: World) -> None:
    case = await open_case(havn, {"given_name": "Ma\x00lee", "stated_age": 10**30}, reason="a\x0bb")
    assert (await case.details())["age_group"] == "unknown"


async def test_what_was_not_understood_opens_a_case_all_the_same(havn: World) -> None:
    person = {"stated_age": "15", "citizenships": ["GRL", "XYZ"], "birth_date": "2002-02-30", "languages": ["Thai"]}
    case = await open_case(havn, person, reason="\u200b", municipality="9999")
    told = await case.details()
    assert (told["age_group"], told["citizenships"]) == ("presumed_minor", ["GRL"])
    assert told["routing"]["rule"] == "R3"


async def test_two_people_of_whom_nothing_is_known_are_two_cases_and_no_question(havn: World) -> None:
    nobody = {
        "given_name": "Ukendt",
        "family_name": "Ukendt",
        "birth_date": "1900-01-01",
        "identifiers": [{"type": "passport", "value": value} for value in ("unknown", "123456789", "n/a")],
    }
    one, other = await open_cases(havn, nobody, nobody)
    assert one.id != other.id
    again: Opened = await open_case(havn, nobody, sender="politi-fyn")
    assert again.id not in (one.id, other.id)
    for case in (one, other, again):
        assert (await case.details())["age_group"] == "adult", "24, as stated; nobody is 126"


async def test_a_birth_date_that_stands_for_an_unknown_one_makes_nobody_an_adult(havn: World) -> None:
    case = await open_case(havn, {"birth_date": "1900-01-01", "stated_age": None})
    assert (await case.details())["age_group"] == "unknown"


async def test_what_was_written_of_somebody_goes_with_them(havn: World) -> None:
    people = [subject("P01", stated_age=200), subject("P02", stated_age=300)]
    sent = await send(havn, *people, kind="identification", reason="a\u000bb")
    await havn.settled()

    async def written() -> dict[str, Any]:
        read = (await havn.partner(POLICE).get(sent.path, purpose="identification")).json()
        return {".".join(map(str, each["loc"][1:])): each["value"] for each in read["as_written"]}

    both = await written()
    assert both == {"reason": "a\u000bb", "subjects.0.stated_age": 200, "subjects.1.stated_age": 300}
    opened = await havn.events("identification", "case-opened")
    read = (await havn.partner(POLICE).get(sent.path, purpose="identification")).json()
    first = next(each["case_id"] for each in read["subjects"] if each["reference"] == "P01")
    assert first in {event["case_id"] for event in opened}
    refused = await Opened(havn, first).post("/refusal", {"on": "2026-03-09"})
    assert refused.status_code in (200, 201), refused.text
    await havn.settled()
    assert await written() == {"reason": "a\u000bb", "subjects.1.stated_age": 300}


async def test_a_consent_for_a_purpose_that_its_recipient_may_not_state_is_named(havn: World) -> None:
    """Sender and recipient of the referral may state support, whatever they are; another police may not."""
    said = [{"recipient": each, "purpose": "support"} for each in (POLICE, "cmm", "politi-fyn")]
    sent = await send(havn, subject(), subject("P02", consents=[{"recipient": "reden"}, *said]))
    named = [each for each in sent.receipt["warnings"] if each["code"] == "purpose_not_theirs"]
    assert [each["loc"] for each in named] == [["body", "subjects", 1, "consents", 3, "purpose"]]
    assert named[0]["msg"].endswith("It may state: accommodation, identification, investigation.")
    assert named[0] in (await sent.read()).json()["warnings"]
