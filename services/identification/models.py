"""All tables of the identification service: a table that nobody imports is not in the metadata."""

from services.identification.absence import models as absence
from services.identification.access_requests import models as access_requests
from services.identification.case import models as case
from services.identification.case.models import metadata
from services.identification.children import models as children
from services.identification.clarification import models as clarification
from services.identification.consents import models as consents
from services.identification.criminal import models as criminal
from services.identification.deadlines import models as deadlines
from services.identification.decisions import models as decisions
from services.identification.erasure import models as erasure
from services.identification.evidence import models as evidence
from services.identification.finding import models as finding
from services.identification.indicators import models as indicators
from services.identification.links import models as links
from services.identification.merging import models as merging
from services.identification.opening import models as opening
from services.identification.parties import models as parties
from services.identification.periods import models as periods
from services.identification.person import models as person
from services.identification.questions import models as questions
from services.identification.retention import models as retention
from services.identification.rights import models as rights
from services.identification.risk import models as risk
from services.identification.support import models as support

__all__ = [
    "absence",
    "access_requests",
    "case",
    "children",
    "clarification",
    "consents",
    "criminal",
    "deadlines",
    "decisions",
    "erasure",
    "evidence",
    "finding",
    "indicators",
    "links",
    "merging",
    "metadata",
    "opening",
    "parties",
    "periods",
    "person",
    "questions",
    "retention",
    "rights",
    "risk",
    "support",
]
