"""What is disclosed about a person, and why that is allowed: by consent, or by a law that is named with the reason."""

from collections.abc import Sequence
from uuid import UUID

from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.consents import recipients, repository
from services.identification.consents.models import Consent, Disclosure
from services.identification.consents.schemas import DisclosureReport, DisclosureWords
from shared.contract.codes import DisclosureBasis
from shared.contract.events import DisclosureMade
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict


class ConsentMissing(Conflict):
    """The person has not allowed it, and no law was named that does."""


class ReasonMissing(Conflict):
    """A law was named without saying why it applies."""


class DisclosureIsEnded(Conflict):
    """There is nothing to end: it was ended, or it rests on a consent."""


async def disclose(
    work: UnitOfWork, *, case_id: UUID, report: DisclosureReport, expected: ExpectedVersion
) -> tuple[Case, Disclosure]:
    """Note that something is disclosed to the recipient, with a snapshot of what. A live consent that covers it is its basis;
    without one it takes a law and a reason, and is listed in the report of disclosures by law."""
    case = await cases.lock_case(work, case_id, expected)
    known = await repository.live_consents(work, case, report.recipient, report.purpose)
    live = [each for each in known if each.case_id == case.id or each.confirmed_at]
    consent = next((each for each in live if set(report.fields) <= set(each.scope)), None)
    if consent is None:
        _check_the_law(report, live)
    async with recipients.case_known_to(work, case, report.recipient) as known_as:
        disclosure = Disclosure(
            case_id=known_as,
            recipient=report.recipient,
            purpose=report.purpose,
            fields=sorted(set(report.fields)),
            basis=DisclosureBasis.CONSENT if consent else DisclosureBasis.LAW,
            consent_id=consent.id if consent else None,
            legal_basis=None if consent else report.legal_basis,
            made_at=work.now,
            made_by=work.actor.org,
        )
        await repository.add_disclosure(work, disclosure, DisclosureWords(note=report.note, reason=report.reason))
        if disclosure.basis is DisclosureBasis.LAW:
            await recipients.let_know(work, known_as, report.recipient)
    work.record(
        DisclosureMade(
            case_id=known_as,
            occurred_at=work.now,
            disclosure_id=disclosure.id,
            recipient=disclosure.recipient,
            purpose=disclosure.purpose,
            basis=disclosure.basis,
        )
    )
    return case, disclosure


def _check_the_law(report: DisclosureReport, live: Sequence[Consent]) -> None:
    if report.legal_basis is None:
        lacking = "covers all these fields" if live else "lets this recipient know for this purpose"
        raise ConsentMissing(
            f"No live consent {lacking}. Record one (POST .../consents), or name the `legal_basis` and the `reason` "
            "that allow it without.",
            has_consent_for=sorted({field for consent in live for field in consent.scope}),
        )
    if report.reason is None:
        raise ReasonMissing("Say in `reason` why the law that you name allows this disclosure without consent.")


async def end(
    work: UnitOfWork, *, case_id: UUID, disclosure_id: UUID, expected: ExpectedVersion
) -> tuple[Case, Disclosure]:
    """A disclosure by law no longer lets the recipient know; what was disclosed stays disclosed."""
    case = await cases.lock_case(work, case_id, expected)
    disclosure = await repository.disclosure_in(work, case, disclosure_id)
    if disclosure.basis is DisclosureBasis.CONSENT:
        raise DisclosureIsEnded(
            "This disclosure rests on a consent; it ends when the person withdraws that.",
            danish="Videregivelsen hviler på et samtykke og ophører, når personen trækker det tilbage.",
        )
    if disclosure.ended_at:
        raise DisclosureIsEnded("This disclosure was ended already.", danish="Videregivelsen er ophørt allerede.")
    await repository.end_disclosure(work, disclosure)
    await recipients.take_back(work, case, disclosure.recipient)
    return case, disclosure
