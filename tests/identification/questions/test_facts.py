"""In which facts two descriptions of one person differ, and what the two come to (docs/rules.md, identity-2)."""

from typing import Any
from uuid import UUID

import pytest

from services.identification.case.schemas import CasePerson
from services.identification.questions import facts
from shared.kernel.text import AS_STORED

MINE, THEIRS = UUID(int=1), UUID(int=2)


def person(**said: Any) -> CasePerson:
    return CasePerson.model_validate(said)


def joined(mine: dict[str, Any], theirs: dict[str, Any], *, is_anonymous: bool = False, **keep: UUID) -> dict[str, Any]:
    found = facts.joined(person(**mine), person(**theirs), survivor_id=MINE, keep=keep, is_anonymous=is_anonymous)
    return {name: value for name, value in found.model_dump(mode="json").items() if value not in (None, [], "unknown")}


def test_two_that_say_the_same_differ_in_nothing() -> None:
    said = {"given_name": "Malee", "stated_age": 24, "gender": "woman", "citizenships": ["THA"]}
    assert facts.differing(person(**said), person(**said)) == []


def test_they_differ_in_what_each_says_otherwise_and_not_in_what_one_leaves_open() -> None:
    one = person(given_name="Malee", stated_age=24, gender="woman", citizenships=["THA"], residence_basis="visa")
    other = person(given_name="Mali", family_name="Suwan", gender="man", residence_basis="unknown")
    assert facts.differing(one, other) == ["given_name", "gender"]
    assert facts.differing(other, one) == ["given_name", "gender"]
    assert facts.differing(one, person(gender="unknown", citizenships=["NGA"])) == ["citizenships"]


@pytest.mark.parametrize("name", facts.NEVER_CHOSEN)
def test_what_is_added_up_is_never_chosen(name: str) -> None:
    assert name not in facts.CHOSEN


def test_nobody_chooses_an_age_where_one_of_the_two_was_assessed() -> None:
    assessed, stated = person(stated_age=17, age_basis="assessed"), person(stated_age=24, age_basis="stated")
    assert facts.differing(assessed, stated) == facts.differing(stated, assessed) == []
    again = person(stated_age=19, age_basis="assessed")
    assert facts.differing(assessed, again) == ["stated_age"]
    assert facts.differing(stated, person(stated_age=25, age_basis="documented")) == ["stated_age", "age_basis"]


def test_an_assessment_holds_whichever_case_has_it_and_whatever_is_chosen() -> None:
    assessed = {"stated_age": 17, "age_basis": "assessed", "birth_date": "2009-01-02"}
    stated = {"stated_age": 24, "age_basis": "stated", "birth_date": "2002-01-02", "stated_birth_date": "2002-01-02"}
    for found in (
        joined(assessed, stated, stated_age=THEIRS, age_basis=THEIRS, birth_date=THEIRS),
        joined(stated, assessed, stated_age=MINE, age_basis=MINE, birth_date=MINE),
    ):
        assert found == assessed
    assert joined(assessed | {"gender": "woman"}, stated) == assessed | {"gender": "woman"}, (
        "and nothing else is lost by it"
    )
    both = joined(assessed, assessed | {"stated_age": 19}, stated_age=THEIRS)
    assert both["stated_age"] == 19


def test_of_what_differs_the_chosen_one_s_holds() -> None:
    mine, theirs = {"given_name": "Malee", "gender": "woman"}, {"given_name": "Mali", "gender": "man"}
    assert joined(mine, theirs, given_name=THEIRS, gender=MINE) == {"given_name": "Mali", "gender": "woman"}
    assert joined(mine, theirs, given_name=MINE, gender=THEIRS) == {"given_name": "Malee", "gender": "man"}
    assert joined(mine, theirs) == mine, "what was not asked stays as the surviving case has it"


def test_what_one_of_them_leaves_open_is_taken_from_the_other() -> None:
    assert joined({"given_name": "Malee"}, {"family_name": "Suwan", "gender": "woman", "residence_basis": "visa"}) == {
        "given_name": "Malee",
        "family_name": "Suwan",
        "gender": "woman",
        "residence_basis": "visa",
    }
    assert joined({"given_name": "Malee", "gender": "woman"}, {"gender": "unknown"}, gender=THEIRS) == {
        "given_name": "Malee",
        "gender": "woman",
    }, "nothing is no choice"


def test_what_a_person_has_several_of_is_added_up_without_doubles() -> None:
    one, two, three = ({"type": "passport", "value": f"TH447190{number}"} for number in range(3))
    found = joined(
        {"identifiers": [one, two], "languages": ["tha"]}, {"identifiers": [two, three], "languages": ["eng"]}
    )
    assert [each["value"] for each in found["identifiers"]] == [one["value"], two["value"], three["value"]]
    assert found["languages"] == ["tha", "eng"]


def test_of_what_has_no_limit_all_is_kept() -> None:
    assert facts._most("gender") is None
    assert facts._most("aliases") == 20


def test_what_was_stored_is_joined_as_it_was_stored() -> None:
    """A rule that came later refuses no description that was taken before it."""
    stored = CasePerson.model_validate({"given_name": "\u200b", "gender": "woman"}, context=AS_STORED)
    both = facts.joined(stored, person(aliases=["Lily"]), survivor_id=MINE, keep={}, is_anonymous=False)
    assert [alias.value for alias in both.aliases] == ["Lily"]


def test_no_more_are_kept_than_a_person_may_have() -> None:
    mine, theirs = ([f"{side}{number}" for number in range(15)] for side in ("Lily", "Mo"))
    found = joined({"aliases": mine}, {"aliases": theirs})
    assert found["aliases"] == [*mine, *theirs[:5]]


def test_both_ways_to_reach_the_person_are_kept_in_one_text_while_it_fits() -> None:
    mine, theirs = {"safe_contact": "The bakery."}, {"safe_contact": "Her teacher."}
    assert joined(mine, theirs) == {"safe_contact": "The bakery.\nHer teacher."}
    assert joined(mine, {}) == joined({}, mine) == joined(mine, mine) == mine
    exact, long = "x" * (10_000 - 1 - len("The bakery.")), "x" * (10_000 - len("The bakery."))
    assert len(joined(mine, {"safe_contact": exact})["safe_contact"]) == 10_000
    assert joined(mine, {"safe_contact": long}) == mine


def test_into_an_anonymous_notification_nobody_s_identity_is_written() -> None:
    theirs = {
        "given_name": "Malee",
        "birth_date": "2001-05-17",
        "aliases": ["Lily"],
        "safe_contact": "The bakery.",
        "interpreter": "Anna",
        "identifiers": [{"type": "passport", "value": "TH4471902"}],
        "citizenships": ["THA"],
    }
    assert joined({"gender": "woman"}, theirs, is_anonymous=True, given_name=THEIRS) == {
        "gender": "woman",
        "citizenships": ["THA"],
    }
    assert joined({"gender": "woman"}, theirs)["interpreter"] == "Anna"


@pytest.mark.parametrize(("basis", "is_assessed"), [("assessed", True), ("stated", False), ("documented", False)])
def test_an_age_is_assessed_where_that_is_what_it_rests_on(basis: str, is_assessed: bool) -> None:
    assert facts.is_assessed(person(age_basis=basis)) is is_assessed
    assert facts.is_assessed(person()) is False
