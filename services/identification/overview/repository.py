"""The cases that an organisation has to do with, in lists; what was recorded of cases, and who saw what of them, both only ever
added to; and the notes in which something was said."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    text,
    tuple_,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.identification.case.codes import CaseStatus, NoteKind
from services.identification.case.models import Case, CaseParty, ContactAttempt, LegalHold
from services.identification.case.repository import (
    CASE_ID,
    CASES_OF,
    HOLDING,
    UNLISTED,
    WORKING,
    CaseNotFound,
    find_case,
)
from services.identification.case.schemas import SealedText
from services.identification.consents import repository as consents
from services.identification.decisions.repository import IS_ON_HOLD, OUTCOME, OutcomeAndHold
from services.identification.overview.schemas import Note
from services.identification.periods.models import PeriodExtension
from services.identification.records.repository import opened, read_case
from shared.contract import visibility
from shared.contract.codes import Authority, Purpose, ShareScope
from shared.contract.events import EVENTS, AppealFiled, DecisionMade, Event, InterviewHeld, RecommendationMade
from shared.contract.organisations import CENTRE
from shared.contract.visibility import Aspect, Part
from shared.contract.visible_events import types_shown_with
from shared.data import history, sealed
from shared.data.columns import LIMIT, ORGANISATION, any_asked, any_of, is_one_of
from shared.data.outbox import RecordedEvent
from shared.data.unit_of_work import UnitOfWork
from shared.http.parameters import PurposeMissing
from shared.identity.actor import Actor

_FEW = 200
# Who has to do with few cases reads their histories; who has to do with many reads the history and leaves out the others'.
# OFFSET keeps the cast out of the join: row level security lets no index serve a condition that could tell what it is given.
_OF_MANY = text("""
    SELECT h.*, p.part, p.since FROM (
        SELECT *, key::uuid AS case_id FROM event_history WHERE position > :after AND position <= :settled
        ORDER BY position OFFSET 0) h
    JOIN case_party p ON p.case_id = h.case_id
    WHERE p.org = :org AND p.part NOT IN ('municipality', 'prosecution', 'representation', 'holder')
    ORDER BY h.position LIMIT :most
""")
_THROUGH_MERGES = text("SELECT * FROM shown_through_merges(havn_org(), :after, :settled) ORDER BY position LIMIT :most")
_NUMBERS = text(
    "SELECT * FROM numbers_as_shown(CAST(:keys AS uuid[]), CAST(:positions AS bigint[]), CAST(:counted AS varchar[]))"
)
_ACCESSES = text("SELECT * FROM accesses_of(:case_id, :after, :most)")


@dataclass(frozen=True, slots=True)
class Sought:
    """Which of its cases an organisation asks for; what is None is not asked."""

    status: CaseStatus | None = None
    authority: Authority | None = None
    missing: bool | None = None
    missing_asked: bool | None = None

    def conditions(self, who: "_Who") -> list[ColumnElement[bool]]:
        """Nobody learns by a filter what the case itself does not tell them: it passes over cases of which they do not know."""
        asked: list[ColumnElement[bool]] = []
        if self.status:
            disclosed = and_(
                col(CaseParty.part) == Part.RECIPIENT, func.has_leave(col(Case.id), ShareScope.STATUS.value)
            )
            asked += [_status_shown(who) == self.status, or_(who.knows(Aspect.STATUS), disclosed)]
        if self.authority:
            asked += [col(Case.authority) == self.authority, who.knows(Aspect.AUTHORITY)]
        if self.missing is not None:
            asked += [col(Case.missing).is_(self.missing), who.knows(Aspect.FILE)]
        if self.missing_asked is not None:
            is_asked = col(Case.missing_asked_since).is_not(None)
            asked += [is_asked if self.missing_asked else ~is_asked, who.knows(Aspect.FILE)]
        return asked


@dataclass(frozen=True, slots=True)
class _Who:
    """Who asks for a list, as far as its statement differs by it: in which parts they know an aspect."""

    is_centre: bool
    knowing: tuple[tuple[Aspect, frozenset[Part]], ...]

    @classmethod
    def asks(cls, actor: Actor, sought: Sought) -> "_Who":
        filtered = (Aspect.STATUS, Aspect.AUTHORITY, Aspect.FILE) if sought != Sought() else ()
        known = {part: visibility.may_know(actor, part) for part in Part} if filtered else {}
        return cls(
            actor.org == CENTRE,
            tuple((each, frozenset(part for part in known if each in known[part])) for each in filtered),
        )

    def knows(self, aspect: Aspect) -> ColumnElement[bool]:
        return is_one_of(col(CaseParty.part), dict(self.knowing)[aspect])


def _status_shown(who: _Who) -> ColumnElement[Any]:
    """The status that a list shows: of a merged case, to who has referred its person and learns of no merge, as far as the work
    has come since where it goes on (overview/aliases.py)."""
    party = aliased(CaseParty)
    knows_of_it = exists().where(
        col(party.case_id) == col(Case.merged_into),
        col(party.org) == ORGANISATION,
        is_one_of(col(party.part), WORKING),
    )
    is_alias = and_(col(Case.merged_into).is_not(None), col(CaseParty.part) == Part.REFERRER, ~knows_of_it)
    own = cast(col(Case.status), String)
    return own if who.is_centre else case((is_alias, func.status_through_merges(col(Case.id))), else_=own)


@lru_cache(maxsize=500)
def _listing(who: _Who, sought: Sought, *, goes_on: bool) -> Select[Case, CaseParty]:
    query = CASES_OF.where(~is_one_of(col(CaseParty.part), UNLISTED), *sought.conditions(who))
    if goes_on:
        # One that the reader may know no more has lost its place among those of its instant.
        other = aliased(Case)
        position = select(col(other.position)).where(col(other.id) == bindparam("last_id")).scalar_subquery()
        last = tuple_(bindparam("last_at", type_=DateTime(timezone=True)), func.coalesce(position, 0))
        query = query.where(tuple_(col(Case.opened_at), col(Case.position)) < last)
    return query.order_by(col(Case.opened_at).desc(), col(Case.position).desc()).limit(LIMIT)


async def list_cases(
    work: UnitOfWork, *, sought: Sought, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Case, Part]]:
    """The actor's cases, newest first, up to one more than `limit`; `after` is (opened_at, id) of the last seen."""
    query = _listing(_Who.asks(work.actor, sought), sought, goes_on=bool(after))
    asked: dict[str, Any] = {"org": work.actor.org, "limit": limit + 1}
    if after:
        asked |= {"last_at": datetime.fromisoformat(str(after[0])), "last_id": UUID(str(after[1]))}
    found = [(case, party.part) for case, party in await work.session.execute(query, asked)]
    work.audit(operation="case.list", object_ids=[case.id for case, _ in found[:limit]])
    return found


_PARTIES: Final = (
    select(CaseParty).where(col(CaseParty.org) == ORGANISATION, ~is_one_of(col(CaseParty.part), UNLISTED)).limit(LIMIT)
)


async def recorded_after(work: UnitOfWork, *, after: int, settled: int, most: int) -> Sequence[Mapping[str, Any]]:
    """The next events of the cases that the actor's lists show, with its part in each, in the order of the history. What was
    recorded before a part began is among them, with `is_earlier`; what is not news to it, without a `sequence`."""
    values = {"after": after, "settled": settled, "most": most}
    listed = await work.session.scalars(_PARTIES, {"org": work.actor.org, "limit": _FEW + 1})
    parties = {str(party.case_id): party for party in listed}
    if len(parties) <= _FEW:
        recorded = await history.recorded_after(work, keys=list(parties), **values)
        own = [{**row, "part": parties[row["key"]].part, "since": parties[row["key"]].since} for row in recorded]
    else:
        found = (await work.session.execute(_OF_MANY, values | {"org": work.actor.org})).mappings()
        own = [{**row, "part": Part(row["part"])} for row in found]
    rows = [
        {
            **row,
            "case_id": UUID(row["key"]),
            "is_earlier": row["occurred_at"] < row["since"],
            "is_alias": False,
        }
        for row in own
    ]
    shown = sorted([*rows, *await _of_aliases(work, values)], key=lambda row: row["position"])[:most]
    numbers = await _numbers(work, shown)
    return [{**row, "sequence": _number(row, numbers.get((row["case_id"], row["position"])))} for row in shown]


def _number(row: Mapping[str, Any], as_shown: int | None) -> int | None:
    return row.get("sequence") if as_shown is None and row["part"] in WORKING else as_shown


async def _numbers(work: UnitOfWork, rows: Sequence[Mapping[str, Any]]) -> dict[tuple[UUID, int], int]:
    """The numbers, by case and position, of the events as the actor's organisation is shown these: of cases that were ever
    merged, and of those that it does not work on. There, what it is never shown has none: how much that was is not to be known
    either, nor that it was."""
    if work.actor.org == CENTRE or not rows:
        return {}
    not_worked_on = sorted({row["case_id"] for row in rows if row["part"] not in WORKING})
    disclosable = await consents.disclosable_to(work, work.actor.org, not_worked_on)
    alike: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        known = visibility.known_to(work.actor.kind, row["part"], disclosable.get(row["case_id"], ()))
        alike.setdefault(types_shown_with(known, service="identification"), []).append(row)
    found: dict[tuple[UUID, int], int] = {}
    for counted, of_them in alike.items():
        asked = {
            "keys": [row["case_id"] for row in of_them],
            "positions": [row["position"] for row in of_them],
            "counted": list(counted),
        }
        found |= {(row.key, row.position): row.number for row in await work.session.execute(_NUMBERS, asked)}
    return found


async def _of_aliases(work: UnitOfWork, values: Mapping[str, int]) -> list[dict[str, Any]]:
    """What is recorded anew where the work goes on, as of the case that the actor has referred the person under."""
    found = (await work.session.execute(_THROUGH_MERGES, values)).mappings()
    return [
        {
            **row,
            "case_id": row["alias"],
            "key": str(row["alias"]),
            "payload": {**row["payload"], "case_id": str(row["alias"])},
            "part": Part.REFERRER,
            "is_earlier": False,
            "is_alias": True,
        }
        for row in found
    ]


_STANDING: Final = CASES_OF.where(col(Case.id) == CASE_ID).add_columns(OUTCOME, IS_ON_HOLD)


async def find_standing(
    work: UnitOfWork, case_id: UUID, *, purpose: Purpose | None
) -> tuple[Case, Part, OutcomeAndHold]:
    """The case, the actor's part in it and what stands in it, to say how it stands: what municipalities ask all day, so one
    statement. Raises CaseNotFound, PurposeNotYours, and PurposeMissing for all parties but CMM and the authority that decides:
    it takes a part to be asked why."""
    found = await work.session.first(_STANDING, {"org": work.actor.org, "case_id": case_id})
    if found is None:
        raise CaseNotFound
    case, party, outcome, is_on_hold = found
    visibility.judge(work.actor, party.part, purpose)
    work.audit(operation="case.status", subject_id=case_id, purpose=purpose)
    if purpose is None and party.part not in WORKING:
        raise PurposeMissing("Say why you ask: ?purpose=identification, support, investigation ...")
    return case, party.part, OutcomeAndHold(outcome, is_on_hold)


async def accesses_of(work: UnitOfWork, case_id: UUID, *, after: int, limit: int) -> Sequence[Mapping[str, Any]]:
    """Who saw or changed something of the case, or tried, in order, up to one more than `limit`; for those who work on it.
    That this was asked is itself kept."""
    case, part = await find_case(work, case_id, operation="case.access_log")
    if part not in WORKING:
        raise CaseNotFound
    values = {"case_id": case.id, "after": after, "most": limit + 1}
    return [dict(row) for row in (await work.session.execute(_ACCESSES, values)).mappings()]


_REFERRERS: Final = (
    select(col(CaseParty.org))
    .where(col(CaseParty.case_id) == CASE_ID, is_one_of(col(CaseParty.part), HOLDING))
    .order_by(col(CaseParty.org))
)


async def referrers_of(work: UnitOfWork, case_id: UUID) -> list[str]:
    """Who has referred the person of a case already read, for Havn itself."""
    return await work.session.scalars(_REFERRERS, {"case_id": case_id})


# ---------------------------------------------------------------- notes


@dataclass(frozen=True, slots=True)
class _Source:
    """Where notes of a kind stand: a column that seals them, and those that say when and by whom."""

    kind: NoteKind
    column: str
    at: str | None = None
    by: str | None = None


_OF_THE_CASE: Final = (
    _Source(NoteKind.OPENING, "opening", "opened_at", "opened_by"),
    _Source(NoteKind.SETTLEMENT, "settlement", None, "settled_by"),
    _Source(NoteKind.CUSTODY_PLACE, "custody_place", "custody_since"),
    _Source(NoteKind.CHILD_ASSESSMENT, "child", "child_assessed_at"),
    _Source(NoteKind.REPRESENTATIVE, "representative"),
    _Source(NoteKind.REFUSAL, "refusal"),
)
_OF_RECORDS: Final[Sequence[tuple[type[Any], _Source]]] = (
    (PeriodExtension, _Source(NoteKind.EXTENSION, "note", "granted_at", "granted_by")),
    (ContactAttempt, _Source(NoteKind.CONTACT_ATTEMPT, "note", "made_at", "made_by")),
    (LegalHold, _Source(NoteKind.LEGAL_HOLD, "reason", "placed_at", "placed_by")),
)


_RECORDS: Final = [
    (select(table).where(table.case_id == CASE_ID).order_by(getattr(table, str(source.at)), table.id), source)
    for table, source in _OF_RECORDS
]


async def read_notes(work: UnitOfWork, case_id: UUID, *, purpose: Purpose) -> list[Note]:
    """The notes of a case, for those who work on it."""
    case = await read_case(work, case_id, operation="note.list", purpose=purpose)
    if case.erased_at:
        return []
    found = await _of_the_case(work, case)
    for query, source in _RECORDS:
        rows = await work.session.scalars(query, {"case_id": case.id})
        words = await opened(work, rows, source.column, SealedText)
        found += [_note(source, row, words[row.id]) for row in rows if row.id in words]
    return found


async def _of_the_case(work: UnitOfWork, case: Case) -> list[Note]:
    key = await sealed.key_of(work, case.id)
    return [
        _note(source, case, key.open(words, SealedText, table="case_file", column=source.column, row=case.id))
        for source in _OF_THE_CASE
        if (words := getattr(case, source.column))
    ]


def _note(source: _Source, row: Any, words: SealedText) -> Note:
    at, by = (getattr(row, name) if name else None for name in (source.at, source.by))
    return Note(kind=source.kind, text=words.text, at=at, by=by)


# ---------------------------------------------------------------- how far the work has come, for Havn itself

_LEADS_TO: Final[Mapping[str, CaseStatus]] = {
    InterviewHeld.type: CaseStatus.CLARIFICATION,
    RecommendationMade.type: CaseStatus.RECOMMENDED,
    DecisionMade.type: CaseStatus.DECIDED,
}
_STEPS: Final = select(RecordedEvent.key, RecordedEvent.position, RecordedEvent.type).where(
    any_asked(RecordedEvent.key, "keys"),
    any_of(RecordedEvent.type, list(_LEADS_TO)),
    RecordedEvent.payload["authority"].astext.is_distinct_from(Authority.COURT.value),
)
"""A court's recognition leads no further: it may come at any time."""


async def steps_of(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, list[tuple[int, CaseStatus]]]:
    """What was recorded in each of these cases that leads it further: where in the history that stands, and to which status it
    leads."""
    found: dict[UUID, list[tuple[int, CaseStatus]]] = {case_id: [] for case_id in case_ids}
    for key, position, type_ in await work.session.execute(_STEPS, {"keys": [str(each) for each in case_ids]}):
        found[UUID(key)].append((position, _LEADS_TO[type_]))
    return found


_APPEALS_FILED: Final = select(RecordedEvent.position, RecordedEvent.payload["appeal_id"].astext).where(
    any_asked(RecordedEvent.key, "keys"), RecordedEvent.type == AppealFiled.type
)


async def appeals_filed(work: UnitOfWork, case_ids: Collection[UUID]) -> dict[UUID, int]:
    """Where in the history the filing of each appeal in these cases stands."""
    found = await work.session.execute(_APPEALS_FILED, {"keys": [str(each) for each in case_ids]}) if case_ids else ()
    return {UUID(appeal_id): position for position, appeal_id in found}


# ---------------------------------------------------------------- every case and its history, for Havn itself


_NEXT: Final = select(Case).where(col(Case.id) > bindparam("after")).order_by(col(Case.id)).limit(LIMIT)
_EVENTS: Final = (
    select(RecordedEvent)
    .where(any_asked(RecordedEvent.key, "keys"))
    .order_by(RecordedEvent.key, RecordedEvent.sequence)
)


async def next_cases(work: UnitOfWork, *, after: UUID, limit: int) -> list[Case]:
    """The cases that follow `after` in the order of their ids. Those that were read before are let go: however many there are,
    one batch is held."""
    work.session.forget()
    return await work.session.scalars(_NEXT, {"after": after, "limit": limit})


async def events_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """What was recorded of these cases, in order, with one statement."""
    found: dict[UUID, list[Event]] = {case_id: [] for case_id in case_ids}
    for recorded in await work.session.scalars(_EVENTS, {"keys": [str(case_id) for case_id in case_ids]}):
        found[UUID(recorded.key)].append(EVENTS[recorded.type].model_validate(recorded.payload))
    return found
