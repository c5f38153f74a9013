"""The endpoints of the identification service: translate, call the domain, return."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response

from services.identification import cases, clarification, decisions, repository, views
from services.identification.schemas import (
    CaseDetails,
    CaseGlimpse,
    CasePerson,
    CaseState,
    DecisionReceipt,
    DecisionReport,
    ExtensionRequest,
    InterviewReceipt,
    InterviewReport,
    PeriodDetails,
    PeriodRequest,
    RecommendationMade,
    RecommendationReceipt,
    RoutingAnswer,
    RoutingOfCase,
    RoutingQuestion,
    Settlement,
    Timeline,
)
from shared.auth import Actor, Role, Scope
from shared.clock import on_date
from shared.codes import CaseStatus
from shared.concurrency import tag
from shared.endpoint import (
    STAFF,
    IfMatch,
    Now,
    OptionalPurpose,
    Pages,
    PurposeMissing,
    PurposeOfReading,
    RequiredIfMatch,
    Requires,
    Session,
)
from shared.paging import Page
from shared.service import service_router

router = service_router()

Reader = Annotated[Actor, Depends(Requires(Scope.CASES_READ, *STAFF))]
Caseworker = Annotated[Actor, Depends(Requires(Scope.CASES_WRITE, Role.CASEWORKER, Role.LAWYER, Role.DECIDER))]
Lawyer = Annotated[Actor, Depends(Requires(Scope.CASES_WRITE, Role.LAWYER))]
Decider = Annotated[Actor, Depends(Requires(Scope.CASES_DECIDE, Role.DECIDER))]


@router.post("/routing")
async def ask_routing(question: RoutingQuestion, actor: Reader, now: Now) -> RoutingAnswer:
    """Who decides, for facts of nobody in particular: nothing is stored. `on` defaults to today."""
    return RoutingAnswer.model_validate(cases.answer_routing(question, today=on_date(now)))


@router.get("/cases")
async def list_cases(
    session: Session, actor: Reader, pages: Pages, status: CaseStatus | None = None
) -> Page[CaseDetails | CaseGlimpse]:
    """The cases I have to do with, newest first; no personal data."""
    found = await repository.list_cases(session, actor, status=status, after=pages.after, limit=pages.limit)
    items = await views.see_cases(session, actor, found)
    return pages.page(items, found, lambda row: [row[0].opened_at.isoformat(), str(row[0].id)])


@router.get("/cases/{case_id}")
async def read_case(case_id: UUID, response: Response, session: Session, actor: Reader) -> CaseDetails | CaseGlimpse:
    """A case: all of it for those who work on it, a glimpse for others who have to do with it; no personal data."""
    case, part = await repository.find_case(session, actor, case_id, operation="case.read")
    tag(response, case)
    return (await views.see_cases(session, actor, [(case, part)]))[0]


@router.get("/cases/{case_id}/status")
async def read_status(
    case_id: UUID, response: Response, session: Session, actor: Reader, now: Now, purpose: OptionalPurpose = None
) -> CaseState:
    """Where the case stands. Organisations that do not work on the case say for which purpose they ask."""
    case, part = await repository.find_case(session, actor, case_id, operation="case.status", purpose=purpose)
    if part not in repository.WORKING and purpose is None:
        raise PurposeMissing("Say why you ask: ?purpose=identification, support, investigation ...")
    tag(response, case)
    made = await repository.decisions_of(session, [case.id])
    return views.see_state(actor, case, part, made[case.id], now=now)


@router.get("/cases/{case_id}/person")
async def read_person(
    case_id: UUID, response: Response, session: Session, actor: Reader, purpose: PurposeOfReading
) -> CasePerson:
    """Who the person is, for those who work on the case; every read is kept with its purpose."""
    case, person = await repository.read_person(session, actor, case_id, purpose=purpose)
    tag(response, case)
    return person


@router.put("/cases/{case_id}/person")
async def change_person(
    case_id: UUID, person: CasePerson, response: Response, session: Session, actor: Caseworker, now: Now,
    match: RequiredIfMatch,
) -> CasePerson:  # fmt: skip
    """Replace the description of the person. Changed facts are routed again until the decision."""
    case, person = await cases.describe_person(
        session, actor=actor, case_id=case_id, person=person, match=match, now=now
    )
    tag(response, case)
    return person


@router.post("/cases/{case_id}/route")
async def settle_route(
    case_id: UUID, settlement: Settlement, response: Response, session: Session, actor: Lawyer, now: Now,
    match: IfMatch,
) -> RoutingOfCase:  # fmt: skip
    """A lawyer of CMM settles who decides, where the table says `needs_review`."""
    case = await cases.settle(session, actor=actor, case_id=case_id, settlement=settlement, match=match, now=now)
    tag(response, case)
    return RoutingOfCase.model_validate(case)


@router.post("/cases/{case_id}/interviews", status_code=201)
async def hold_interview(
    case_id: UUID, report: InterviewReport, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> InterviewReceipt:  # fmt: skip
    """Record an interview of the clarification."""
    case, interview, number, in_detention = await clarification.hold_interview(
        session, actor=actor, case_id=case_id, report=report, match=match, now=now
    )
    tag(response, case)
    return InterviewReceipt(interview_id=interview.id, number=number, held_in_detention=in_detention)


@router.post("/cases/{case_id}/recommendation", status_code=201)
async def recommend(
    case_id: UUID, made: RecommendationMade, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> RecommendationReceipt:  # fmt: skip
    """CMM recommends an outcome to the deciding authority."""
    case, recommendation = await clarification.recommend(
        session, actor=actor, case_id=case_id, made=made, match=match, now=now
    )
    tag(response, case)
    return RecommendationReceipt(recommendation_id=recommendation.id, outcome=recommendation.outcome)


@router.post("/cases/{case_id}/decisions", status_code=201)
async def decide(
    case_id: UUID, report: DecisionReport, response: Response, session: Session, actor: Decider, now: Now,
    match: RequiredIfMatch,
) -> DecisionReceipt:  # fmt: skip
    """Decide, as a decider of the authority that the routing found. Send the case's ETag as If-Match."""
    case, decision = await decisions.decide(session, actor=actor, case_id=case_id, report=report, match=match, now=now)
    tag(response, case)
    return DecisionReceipt(decision_id=decision.id, is_current=decision.is_current)


@router.post("/cases/{case_id}/periods", status_code=201)
async def grant_period(
    case_id: UUID, request: PeriodRequest, response: Response, session: Session, actor: Caseworker, now: Now,
    match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """The reflection or restitution period of the positive decision: 30 days from its date, at most 120."""
    case, period = await decisions.grant_period(
        session, actor=actor, case_id=case_id, request=request, match=match, now=now
    )
    tag(response, case)
    return views.see_period(case, period, [])


@router.post("/cases/{case_id}/periods/{period_id}/extensions", status_code=201)
async def extend_period(
    case_id: UUID, period_id: UUID, request: ExtensionRequest, response: Response, session: Session, actor: Caseworker,
    now: Now, match: IfMatch,
) -> PeriodDetails:  # fmt: skip
    """Extend the period for special reasons or for cooperation on a prepared return, at most to its cap."""
    case, period = await decisions.extend_period(
        session, actor=actor, case_id=case_id, period_id=period_id, request=request, match=match, now=now
    )
    tag(response, case)
    await session.flush()
    extensions = await repository.extensions_of(session, [case.id])
    return views.see_period(case, period, extensions[case.id])


@router.get("/cases/{case_id}/timeline")
async def read_timeline(case_id: UUID, session: Session, actor: Reader) -> Timeline:
    """What happened, in order; no personal data."""
    told = await repository.told_of(session, actor, case_id)
    return Timeline(items=[views.see_event(event) for event in told])
