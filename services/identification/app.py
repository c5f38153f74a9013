"""The identification service, put together."""

from services import identification
from services.identification import api, consumers, models
from services.identification.case import changes
from services.identification.deadlines import domain as deadlines
from services.identification.deadlines import on_call
from services.identification.erasure import domain as erasure
from services.identification.opening import drafts
from services.identification.person import domain as person
from services.identification.person import legal_status
from services.identification.questions import domain as questions
from services.identification.retention import domain as retention
from shared.runtime.service import Service

changes.follow(deadlines.set_deadlines)

service = Service(
    name="identification",
    description=identification.__doc__ or "",
    router=api.router,
    handlers=consumers.handlers,
    metadata=models.metadata,
    sweeps=(
        legal_status.take_effect,
        person.come_of_age,
        drafts.sweep,
        questions.look_where_due,
        questions.alert_of_waiting,
        deadlines.set_missing_deadlines,
        deadlines.set_deadlines_of_merged,
        deadlines.fire_due,
        on_call.alert_again,
        deadlines.count_passed,
        retention.run,
        erasure.alert_of_late,
    ),
    raises_alerts=True,
)
