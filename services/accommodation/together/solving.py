"""Who gets which place, solved for all together: first as many people as can have a bed, then whoever comes first on the waiting
list, then the most points. SciPy's solver (HiGHS) finds the best; this says what is allowed."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

Pair = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class Choice:
    """A place that fits, and the points that it has for the person."""

    place_id: UUID
    facility_id: UUID
    points: int
    is_peak: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """A request, and the places that fit it, best first. Two wishes may be one `person`'s."""

    request_id: UUID
    person: UUID
    choices: Sequence[Choice]


@dataclass(frozen=True, slots=True)
class Bonds:
    """Whose wishes depend on each other: people who are kept apart live in no facility together; of a household all live in one,
    or nobody has a place by this."""

    apart: Collection[Pair] = ()
    households: Collection[Pair] = ()


Solution = Mapping[UUID, Choice]
"""By request; who goes without is not in it."""


def worth(wishes: Sequence[Wish], solution: Solution) -> tuple[int, int, int]:
    """What is made the most of, in this order: people with a bed, the places of those in the line, points."""
    first = sum(len(wishes) - line for line, wish in enumerate(wishes) if wish.request_id in solution)
    return len(solution), first, sum(choice.points for choice in solution.values())


def solve(wishes: Sequence[Wish], bonds: Bonds) -> Solution:
    """The best for wishes in the order of the waiting list. The same wishes give the same answer. It takes processor time and
    waits for nothing: call it in a thread."""
    options = list(_options(wishes, bonds))
    if not options:
        return {}
    chosen = _best(wishes, bonds, options)
    return _peaks_spared(wishes, {wishes[number].request_id: choice for number, choice in chosen})


def one_after_the_other(wishes: Sequence[Wish], bonds: Bonds) -> Solution:
    """What comes of it when each in turn takes the best that is left: what the solution is held against."""
    found: dict[UUID, Choice] = {}
    taken, persons = set[UUID](), dict[UUID, UUID]()
    apart = _both_ways(bonds.apart)
    for party in _parties(wishes, bonds):
        members = [wishes[number] for number in party]
        if any(wish.person in persons for wish in members):
            continue
        avoided = {persons[each] for wish in members for each in apart[wish.person] if each in persons}
        hosts = _hosts(members, apart, taken=taken, avoided=avoided)
        if not hosts:
            continue
        _, _, choices = min(hosts, key=lambda host: (-host[0], str(host[1])))
        for wish, choice in zip(members, choices, strict=True):
            found[wish.request_id] = choice
            taken.add(choice.place_id)
            persons[wish.person] = choice.facility_id
    return found


def can_be_together(wishes: Sequence[Wish], bonds: Bonds, request_id: UUID) -> bool:
    """Whether some facility could take in the household of the request, were it the only one that asks."""
    party = next(each for each in _parties(wishes, bonds) if any(wishes[n].request_id == request_id for n in each))
    return bool(_hosts([wishes[number] for number in party], _both_ways(bonds.apart)))


# ---------------------------------------------------------------- what is allowed

Option = tuple[int, Choice]
"""The number of a wish, and a place for it: a variable that is 0 or 1."""
Host = tuple[int, UUID, Sequence[Choice]]
"""A facility that could take in all of a party: the points, which it is, and a place for each."""


def _options(wishes: Sequence[Wish], bonds: Bonds) -> Iterator[Option]:
    """The variables. Of n people, all others together are in the way of n - 1 facilities of a party, and of n - 1 places of a
    facility, at most: so the best n of each are enough, and the best is among them."""
    most, apart = len(wishes), _both_ways(bonds.apart)
    for party in _parties(wishes, bonds):
        hosts = _hosts([wishes[number] for number in party], apart)
        best = {facility_id for _, facility_id, _ in sorted(hosts, key=lambda host: (-host[0], str(host[1])))[:most]}
        for number in party:
            left = dict.fromkeys(best, most)
            for choice in wishes[number].choices:
                if left.get(choice.facility_id):
                    left[choice.facility_id] -= 1
                    yield number, choice


def _parties(wishes: Sequence[Wish], bonds: Bonds) -> list[list[int]]:
    """The numbers of the wishes: each household together, everybody else alone, in the order of the first of each."""
    party_of = {number: [number] for number in range(len(wishes))}
    number_of = {wish.request_id: number for number, wish in enumerate(wishes)}
    for one, other in bonds.households:
        mine, theirs = party_of[number_of[one]], party_of[number_of[other]]
        if mine is not theirs:
            mine += theirs
            party_of |= dict.fromkeys(theirs, mine)
    found = {id(party): sorted(party) for party in party_of.values()}
    return sorted(found.values())


def _both_ways(pairs: Collection[Pair]) -> Mapping[UUID, set[UUID]]:
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for one, other in pairs:
        found[one].add(other)
        found[other].add(one)
    return found


def _hosts(
    members: Sequence[Wish],
    apart: Mapping[UUID, set[UUID]],
    *,
    taken: Collection[UUID] = (),
    avoided: Collection[UUID] = (),
) -> list[Host]:
    """Which facilities could take in all of them, with the most points for each that are left there."""
    if len({each.person for each in members}) < len(members):
        return []  # of two wishes of one person at most one is met, and a household has a place for all of its wishes
    by_facility: dict[UUID, list[list[Choice]]] = defaultdict(lambda: [[] for _ in members])
    for number, wish in enumerate(members):
        if apart[wish.person] & {each.person for each in members}:
            return []
        for choice in wish.choices:
            if choice.place_id not in taken and choice.facility_id not in avoided:
                by_facility[choice.facility_id][number].append(choice)
    hosts = []
    for facility_id, each in by_facility.items():
        if (choices := _assigned(each)) is not None:
            hosts.append((sum(choice.points for choice in choices), facility_id, choices))
    return hosts


def _assigned(offered: Sequence[Sequence[Choice]]) -> Sequence[Choice] | None:
    """A place of its own for each, with the most points; None where there are too few."""
    if not all(offered):
        return None
    if len(offered) == 1:
        return [max(offered[0], key=lambda choice: choice.points)]
    import numpy
    from scipy.optimize import linear_sum_assignment

    places = sorted({choice.place_id for choices in offered for choice in choices})
    if len(places) < len(offered):
        return None
    column = {place_id: number for number, place_id in enumerate(places)}
    most = max(choice.points for choices in offered for choice in choices)
    # A place that does not fit costs more than all others together.
    costs = numpy.full((len(offered), len(places)), (most + 1) * (len(offered) + 1))
    at = {}
    for row, choices in enumerate(offered):
        for choice in choices:
            costs[row, column[choice.place_id]] = most - choice.points
            at[row, column[choice.place_id]] = choice
    found = list(zip(*linear_sum_assignment(costs), strict=True))
    return None if any(each not in at for each in found) else [at[each] for each in sorted(found)]


# ---------------------------------------------------------------- the solver


def _best(wishes: Sequence[Wish], bonds: Bonds, options: Sequence[Option]) -> list[Option]:
    import numpy
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    rules = list(_rules(wishes, bonds, options))
    rows = [row for row, (terms, _, _) in enumerate(rules) for _ in terms]
    columns = [column for terms, _, _ in rules for column in terms]
    factors = [factor for terms, _, _ in rules for factor in terms.values()]
    matrix = csr_array((factors, (rows, columns)), shape=(len(rules), len(options)))
    constraints: list[Any] = [
        LinearConstraint(matrix, [least for _, least, _ in rules], [most for _, _, most in rules])
    ]
    aims = (
        numpy.ones(len(options)),
        numpy.array([len(wishes) - number for number, _ in options]),
        numpy.array([choice.points for _, choice in options]),
    )
    found = numpy.zeros(len(options))
    for aim in aims:
        answer = milp(
            -aim, constraints=constraints, integrality=numpy.ones(len(options)), bounds=Bounds(0, 1), options=_EXACT
        )
        if answer.x is None:
            raise RuntimeError(f"The solver gave no answer: {answer.message}")
        found = numpy.round(answer.x)
        # What was reached stays reached: a next aim decides between what is as good by those before.
        constraints.append(LinearConstraint(aim, aim @ found, numpy.inf))
    return [option for option, is_chosen in zip(options, found, strict=True) if is_chosen]


_EXACT = {"mip_rel_gap": 0}

Rule = tuple[dict[int, int], float, float]
"""The variables with their factors, and between what their sum is."""


def _rules(wishes: Sequence[Wish], bonds: Bonds, options: Sequence[Option]) -> Iterator[Rule]:
    of_person, of_place = defaultdict[UUID, dict[int, int]](dict), defaultdict[UUID, dict[int, int]](dict)
    there = defaultdict[tuple[UUID, UUID], dict[int, int]](dict)
    asked = defaultdict[tuple[UUID, UUID], dict[int, int]](dict)
    for variable, (number, choice) in enumerate(options):
        of_person[wishes[number].person][variable] = 1
        of_place[choice.place_id][variable] = 1
        there[wishes[number].person, choice.facility_id][variable] = 1
        asked[wishes[number].request_id, choice.facility_id][variable] = 1
    for at_most_one in (*of_person.values(), *of_place.values()):
        yield at_most_one, 0, 1
    facilities = sorted({choice.facility_id for _, choice in options})
    for one, other in bonds.apart:
        for facility_id in facilities:
            if (mine := there.get((one, facility_id))) and (theirs := there.get((other, facility_id))):
                yield mine | theirs, 0, 1
    for one, other in bonds.households:
        for facility_id in facilities:
            both = asked.get((one, facility_id), {}) | dict.fromkeys(asked.get((other, facility_id), {}), -1)
            if both:
                yield both, 0, 0


def _peaks_spared(wishes: Sequence[Wish], solution: dict[UUID, Choice]) -> Solution:
    """A place for peaks is given while no ordinary one of the facility fits: also where the weights count both alike."""
    taken = {choice.place_id for choice in solution.values()}
    for wish in wishes:
        given = solution.get(wish.request_id)
        if given is None or not given.is_peak:
            continue
        for choice in wish.choices:
            if choice.facility_id == given.facility_id and not choice.is_peak and choice.place_id not in taken:
                taken = taken - {given.place_id} | {choice.place_id}
                solution[wish.request_id] = choice
                break
    return solution
