"""Several people at once: the best for all, never less than one after the other gives, and nothing that is not allowed."""

from collections.abc import Mapping, Sequence
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.accommodation.together.solving import (
    Bonds,
    Choice,
    Solution,
    Wish,
    can_be_together,
    one_after_the_other,
    solve,
    worth,
)


def place(number: int) -> UUID:
    return UUID(int=number)


def facility(number: int) -> UUID:
    """Three places each; the third is one for peaks."""
    return UUID(int=1000 + number // 3)


def choice(number: int, points: int) -> Choice:
    return Choice(place(number), facility(number), points, is_peak=number % 3 == 2)


def wishes_of(*points: Mapping[int, int], persons: Sequence[int] | None = None) -> list[Wish]:
    """A wish for each, with the points of the places that fit, by their numbers."""
    whose = persons or range(len(points))
    return [
        Wish(
            request_id=UUID(int=2000 + number),
            person=UUID(int=3000 + person),
            choices=sorted((choice(*each) for each in fits.items()), key=lambda each: (-each.points, each.place_id)),
        )
        for number, (fits, person) in enumerate(zip(points, whose, strict=True))
    ]


def is_allowed(wishes: Sequence[Wish], bonds: Bonds, solution: Solution) -> bool:
    of = {wish.request_id: wish for wish in wishes}
    has = {of[request_id].person: given.facility_id for request_id, given in solution.items()}
    return (
        all(given in of[request_id].choices for request_id, given in solution.items())
        and len({given.place_id for given in solution.values()}) == len(solution)
        and len(has) == len(solution)
        and all(one not in has or has[one] != has.get(other) for one, other in bonds.apart)
        and all(
            (solution[one].facility_id if one in solution else None)
            == (solution[other].facility_id if other in solution else None)
            for one, other in bonds.households
        )
    )


@st.composite
def situations(draw: st.DrawFn, most: int = 5) -> tuple[list[Wish], Bonds]:
    """A few people and nine places in three facilities, with people who are kept apart, households, and two wishes of one."""
    number = draw(st.integers(1, most))
    # An ordinary place of a facility has never fewer points than one for peaks: what else counts is the facility's.
    worth_there = st.lists(st.integers(0, 40), min_size=3, max_size=3)
    fits = st.builds(
        lambda places, points: {each: points[each // 3] for each in places},
        st.sets(st.integers(0, 8), max_size=6),
        worth_there,
    )
    persons = draw(st.lists(st.integers(0, number), min_size=number, max_size=number))
    wishes = wishes_of(*(draw(fits) for _ in range(number)), persons=persons)
    pairs = st.lists(st.tuples(st.integers(0, number - 1), st.integers(0, number - 1)), max_size=2)
    between = [(wishes[one], wishes[other]) for one, other in draw(pairs) if persons[one] != persons[other]]
    together = [(wishes[one], wishes[other]) for one, other in draw(pairs) if persons[one] != persons[other]]
    return wishes, Bonds(
        apart=[(one.person, other.person) for one, other in between],
        households=[(one.request_id, other.request_id) for one, other in together],
    )


@pytest.mark.row(64)
@settings(max_examples=30, deadline=None)
@given(situations())
def test_it_is_allowed_the_same_every_time_and_never_less_than_one_after_the_other(
    situation: tuple[list[Wish], Bonds],
) -> None:
    wishes, bonds = situation
    solution, one_by_one = solve(wishes, bonds), one_after_the_other(wishes, bonds)
    assert is_allowed(wishes, bonds, solution)
    assert is_allowed(wishes, bonds, one_by_one)
    assert worth(wishes, solution) >= worth(wishes, one_by_one)
    assert solve(wishes, bonds) == solution


def test_a_household_in_which_somebody_asks_twice_is_given_nothing_by_this() -> None:
    wishes = wishes_of({0: 10, 1: 10}, {0: 10, 1: 10}, {1: 10, 2: 10}, persons=[1, 2, 1])
    bonds = Bonds(
        households=[(wishes[0].request_id, wishes[1].request_id), (wishes[1].request_id, wishes[2].request_id)]
    )
    assert solve(wishes, bonds) == one_after_the_other(wishes, bonds) == {}
    assert not can_be_together(wishes, bonds, wishes[0].request_id)


@settings(max_examples=25, deadline=None)
@given(situations(most=3))
def test_it_is_the_best_of_all_that_are_allowed(situation: tuple[list[Wish], Bonds]) -> None:
    wishes, bonds = situation
    each = [[None, *wish.choices] for wish in wishes]
    all_ways = (
        {wish.request_id: given for wish, given in zip(wishes, way, strict=True) if given} for way in product(*each)
    )
    best = max(worth(wishes, way) for way in all_ways if is_allowed(wishes, bonds, way))
    assert worth(wishes, solve(wishes, bonds)) == best


def test_whoever_has_another_choice_takes_it_where_somebody_else_has_none() -> None:
    wishes = wishes_of({0: 40, 3: 30}, {0: 20})
    assert worth(wishes, one_after_the_other(wishes, Bonds())) == (1, 2, 40)
    assert worth(wishes, solve(wishes, Bonds())) == (2, 3, 50)


def test_of_too_few_places_those_who_come_first_on_the_list_have_them_whatever_the_points() -> None:
    wishes = wishes_of({0: 1}, {0: 40}, {3: 1})
    assert set(solve(wishes, Bonds())) == {wishes[0].request_id, wishes[2].request_id}


def test_a_place_for_peaks_is_left_while_an_ordinary_one_is_there_though_it_has_as_many_points() -> None:
    wishes = wishes_of({2: 9, 0: 9}, {2: 9, 0: 9})
    assert solve(wishes[:1], Bonds())[wishes[0].request_id].place_id == place(0)
    assert {each.place_id for each in solve(wishes, Bonds()).values()} == {place(0), place(2)}


def test_a_household_that_no_facility_can_take_in_is_not_parted() -> None:
    wishes = wishes_of({0: 9, 3: 1}, {0: 9, 6: 1})
    bonds = Bonds(households=[(wishes[0].request_id, wishes[1].request_id)])
    assert solve(wishes, bonds) == {}
    assert not can_be_together(wishes, bonds, wishes[0].request_id)
    with_room = wishes_of({0: 9, 3: 1, 1: 0}, {0: 9, 6: 1})
    assert {each.facility_id for each in solve(with_room, bonds).values()} == {facility(0)}


def test_those_who_are_kept_apart_are_in_two_facilities() -> None:
    wishes = wishes_of({0: 9, 1: 9}, {0: 9, 1: 9, 3: 1})
    solution = solve(wishes, Bonds(apart=[(wishes[0].person, wishes[1].person)]))
    assert [solution[wish.request_id].facility_id for wish in wishes] == [facility(0), facility(3)]


def test_twenty_people_and_six_hundred_places_are_solved() -> None:
    fits = [{number: (number * 7 + person) % 50 for number in range(600)} for person in range(20)]
    wishes = wishes_of(*fits)
    bonds = Bonds(
        apart=[(wishes[0].person, wishes[1].person)], households=[(wishes[2].request_id, wishes[3].request_id)]
    )
    assert len(solve(wishes, bonds)) == 20
