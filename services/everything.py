"""The four services, for those who run all of them."""

from shared.kernel.loading import loading

with loading():
    from services.accommodation.app import service as accommodation
    from services.identification.app import service as identification
    from services.referrals.app import service as referrals
    from services.stats.app import service as stats

SERVICES = (accommodation, identification, referrals, stats)
