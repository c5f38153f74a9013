"""The events of the referrals service."""

from datetime import datetime
from uuid import UUID

from shared.contract.codes import Channel, Urgency
from shared.contract.events.base import MunicipalityCode, OrganisationId, ReferralEvent


class ReferralSubmitted(ReferralEvent, service="referrals", name="referral-submitted"):
    """A partner has referred one or more people. Who they are is fetched over HTTP by those who may know it."""

    channel: Channel
    urgency: Urgency
    referred_at: datetime
    municipality: MunicipalityCode | None
    in_custody: bool
    custody_since: datetime | None
    case_id: UUID | None
    subject_ids: tuple[UUID, ...]


class ReferralAcknowledged(ReferralEvent, service="referrals", name="referral-acknowledged"):
    """The recipient has received it."""


class ReferralAccepted(ReferralEvent, service="referrals", name="referral-accepted"):
    """The recipient has taken it on."""


class ReferralDeclined(ReferralEvent, service="referrals", name="referral-declined"):
    """The recipient has declined it; the reason stays with the referral."""


class ReferralForwarded(ReferralEvent, service="referrals", name="referral-forwarded"):
    """The recipient has passed it on: `recipient` is the new one."""

    forwarded_by: OrganisationId


class ReferralCompleted(ReferralEvent, service="referrals", name="referral-completed"):
    """What was asked for is done."""


class ReferralWithdrawn(ReferralEvent, service="referrals", name="referral-withdrawn"):
    """The sender has taken it back; the recipient's access has ended."""
