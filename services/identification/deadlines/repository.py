"""Deadlines, the on-call, and all of a case that they depend on."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Select,
    and_,
    bindparam,
    func,
    select,
    text,
    update,
)
from sqlmodel import col

from services.identification.case.models import Case, CaseParty, Deadline
from services.identification.case.repository import CASE_ID, WORKING, of_cases, rows_by_case
from services.identification.deadlines import queries
from services.identification.deadlines.models import OnCallWatch
from services.identification.decisions.models import Appeal
from services.identification.merging.models import Merge
from services.identification.questions.models import Question
from services.identification.questions.repository import WAITS_FOR_CMM
from services.identification.risk.models import RiskAssessment
from services.identification.support.models import FollowUp, ReturnPlan
from shared.alerts.queue import RaisedAlert
from shared.contract.codes import DeadlineKind, DeadlineState
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import Part
from shared.data.columns import LIMIT, NOW, ORGANISATION, any_asked
from shared.data.positions import moment_and_id, newest_first, page
from shared.data.unit_of_work import UnitOfWork

# ---------------------------------------------------------------- what deadlines depend on


_RECORDED: Final = text("""
    SELECT EXISTS (SELECT FROM deadline WHERE case_id = ANY (:case_ids)) AS deadline,
           EXISTS (SELECT FROM on_call WHERE case_id = ANY (:case_ids)) AS on_call,
           EXISTS (SELECT FROM decision WHERE case_id = ANY (:case_ids)) AS decision,
           EXISTS (SELECT FROM period WHERE case_id = ANY (:case_ids)) AS period,
           EXISTS (SELECT FROM appeal WHERE case_id = ANY (:case_ids)) AS appeal,
           EXISTS (SELECT FROM risk_assessment WHERE case_id = ANY (:case_ids)) AS risk_assessment,
           EXISTS (SELECT FROM return_plan WHERE case_id = ANY (:case_ids)) AS return_plan,
           EXISTS (SELECT FROM return_follow_up WHERE case_id = ANY (:case_ids)) AS return_follow_up,
           EXISTS (SELECT FROM access_request WHERE case_id = ANY (:case_ids))
               OR EXISTS (SELECT FROM case_file WHERE merged_into = ANY (:case_ids)) AS access_request
""")


async def recorded_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> frozenset[str]:
    """Those of the tables that deadlines are made from in which there is anything for these cases, as for most there is little:
    what is not there need not be asked for."""
    found = await work.session.execute(_RECORDED, {"case_ids": list(case_ids)})
    return frozenset(str(table) for table, is_there in found.mappings().one().items() if is_there)


async def risks_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[RiskAssessment]]:
    """The assessment that stands in each case, with one statement."""
    return await rows_by_case(work, case_ids, _RISKS)


_ASSESSED_SINCE = text("""
    WITH RECURSIVE above AS (
        SELECT case_id AS asked, into_id, merged_at FROM case_merge WHERE case_id = ANY (:case_ids)
        UNION ALL SELECT a.asked, m.into_id, m.merged_at FROM above a JOIN case_merge m ON m.case_id = a.into_id)
    SELECT DISTINCT a.asked FROM above a
    JOIN risk_assessment r ON r.case_id = a.into_id AND r.is_latest AND r.recorded_at > a.merged_at
""")


async def assessed_since_merged(work: UnitOfWork, case_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of these cases in whose stead the danger was assessed again where the work goes on, since they were merged."""
    return frozenset(await work.session.scalars(_ASSESSED_SINCE, {"case_ids": list(case_ids)}) if case_ids else ())


async def appeals_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Appeal]]:
    """The decided appeals, by the day, with one statement."""
    return await rows_by_case(work, case_ids, _DECIDED_APPEALS)


async def returns_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[ReturnPlan]]:
    return await rows_by_case(work, case_ids, _RETURNS)


async def follow_ups_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[FollowUp]]:
    return await rows_by_case(work, case_ids, _FOLLOW_UPS)


_RISKS: Final = of_cases(RiskAssessment, select(RiskAssessment).where(col(RiskAssessment.is_latest)))
_DECIDED_APPEALS: Final = of_cases(
    Appeal,
    select(Appeal).where(col(Appeal.decided_on).is_not(None)).order_by(col(Appeal.decided_on), col(Appeal.id)),
)
_RETURNS: Final = of_cases(ReturnPlan)
_FOLLOW_UPS: Final = of_cases(FollowUp)


_ACCESS_ASKED = text("""
    WITH RECURSIVE family AS (
        SELECT id AS asked, id AS member FROM case_file WHERE id = ANY (:case_ids)
        UNION SELECT family.asked, f.id FROM family JOIN case_file f ON f.merged_into = family.member)
    SELECT family.asked, r.id, r.requested_on, r.answer_by, r.ended_at IS NOT NULL AS is_answered
    FROM family JOIN access_request r ON r.case_id = family.member ORDER BY r.requested_on, r.id
""")


async def access_asked_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
    """The requests for access in each of these cases and in those that were merged into it, with one statement."""
    found: dict[UUID, list[Mapping[str, Any]]] = {case_id: [] for case_id in case_ids}
    for row in (await work.session.execute(_ACCESS_ASKED, {"case_ids": list(case_ids)})).mappings():
        found[row["asked"]].append(dict(row))
    return found


_PARTIES: Final = select(CaseParty).where(any_asked(col(CaseParty.case_id), "case_ids"))


async def going_on_elsewhere(work: UnitOfWork, cases: Sequence[Case]) -> dict[UUID, frozenset[str]]:
    """For each of these cases that was merged: who has to do with the case that it was merged into, and so goes on there. Nobody,
    where an authority works on the merged case that learns of no merge: for it all goes on here as it was."""
    into = {case.id: case.merged_into for case in cases if case.merged_into}
    parties: dict[UUID, dict[str, Part]] = {each: {} for each in (*into, *into.values())}
    if into:
        for party in await work.session.scalars(_PARTIES, {"case_ids": list(parties)}):
            parties[party.case_id][party.org] = party.part
    found = {case.id: frozenset[str]() for case in cases}
    for case_id, surviving in into.items():
        working = {organisation for organisation, part in parties[case_id].items() if part in WORKING}
        if working <= parties[surviving].keys():
            found[case_id] = frozenset(parties[surviving])
    return found


_MERGED_ANEW = text("""
    SELECT m.case_id FROM case_merge m JOIN case_file f ON f.id = m.case_id AND f.erased_at IS NULL
    WHERE m.goes_on_for IS DISTINCT FROM CASE
        WHEN EXISTS (SELECT FROM case_party p WHERE p.case_id = m.case_id AND p.part IN ('centre', 'authority')
                     AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = p.org))
        THEN ARRAY[]::varchar[]
        ELSE ARRAY(SELECT q.org FROM case_party q WHERE q.case_id = m.into_id ORDER BY q.org COLLATE "C") END
    ORDER BY m.case_id LIMIT :most
""")


_SOME_CASES: Final = (
    select(Case).where(any_asked(col(Case.id), "case_ids")).order_by(col(Case.id)).with_for_update(skip_locked=True)
)
_NOTE_GOING_ON: Final = (
    update(Merge).where(col(Merge.case_id) == CASE_ID).values(goes_on_for=bindparam("organisations"))
)


async def take_merged_anew(work: UnitOfWork, *, limit: int) -> list[Case]:
    """Merged cases of which `going_on_elsewhere` says something else than when their deadlines were set, locked."""
    case_ids = list(await work.session.scalars(_MERGED_ANEW, {"most": limit}))
    if not case_ids:
        return []
    return await work.session.scalars(_SOME_CASES, {"case_ids": case_ids})


async def note_for_whom_it_goes_on(work: UnitOfWork, goes_on: Mapping[UUID, frozenset[str]]) -> None:
    """Keep with these merges for whom the work goes on elsewhere."""
    for case_id, organisations in goes_on.items():
        given = {"case_id": case_id, "organisations": sorted(organisations)}
        await work.session.execute(_NOTE_GOING_ON, given)


async def watches_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[OnCallWatch]]:
    """The on-call's watch over each of these cases that has or had one, locked."""
    return await rows_by_case(work, case_ids, _WATCHES)


_WATCHES: Final = of_cases(OnCallWatch).with_for_update()


# ---------------------------------------------------------------- the deadlines


async def lock_deadlines(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Deadline]]:
    """The deadlines of these cases as they are kept, locked until the transaction ends."""
    return await rows_by_case(work, case_ids, _LOCKED)


_LOCKED: Final = of_cases(Deadline).with_for_update().execution_options(populate_existing=True)


def add(work: UnitOfWork, row: Deadline | OnCallWatch) -> None:
    """Keep what is new: a deadline, or the on-call's watch over a case."""
    work.session.add(row)


async def running_of(work: UnitOfWork, case_ids: Sequence[UUID]) -> dict[UUID, list[Deadline]]:
    """The deadlines of cases already read that are not done, soonest first, with one statement."""
    return await rows_by_case(work, case_ids, _RUNNING)


_RUNNING: Final = of_cases(
    Deadline, select(Deadline).where(col(Deadline.done_at).is_(None)).order_by(*queries.order_of(Deadline))
)


async def take_due(work: UnitOfWork, *, limit: int) -> list[Deadline]:
    """Deadlines of which something is due, soonest first, locked; those that somebody else is at are passed by."""
    return list(await work.session.scalars(_DUE, {"now": work.now, "limit": limit}))


_DUE: Final = (
    select(Deadline)
    .where(col(Deadline.next_alert_at) <= NOW)
    .order_by(col(Deadline.next_alert_at), col(Deadline.case_id), col(Deadline.kind), col(Deadline.ref))
    .limit(LIMIT)
    .with_for_update(skip_locked=True)
    .execution_options(populate_existing=True)
)


async def take_without_deadlines(work: UnitOfWork, *, limit: int) -> list[Case]:
    """Cases that an earlier Havn left without deadlines, locked."""
    return list(await work.session.scalars(_WITHOUT_DEADLINES, {"limit": limit}))


_WITHOUT_DEADLINES: Final = (
    select(Case).where(col(Case.has_deadlines).is_(False)).limit(LIMIT).with_for_update(skip_locked=True)
)


async def list_deadlines(
    work: UnitOfWork,
    *,
    until: datetime | date | None,
    state: DeadlineState | None,
    kind: DeadlineKind | None,
    case_id: UUID | None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[Deadline]:
    """Deadlines of cases that the actor works on, and those that run for it, soonest first, up to one more than `limit`; the
    hours of whom a police has referred and holds run for it too.

    `until` as a day takes those whose last day is that one or earlier. Those that are done only where asked for."""
    form = queries.Form(
        state=state,
        is_police=work.actor.kind is OrganisationKind.POLICE,
        until=type(until),
        of_kind=kind is not None,
        of_case=case_id is not None,
        goes_on=bool(after),
    )
    asked: dict[str, Any] = {"org": work.actor.org, "now": work.now, "limit": limit + 1}
    asked |= {"until": until, "kind": kind, "case_id": case_id}
    if after:
        last_at, last_case = moment_and_id(after)
        asked |= {"last_at": last_at, "last_case": last_case, "last_kind": str(after[2]), "last_ref": str(after[3])}
    found = await work.session.scalars(queries.listed(form), asked)
    work.audit(operation="deadline.list", object_ids={row.case_id for row in found[:limit]})
    return found


async def passed(work: UnitOfWork) -> dict[DeadlineKind, int]:
    """How many deadlines of each kind have run out and are not done."""
    found = {row[0]: row[1] for row in await work.session.execute(_PASSED, {"now": work.now})}
    return found | {DeadlineKind.QUESTION: await work.session.scalar(_UNANSWERED, {"now": work.now}) or 0}


_PASSED: Final = (
    select(col(Deadline.kind), func.count()).where(queries.is_in_state(DeadlineState.PASSED)).group_by(Deadline.kind)
)
_UNANSWERED: Final = select(func.count()).where(WAITS_FOR_CMM, col(Question.due_at) <= NOW)


# ---------------------------------------------------------------- the on-call and its alerts


async def take_unanswered(work: UnitOfWork) -> list[tuple[OnCallWatch, datetime | None]]:
    """Watches that nobody has acknowledged in time, locked, with the end of the custody; those that somebody else is at are
    passed by."""
    return [(watch, due_at) for watch, due_at in await work.session.execute(_NOT_ACKNOWLEDGED, {"now": work.now})]


_NOT_ACKNOWLEDGED: Final = (
    select(OnCallWatch, col(Deadline.due_at))
    .outerjoin(
        Deadline, and_(col(Deadline.case_id) == col(OnCallWatch.case_id), col(Deadline.kind) == DeadlineKind.CUSTODY)
    )
    .where(col(OnCallWatch.next_at) <= NOW)
    .order_by(col(OnCallWatch.next_at), col(OnCallWatch.case_id))
    .with_for_update(of=OnCallWatch, skip_locked=True)
    .execution_options(populate_existing=True)
)


_WATCH: Final = select(OnCallWatch).where(col(OnCallWatch.case_id) == CASE_ID).with_for_update()
_ACKNOWLEDGE: Final = (
    update(RaisedAlert)
    .where(
        RaisedAlert.case_id == CASE_ID, RaisedAlert.kind == bindparam("of_kind"), RaisedAlert.acknowledged_at.is_(None)
    )
    .values(acknowledged_at=NOW)
)


@cache
def _alerts(*, goes_on: bool) -> Select[RaisedAlert]:
    theirs = select(RaisedAlert).where(RaisedAlert.for_org == ORGANISATION)
    return newest_first(theirs, RaisedAlert.raised_at, RaisedAlert.id, goes_on=goes_on)


async def watch_of(work: UnitOfWork, case: Case) -> OnCallWatch | None:
    """The on-call's watch over a locked case, locked too."""
    return await work.session.scalar(_WATCH, {"case_id": case.id})


async def acknowledge_alerts(work: UnitOfWork, case: Case, *, kind: DeadlineKind) -> None:
    """Note of the alerts raised so far that somebody has taken the matter."""
    await work.session.execute(_ACKNOWLEDGE, {"case_id": case.id, "of_kind": kind, "now": work.now})
    work.audit(operation="on_call.acknowledge", subject_id=case.id)


async def list_alerts(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[RaisedAlert]:
    """The alerts that were raised for the actor's organisation, newest first, up to one more than `limit`."""
    asked = page(after, limit) | {"org": work.actor.org}
    found = await work.session.scalars(_alerts(goes_on=bool(after)), asked)
    work.audit(operation="alert.list", object_ids={alert.case_id for alert in found[:limit]})
    return found
