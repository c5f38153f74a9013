"""The deadlines that an organisation is shown in a list, as statements: each is made once for each form of it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Select,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased
from sqlmodel import col

from services.identification.case.codes import QuestionState
from services.identification.case.lifecycle import DECIDED
from services.identification.case.models import Case, CaseParty, Deadline
from services.identification.case.repository import CASE_ID, HOLDING, WORKING
from services.identification.deadlines.codes import GIVEN_HERE
from services.identification.questions.models import Question
from services.identification.questions.repository import MAY_ANSWER
from shared.contract.codes import DeadlineKind, DeadlineState
from shared.data.columns import LIMIT, NOW, ORGANISATION, is_one_of
from shared.kernel.clock import COPENHAGEN


@dataclass(frozen=True, slots=True)
class Form:
    """What is asked of a list, as far as its statement differs by it."""

    state: DeadlineState | None
    is_police: bool
    until: type[datetime | date | None]
    of_kind: bool
    of_case: bool
    goes_on: bool


def _is_reached() -> ColumnElement[bool]:
    """Whether who asks has a part in the case: nobody is shown a deadline of a case that it cannot reach."""
    party = aliased(CaseParty)
    return exists().where(col(party.case_id) == col(Deadline.case_id), col(party.org) == ORGANISATION)


def _goes_on_elsewhere() -> ColumnElement[bool]:
    """Whether the case was merged into one that who asks works on: it is shown the deadlines there, beside those that the case
    itself has given."""
    merged, party = aliased(Case), aliased(CaseParty)
    return exists().where(
        col(merged.id) == col(Deadline.case_id),
        col(party.case_id) == col(merged.merged_into),
        col(party.org) == ORGANISATION,
        is_one_of(col(party.part), WORKING),
        ~is_one_of(col(Deadline.kind), GIVEN_HERE),
    )


@cache
def listed(form: Form) -> Select[Deadline]:
    asked = [is_in_state(form.state), ~_goes_on_elsewhere()]
    if form.of_case:
        asked.append(col(Deadline.case_id) == CASE_ID)
    # Each part by its own index: for "mine, or of my cases" in one the database looks at every deadline there is.
    mine = select(Deadline).where(col(Deadline.for_org) == ORGANISATION, _is_reached(), *asked)
    of_my_cases = (
        select(Deadline)
        .join(CaseParty, col(CaseParty.case_id) == col(Deadline.case_id))
        .where(col(CaseParty.org) == ORGANISATION, is_one_of(col(CaseParty.part), WORKING))
        .where(*asked)
    )
    to_answer = _questions(form).subquery("to_answer")
    either: list[tuple[Select[Any], Any]] = [
        (mine, Deadline),
        (of_my_cases, Deadline),
        (select(to_answer), to_answer.c),
    ]
    if form.is_police:
        held = _held(form).subquery("held")
        either.append((select(held), held.c))
    parts = [part.where(*_asked(table, form)).order_by(*order_of(table)).limit(LIMIT) for part, table in either]
    shown = aliased(Deadline, union(*parts).subquery())
    return select(shown).order_by(*order_of(shown)).limit(LIMIT)


def order_of(table: Any) -> tuple[Any, ...]:
    return (col(table.due_at), col(table.case_id), col(table.kind), col(table.ref))


_LAST: Final = tuple_(
    bindparam("last_at", type_=DateTime(timezone=True)),
    bindparam("last_case", type_=Uuid),
    bindparam("last_kind", type_=String),
    bindparam("last_ref", type_=String),
)


def _asked(table: Any, form: Form) -> list[ColumnElement[bool]]:
    """What a list of deadlines, or of what is listed with them, is asked for."""
    asked: list[ColumnElement[bool]] = []
    if form.of_kind:
        asked.append(col(table.kind) == bindparam("kind", type_=String))
    if form.until is datetime:
        asked.append(col(table.due_at) <= bindparam("until", type_=DateTime(timezone=True)))
    elif form.until is date:
        asked.append(col(table.due_on) <= bindparam("until", type_=Date))
    if form.goes_on:
        asked.append(tuple_(*order_of(table)) > _LAST)
    return asked


def _questions(form: Form) -> Select[Any]:
    """The questions that who asks may answer, each as a deadline of its newer case, or of the one that is asked about. A row of
    the case would be seen by others who work on it, who learn of no question."""
    answered = case((col(Question.state) != QuestionState.OPEN, func.coalesce(col(Question.answered_at), NOW)))
    shown_as: dict[str, Any] = {
        "case_id": CASE_ID if form.of_case else col(Question.newer_now),
        "kind": literal(DeadlineKind.QUESTION.value),
        "ref": cast(col(Question.id), String),
        "starts_at": col(Question.asked_at),
        "due_at": col(Question.due_at),
        "due_on": col(Question.due_on),
        "for_org": ORGANISATION,
        "alerts": array([col(Question.alert_at)]),
        "alerted_until": null().cast(DateTime(timezone=True)),
        "next_alert_at": col(Question.next_alert_at),
        "done_at": answered,
    }
    columns = [shown_as[name].label(name) for name in Deadline.model_fields]
    is_in_state = _state(
        form.state,
        done=col(Question.state) != QuestionState.OPEN,
        over=col(Question.due_at) <= NOW,
        is_warned=col(Question.alert_at) <= NOW,
    )
    query = select(*columns).where(MAY_ANSWER, is_in_state)
    if form.of_case:
        query = query.where(or_(col(Question.newer_now) == CASE_ID, col(Question.older_now) == CASE_ID))
    return query


def _held(form: Form) -> Select[Any]:
    """The hours of those whom the police that asks has referred and holds. They run from the arrest that its own case says, and
    end with it, or when it is shown as decided, so that a merge, of which it learns nothing, ends none, and brings none of
    another arrest."""
    was_done = case(
        (col(Case.merged_into).is_(None), col(Deadline.done_at).is_not(None)),
        else_=is_one_of(func.status_through_merges(col(Case.id)), DECIDED),
    )
    is_carried = col(Case.custody_from).is_not(None)
    ended_at = case((is_carried, col(Case.custody_own_ended_at)), else_=col(Case.custody_ended_at))
    done = or_(ended_at.is_not(None), was_done)
    later = func.coalesce(col(Case.custody_own_since) - col(Deadline.starts_at), timedelta())
    due_at = col(Deadline.due_at) + later
    shown_as: dict[str, Any] = {
        "for_org": ORGANISATION,
        "starts_at": col(Deadline.starts_at) + later,
        "due_at": due_at,
        "due_on": cast(func.timezone(str(COPENHAGEN), due_at), Date),
        "alerted_until": null().cast(DateTime(timezone=True)),
        "next_alert_at": null().cast(DateTime(timezone=True)),
        "done_at": case((done, func.coalesce(ended_at, col(Deadline.done_at)))),
    }
    columns = [shown_as.get(name, getattr(Deadline, name)).label(name) for name in Deadline.model_fields]
    is_in_state = _state(
        form.state,
        done=done,
        over=due_at <= NOW,
        is_warned=func.coalesce(col(Deadline.alerts)[1] + later <= NOW, False),
    )
    query = (
        select(*columns)
        .join(Case, col(Case.id) == col(Deadline.case_id))
        .join(CaseParty, col(CaseParty.case_id) == col(Deadline.case_id))
        .where(col(CaseParty.org) == ORGANISATION, is_one_of(col(CaseParty.part), HOLDING))
        .where(col(Deadline.kind) == DeadlineKind.CUSTODY, is_in_state)
        .where(or_(~is_carried, col(Case.custody_own_since).is_not(None)))
    )
    return query.where(col(Deadline.case_id) == CASE_ID) if form.of_case else query


def is_in_state(state: DeadlineState | None) -> ColumnElement[bool]:
    """The same as `rows.state_of`, for the database."""
    done, over = col(Deadline.done_at).is_not(None), col(Deadline.due_at) <= NOW
    return _state(state, done=done, over=over, is_warned=func.coalesce(col(Deadline.alerts)[1] <= NOW, False))


def _state(
    state: DeadlineState | None, *, done: ColumnElement[bool], over: ColumnElement[bool], is_warned: ColumnElement[bool]
) -> ColumnElement[bool]:
    match state:
        case None:
            return ~done
        case DeadlineState.DONE:
            return done
        case DeadlineState.PASSED:
            return and_(~done, over)
        case DeadlineState.DUE:
            return and_(~done, ~over, is_warned)
        case DeadlineState.RUNNING:
            return and_(~done, ~over, ~is_warned)
