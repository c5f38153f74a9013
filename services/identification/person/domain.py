"""Who the person is: describing one, reaching one, and an adult who declines."""

from uuid import UUID

from services.identification.authority import domain as authority
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case, ContactAttempt, age_group_on, is_child
from services.identification.case.schemas import CasePerson, SealedText
from services.identification.children import domain as children
from services.identification.consents import domain as consents
from services.identification.consents import repository as consents_repository
from services.identification.erasure import domain as erasure
from services.identification.erasure import repository as erasure_repository
from services.identification.finding import repository as finding_repository
from services.identification.finding import search
from services.identification.person import description, repository, taking_in
from services.identification.person.schemas import ContactAttemptReport, Refusal
from services.identification.questions import domain as questions
from shared.contract.codes import ErasureExtent, ExploitationForm
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Unprocessable


class AChildCannotDecline(Conflict):
    """The effort owes a child its protection, whatever the child or anybody for it says."""


class StillNeeded(Conflict):
    """What is held of the person is kept for somebody who waits for it: a court, or the person."""


class PersonDeclined(Conflict):
    """Who declined stays an anonymous notification: their identity is not written back into it."""


class UnsafeChannel(Conflict):
    """Using this channel could put the person in danger: it is not recorded as safe."""


class OtherFormUnexplained(Unprocessable):
    """The form OTHER says nothing by itself."""


async def describe_person(
    work: UnitOfWork, *, case_id: UUID, person: CasePerson, expected: ExpectedVersion
) -> tuple[Case, CasePerson]:
    """Replace the description of the person. Before the decision, changed facts are routed again; after it, never. A consent that
    is new in it is one of the case; one that it leaves out stands until it is withdrawn."""
    case = await cases.lock_case(work, case_id, expected)
    if case.refused_on and (named := person.named()):
        raise PersonDeclined(
            f"The person declined, so the case takes no {', '.join(named)}. If they now want help, open a new case "
            "and merge the two."
        )
    await _check_other_is_explained(work, case, person)
    person, known = await repository.replace_person(work, case, person)
    await consents.take_over(
        work, case_id=case.id, consents=person.consents, brought_by=work.actor.org, given_at=work.now
    )
    await finding_repository.forget_identifiers(work, case.id)  # a number that was corrected no longer matches
    await cases.add_identifiers(work, case.id, search.hashes_of(work, person))
    is_to_route = await taking_in.follow(work, case, person, known=known)
    await questions.look_again(work, case)
    if is_to_route:
        await authority.route_again(work, case)
    else:
        await changes.case_changed(work, case)
    standing = await consents_repository.as_they_stand(work, case.id, person.consents)
    return case, person.model_copy(update={"consents": standing})


async def _check_other_is_explained(work: UnitOfWork, case: Case, person: CasePerson) -> None:
    """A case that was opened with OTHER has its reason to say what that is; who adds OTHER later says it here."""
    if ExploitationForm.OTHER not in person.suspected_forms or person.other_form:
        return
    known = await repository.open_person(work, case, fields=["suspected_forms"])
    if ExploitationForm.OTHER not in known.suspected_forms:
        raise OtherFormUnexplained(
            "The suspected form OTHER says what it is: send other_form.",
            errors=[
                {"loc": ["body", "other_form"], "msg": "Required where OTHER is a suspected form for the first time."}
            ],
        )


async def come_of_age(work: UnitOfWork) -> None:
    """Sweep: who turned 18 is a minor no more, since that day, and it is published."""
    for case in await repository.lock_who_came_of_age(work, on=on_date(work.now)):
        since = case.adult_on
        case.age_group, case.adult_on = age_group_on(case, on_date(work.now)), None
        description.record_description(work, case, of_age_since=since)
        await children.come_of_age(work, case)
        await changes.case_changed(work, case)


async def refuse(work: UnitOfWork, *, case_id: UUID, refusal: Refusal, expected: ExpectedVersion) -> Case:
    """An adult declines: what is left is an anonymous notification, which counts and says nothing of who it was; so is what was
    merged into the case. Who has declined already has, and nothing changes. Raises AChildCannotDecline and StillNeeded."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    if is_child(case, on=on_date(work.now)):
        raise AChildCannotDecline("A child, or who is presumed one, cannot decline; the protection goes on.")
    if case.refused_on:
        case.version -= 1
        return case
    async with as_itself(work):
        # Of one person: whoever works on this case need not know all that was merged into it.
        family = [case, *await cases.lock_below(work, case)]
        if await erasure_repository.is_kept(work, [each.id for each in family]):
            raise StillNeeded(
                "A legal hold stands, or somebody waits for what is held of the person: nothing is erased until that ends. End "
                "the hold, or answer the request for access, and record the refusal then."
            )
        for each in family:
            await _forget(work, each, refusal)
        for below in family[1:]:
            below.version += 1  # what is shown of it changes, too
    return case


async def _forget(work: UnitOfWork, case: Case, refusal: Refusal) -> None:
    case.refused_on = refusal.on
    await repository.forget_person(work, case, SealedText(text=refusal.note) if refusal.note else None)
    await search.forget(work, case.id)
    await questions.ask_no_longer(work, case.id)  # an open question would say who it was
    await erasure.ask(work, case.id, extent=ErasureExtent.IDENTITY)


async def attempt_contact(
    work: UnitOfWork, *, case_id: UUID, report: ContactAttemptReport, expected: ExpectedVersion
) -> tuple[Case, ContactAttempt]:
    """Note an attempt to reach the person, which is made over a channel recorded as safe or not at all."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    person = await repository.open_person(work, case, fields=["contact_channels"])
    if not person.may_be_reached_by(report.channel):
        raise UnsafeChannel(
            f"{report.channel} is not recorded as safe for this person. Use a channel that is, or record it as safe "
            "first: PUT .../person with contact_channels."
        )
    attempt = ContactAttempt(
        case_id=case.id,
        channel=report.channel,
        made_at=report.at or work.now,
        made_by=work.actor.org,
        reached=report.reached,
    )
    await repository.add_contact_attempt(work, attempt, SealedText(text=report.note) if report.note else None)
    return case, attempt
