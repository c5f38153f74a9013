"""The accommodation service, put together."""

from services import accommodation
from services.accommodation import api, consumers, models
from services.accommodation.deadlines import domain as deadlines
from services.accommodation.facilities import changes
from services.accommodation.offers import domain as offers
from services.accommodation.proposals import domain as proposals
from services.accommodation.stays import arrivals, residents
from services.accommodation.waiting import stalled
from shared.data import kept
from shared.runtime.service import Service

changes.ask(residents.check_still_fits)
arrivals.follow(deadlines.note_admission)

service = Service(
    name="accommodation",
    description=accommodation.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
    sweeps=(
        offers.expire_due,
        deadlines.announce_ends,
        deadlines.alert_of_unapproved,
        deadlines.alert_of_not_arrived,
        proposals.take_effect,
        stalled.recall,
        kept.forget_old,
    ),
    raises_alerts=True,
)
