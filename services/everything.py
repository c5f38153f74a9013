"""The four services, for those who run all of them."""

from services.referrals.app import service as referrals

SERVICES = (referrals,)
