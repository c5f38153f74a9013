"""Who the person is: describing one, reaching one, and an adult who declines."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.authority import domain as authority
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, ContactAttempt, is_child
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.finding import duplicates, search
from services.identification.finding import repository as finding_repository
from services.identification.person import description, legal_status, repository
from services.identification.person.schemas import ContactAttemptReport, Refusal
from services.identification.routing import domain as routing
from shared.contract.codes import ExploitationForm
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class AChildCannotDecline(Conflict):
    """The effort owes a child its protection, whatever the child or anybody for it says."""


class PersonDeclined(Conflict):
    """Who declined stays an anonymous notification: their identity is not written back into it."""


class UnsafeChannel(Conflict):
    """Using this channel could put the person in danger: it is not recorded as safe."""


class NotYet(Unprocessable):
    """What is recorded has happened; a day to come cannot have."""


class OtherFormUnexplained(Unprocessable):
    """The form OTHER says nothing by itself."""


async def describe_person(
    session: AsyncSession, *, actor: Actor, case_id: UUID, person: CasePerson, match: Match, now: datetime
) -> tuple[Case, CasePerson]:
    """Replace the description of the person. Before the decision, changed facts are routed again; after it, never."""
    case = await cases.lock_case(session, actor, case_id, match)
    if case.refused_on and (named := person.named()):
        raise PersonDeclined(
            f"The person declined, so the case takes no {', '.join(named)}. If they now want help, open a new case "
            "and merge the two."
        )
    today = on_date(now)
    before, routed_by = description.told_of(case), routing.facts_on(case, today)
    await _check_other_is_explained(session, case, person)
    person = await repository.replace_person(session, case, person)
    for name, value in description.facts_of(person, on=today).items():
        setattr(case, name, value)
    await cases.add_identifiers(session, case.id, search.hashes_of(session, person))
    await search.index(session, case.id, person, now=now)
    await duplicates.questions_of_new_case(session, actor, case, person, now=now)
    await legal_status.follow_the_description(session, case, actor=actor, now=now)
    if before != description.told_of(case):
        description.tell(session, case, now=now)
    await children.protect(session, case, now=now)
    if routed_by != routing.facts_on(case, today) and case.status not in lifecycle.DECIDED:
        await authority.route_again(session, case, now=now)
    else:
        await changes.case_changed(session, case, now=now)
    return case, person


async def _check_other_is_explained(session: AsyncSession, case: Case, person: CasePerson) -> None:
    """A case that was opened with OTHER has its reason to say what that is; who adds OTHER later says it here."""
    if ExploitationForm.OTHER not in person.suspected_forms or person.other_form:
        return
    known = await repository.open_person(session, case, fields=["suspected_forms"])
    if ExploitationForm.OTHER not in known.suspected_forms:
        raise OtherFormUnexplained(
            "The suspected form OTHER says what it is: send other_form.",
            errors=[
                {"loc": ["body", "other_form"], "msg": "Required where OTHER is a suspected form for the first time."}
            ],
        )


async def refuse(
    session: AsyncSession, *, actor: Actor, case_id: UUID, refusal: Refusal, match: Match, now: datetime
) -> Case:
    """An adult declines: what is left is an anonymous notification, which counts and says nothing of who it was."""
    case = await cases.lock_case(session, actor, case_id, match)
    lifecycle.check(case, Step.WORK)
    if is_child(case):
        raise AChildCannotDecline("A child, or who is presumed one, cannot decline; the protection goes on.")
    if refusal.on > on_date(now):
        raise NotYet("That day has not come yet; record what has happened.")
    case.refused_on = refusal.on
    await repository.forget_person(session, case, SealedText(text=refusal.note) if refusal.note else None)
    await search.forget(session, case.id)
    await finding_repository.ask(session, case.id, [], now=now)  # an open question would say who it was
    return case


async def attempt_contact(
    session: AsyncSession, *, actor: Actor, case_id: UUID, report: ContactAttemptReport, match: Match, now: datetime
) -> tuple[Case, ContactAttempt]:
    """Note an attempt to reach the person, which is made over a channel recorded as safe or not at all."""
    case = await cases.lock_case(session, actor, case_id, match)
    lifecycle.check(case, Step.WORK)
    person = await repository.open_person(session, case, fields=["contact_channels"])
    if not person.may_be_reached_by(report.channel):
        raise UnsafeChannel(
            f"{report.channel} is not recorded as safe for this person. Use a channel that is, or record it as safe "
            "first: PUT .../person with contact_channels."
        )
    attempt = ContactAttempt(
        case_id=case.id,
        channel=report.channel,
        made_at=report.at or now,
        made_by=actor.org,
        reached=report.reached,
    )
    await repository.add_contact_attempt(session, attempt, SealedText(text=report.note) if report.note else None)
    return case, attempt
