"""Of two cases of one person the older goes on, unless only the newer is decided; a closed one never does
(docs/rules.md, identity-2)."""

from datetime import date
from types import SimpleNamespace
from typing import cast
from uuid import uuid4

import pytest

from services.identification.case.codes import CaseStatus
from services.identification.case.models import Case
from services.identification.case.schemas import CasePerson
from services.identification.merging import answers

R, C, M, D, X = (
    CaseStatus.REFERRED,
    CaseStatus.CLARIFICATION,
    CaseStatus.RECOMMENDED,
    CaseStatus.DECIDED,
    CaseStatus.CLOSED,
)


def case(status: CaseStatus, *, is_merged: bool = False, has_declined: bool = False) -> Case:
    refused_on = date(2026, 3, 9) if has_declined else None
    merged_into = uuid4() if is_merged else None
    return cast("Case", SimpleNamespace(status=status, merged_into=merged_into, refused_on=refused_on))


@pytest.mark.parametrize("newer", [R, C, M, D, X])
@pytest.mark.parametrize("older", [R, C, M, D, X])
def test_which_of_two_cases_goes_on(newer: CaseStatus, older: CaseStatus) -> None:
    one, other = case(newer), case(older)
    if newer is older is X:
        with pytest.raises(answers.BothCasesClosed, match=r"POST \.\.\./reopening"):
            answers._who_goes_on(one, other)
        return
    newer_goes_on = older is X or (newer is D and older in (R, C, M))
    assert answers._who_goes_on(one, other) == ((one, other) if newer_goes_on else (other, one))


@pytest.mark.parametrize(("older_has", "newer_has"), [(True, False), (False, True), (True, True), (False, False)])
def test_who_declined_and_wants_help_by_now_is_worked_with_in_the_newer_case(older_has: bool, newer_has: bool) -> None:
    newer, older = case(R, has_declined=newer_has), case(R, has_declined=older_has)
    newer_goes_on = older_has and not newer_has
    assert answers._who_goes_on(newer, older) == ((newer, older) if newer_goes_on else (older, newer))


@pytest.mark.parametrize(
    ("newer_is_merged", "older_is_merged"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_one_that_is_merged_already_is_followed_by_the_other(newer_is_merged: bool, older_is_merged: bool) -> None:
    """Of a merge that whoever answers knows nothing of."""
    newer, older = case(R, is_merged=newer_is_merged), case(R, is_merged=older_is_merged)
    follows_newer = newer_is_merged and not older_is_merged
    assert answers._who_follows(newer, older) == ((newer, older) if follows_newer else (older, newer))


def test_a_fact_that_differs_is_shown_as_each_case_has_it() -> None:
    person = CasePerson.model_validate({"given_name": "Malee", "citizenships": ["THA"]})
    assert answers._bare(person, "given_name").value == "Malee"
    assert answers._bare(person, "citizenships").value == ["THA"]
