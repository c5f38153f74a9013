"""The four services, for those who run all of them."""

from services.identification.app import service as identification
from services.referrals.app import service as referrals
from services.stats.app import service as stats

SERVICES = (identification, referrals, stats)
