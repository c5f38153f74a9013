"""Somebody who wants to know where a person is, and may call Havn: asks everything that is answered, compares what it was told
from day to day, and draws what follows from it. It knows the map, who runs shelters, and what it said itself."""

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contract.codes import Region
from shared.contract.municipalities import MUNICIPALITIES
from shared.contract.roles import Assurance
from tests.world import World

API = "/accommodation/v1"
LISTS = (
    "facilities",
    "availability?from={today}",
    "occupancy",
    "forecast",
    "offers",
    "deadlines",
    "notices",
    "placement-requests",
    "placements?on={today}",
    "waiting-list",
    "move-proposals",
    "long-stays?over=0",
    "costs?from=2026-03-01&to={tomorrow}",
)
FEEDS = {f"{API}/events": "after", "/stats/v1/events": "cursor"}
"""And how each is asked to go on."""
OF_A_CASE = ("placements?case_id={case}", "placement-requests?case_id={case}")
OF_A_REQUEST = ("placement-requests/{request}", "placement-requests/{request}/matches")
LINKS = ("case_id", "request_id", "offer_id", "placement_id")
_ID_OR_TIME = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-|^\d{4}-\d{2}-\d{2}")
ENOUGH = 6
"""In how many cases something is seen before it is taken for a sign of where they are."""

Clue = tuple[str, str]
"""What is thought to be known of where somebody is: a region, a municipality, an operator, an id, or a whole facility."""


@dataclass(frozen=True)
class House:
    """Where somebody is in truth; the judge knows it."""

    facility_id: str
    region: str
    municipality: str
    operator: str
    place_ids: tuple[str, ...]

    def is_named_by(self, clue: Clue, *, knows_region: bool) -> bool:
        kind, value = clue
        ids = {self.facility_id, *self.place_ids}
        is_it = {
            "region": value == self.region and not knows_region,
            "municipality": value == self.municipality,
            "operator": value == self.operator,
            "id": value in ids,
        }
        return is_it[kind]


@dataclass
class Case:
    """A person whom the attacker has to do with."""

    case_id: str
    request_id: str
    avoided: frozenset[str]
    """Which municipalities the person avoids, as the attacker has said itself or read when it was asked."""
    asked_by: str
    seen: set[tuple[str, str]] = field(default_factory=set)
    """What it was told of the person, by where it stood."""
    is_placed: bool = False


@dataclass
class Attacker:
    """An organisation with its token. `pays`: it may know the region."""

    havn: World
    org: str
    operators: Collection[str]
    cases: dict[str, Case] = field(default_factory=dict)
    pays: bool = False
    clues: dict[str, set[Clue]] = field(default_factory=lambda: defaultdict(set))
    _links: dict[str, str] = field(default_factory=dict)
    _before: dict[str, int] | None = None
    _ids: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Behind which number which facilities stand."""
    _open: set[str] = field(default_factory=set)
    _read_to: dict[str, str] = field(default_factory=dict)
    events: int = 0
    """How many it was given by the feeds."""

    def takes_an_interest(self, case: Case) -> None:
        self.cases[case.case_id] = case
        self._links |= {case.case_id: case.case_id, case.request_id: case.case_id}

    async def look(self, today: str, tomorrow: str) -> None:
        """Read every list, and compare the numbers with those of the last look."""
        numbers: dict[str, int] = {}
        for path in LISTS:
            answer = await self._read(path.format(today=today, tomorrow=tomorrow))
            self.note(answer)
            numbers |= _numbers_by_region(answer)
            self._note_facilities(answer)
        await self.follow()
        placed = [case for case in self.cases.values() if not case.is_placed and await self._is_placed(case)]
        for case in placed:
            case.is_placed = True
        self._compare(numbers, placed)

    async def look_closely(self, cases: Collection[str] | None = None) -> None:
        """Read what there is of each person."""
        for case in (
            self.cases.values() if cases is None else [self.cases[each] for each in cases if each in self.cases]
        ):
            paths = [path.format(case=case.case_id) for path in OF_A_CASE]
            paths += [path.format(request=case.request_id) for path in OF_A_REQUEST]
            for path in paths:
                self.note(await self._read(path), case)
            for offer_id in [each for each, owner in self._links.items() if owner == case.case_id]:
                if ("offer_id", offer_id) in case.seen:
                    self.note(await self._read(f"offers/{offer_id}"), case)

    async def glance(self) -> None:
        """Read what runs out, while somebody's answer is awaited."""
        for path in ("deadlines", "offers?status=held"):
            self.note(await self._read(path))

    async def follow(self) -> None:
        """Read the feeds of events on from where the last look ended."""
        partner = self.havn.partner(self.org, assurance=Assurance.HIGH)
        for feed, name in FEEDS.items():
            while True:
                after = {name: self._read_to[feed]} if feed in self._read_to else {}
                answer = await partner.get(feed, **after)
                assert answer.status_code == 200, f"{self.org} {feed}: {answer.text}"
                page = answer.json()
                self.events += len(page["items"])
                self.note(page["items"])
                if page["next_cursor"] is None:
                    break
                self._read_to[feed] = page["next_cursor"]

    def overhears(self, events: Sequence[Mapping[str, Any]]) -> None:
        """The bus itself, uncut: more than anybody outside is given."""
        self.note([{key: value for key, value in each.items() if key not in ("type", "key")} for each in events])

    def concludes(self) -> None:
        """Draw what follows from all that was told."""
        for case in self.cases.values():
            self.clues[case.case_id] |= set(self._clues_of(case))

    def _clues_of(self, case: Case) -> Iterator[Clue]:
        is_excepted = False
        for path, value in case.seen:
            if value in set(Region):
                yield "region", value
            is_own_word = path.endswith("avoid_municipalities[]") and value in case.avoided
            if value in MUNICIPALITIES and not is_own_word and not path.endswith("capacity"):
                yield "municipality", value
                yield "region", MUNICIPALITIES[value].region
            if value in self.operators and value not in (self.org, case.asked_by):
                yield "operator", value
            if _ID_OR_TIME.match(value):
                yield "id", value
            is_excepted |= value == "distance" and "exceptions" in path
        regions = {each.region for code, each in MUNICIPALITIES.items() if code not in case.avoided}
        if is_excepted:
            regions = {MUNICIPALITIES[code].region for code in case.avoided}
        if case.is_placed and len(regions) == 1:
            yield "region", regions.pop()

    async def _read(self, path: str) -> Any:
        joined = "&" if "?" in path else "?"
        partner = self.havn.partner(self.org, assurance=Assurance.HIGH)
        answer = await partner.get(f"{API}/{path}{joined}purpose=accommodation")
        if answer.status_code == 422:  # those that take no purpose
            answer = await partner.get(f"{API}/{path}")
        return answer.json()

    async def _is_placed(self, case: Case) -> bool:
        read = await self._read(f"placement-requests/{case.request_id}")
        self.note(read, case)
        return bool(read.get("status") == "placed")

    def note(self, told: Any, about: Case | None = None) -> None:
        """Keep what is said of each person, found by the ids that lead to them."""
        if isinstance(told, list):
            for each in told:
                self.note(each, about)
        elif isinstance(told, dict):
            owners = [self._links[told[name]] for name in LINKS if told.get(name) in self._links]
            case = about or (self.cases[owners[0]] if owners else None)
            if case is None:
                for each in told.values():
                    self.note(each)
                return
            self._links |= {told[name]: case.case_id for name in LINKS if isinstance(told.get(name), str)}
            if told.get("facility_id") in self._open:  # what was excepted there says nothing of another
                told = {name: value for name, value in told.items() if not name.startswith("exceptions")}
            case.seen |= set(_scalars(told))

    def _compare(self, numbers: dict[str, int], placed: list[Case]) -> None:
        """Whose number changed since the last look says where the one person is who was placed meanwhile."""
        before, self._before = self._before, numbers
        if before is None or len(placed) != 1:
            return
        changed = {name for name in before.keys() | numbers.keys() if before.get(name) != numbers.get(name)}
        regions = {name.rsplit(" ", 1)[-1] for name in changed}
        if len(regions) == 1:
            self.clues[placed[0].case_id].add(("region", regions.pop()))
        behind = {each for name in changed for each in self._ids[name] if each not in self._open}
        if len(behind) == 1:
            self.clues[placed[0].case_id].add(("id", behind.pop()))

    def _note_facilities(self, told: Any) -> None:
        for item in told.get("items", []) if isinstance(told, dict) else []:
            if item.get("secret_address") is False:
                self._open.add(item["facility_id"])
            ids = [*item.get("facility_ids", []), item.get("facility_id")]
            for name in _numbers_by_region({"items": [item]}):
                self._ids[name] |= {each for each in ids if each}


def _numbers_by_region(told: Any) -> dict[str, int]:
    """Every number that stands beside a region, added up by what it is called and the region."""
    found = Counter[str]()
    for item in told.get("items", []) if isinstance(told, dict) else []:
        if isinstance(item, dict) and "region" in item and "case_id" not in item:
            for name, value in item.items():
                if isinstance(value, int) and not isinstance(value, bool):
                    found[f"{name} {item['region']}"] += value
    return dict(found)


def _scalars(told: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        for name, value in told.items():
            yield from _scalars(value, f"{path}.{name}" if path else name)
    elif isinstance(told, list):
        for each in told:
            yield from _scalars(each, f"{path}[]")
    elif told is not None:
        yield path, str(told)


def named(attackers: Sequence[Attacker], truth: Mapping[str, Sequence[House]]) -> dict[str, list[tuple[str, Clue]]]:
    """Whose place is named, by which attackers' clues: the judge's word."""
    found: dict[str, list[tuple[str, Clue]]] = {}
    for attacker in attackers:
        attacker.concludes()
        for case_id, clues in attacker.clues.items():
            hits = {
                (attacker.org, clue)
                for clue in clues
                for house in truth.get(case_id, ())
                if house.is_named_by(clue, knows_region=attacker.pays)
            }
            if hits:
                found.setdefault(case_id, []).extend(sorted(hits))
    return found


def learned(attackers: Sequence[Attacker], truth: Mapping[str, Sequence[House]]) -> list[tuple[str, str, int, int]]:
    """Who is helped by an insider: of every other person it is told the place, and learns what those of one region (who may know
    that: of one facility) have in common and nobody else has. Signs by which it then names more of the rest rightly than
    wrongly, with how many."""
    signs = []
    for attacker in attackers:
        known = {case_id: houses for case_id, houses in truth.items() if case_id in attacker.cases and len(houses) == 1}
        where = {
            case_id: houses[0].facility_id if attacker.pays else houses[0].region for case_id, houses in known.items()
        }
        ids = sorted(where)
        by_sign: dict[tuple[str, str], list[str]] = defaultdict(list)
        for case_id in ids:
            for path, value in attacker.cases[case_id].seen:
                is_own_word = value in attacker.cases[case_id].avoided
                if not is_own_word and not _ID_OR_TIME.match(value):
                    by_sign[path, value].append(case_id)
        for (path, value), having in by_sign.items():
            trained = [each for each in having if each in ids[::2]]
            answers = {where[each] for each in trained}
            if len(trained) < ENOUGH or len(answers) != 1:
                continue
            rest = [where[each] in answers for each in having if each not in trained]
            if sum(rest) > len(rest) / 2:
                signs.append((attacker.org, f"{path} = {value}", sum(rest), len(rest)))
    return signs
