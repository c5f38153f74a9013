"""What the others' events make the identification service do."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification import cases
from services.identification.cases import Origin
from services.identification.schemas import SealedText
from shared.audit import Purpose
from shared.codes import ReferralKind
from shared.consumer import Handlers, Handling
from shared.events import ReferralSubmitted
from shared.person import Subject
from shared.personal import Personal

handlers = Handlers()


@handlers.on(ReferralSubmitted)
async def open_or_find_cases(session: AsyncSession, event: ReferralSubmitted, handling: Handling) -> None:
    """A case for each subject of a referral that asks for identification. Who they are is fetched over HTTP."""
    if event.kind is not ReferralKind.IDENTIFICATION:
        return
    referral = await handling.peers.get(
        "referrals", f"/referrals/v1/referrals/{event.referral_id}", purpose=Purpose.IDENTIFICATION
    )
    origin = Origin(
        channel=event.channel,
        occurred_at=event.referred_at,
        municipality=event.municipality,
        referred_by=event.sender,
        referral_id=event.referral_id,
        custody_since=event.custody_since,
    )
    contact = referral["safe_contact"]
    for told in referral["subjects"]:
        await cases.receive_subject(
            session,
            origin=origin,
            subject_id=told["subject_id"],
            subject=Subject.model_validate({name: told[name] for name in Subject.model_fields}),
            safe_contact=SealedText(text=Personal(contact)) if contact else None,
            now=handling.now,
        )
