"""The history of a case in sentences."""

from services.identification.overview.schemas import TimelineEntry
from shared.contract.events import name_of
from shared.data.outbox import RecordedEvent

_SENTENCES = {
    "case-opened": "The case was opened.",
    "source-withdrawn": "The referral behind the case was withdrawn; the work goes on.",
    "party-ended": "The part of {organisation} in the case was ended.",
    "case-routed": "{authority} decides (rule {rule}).",
    "interview-held": "An interview was held.",
    "rights-explained": "The person was told of their rights.",
    "indicators-observed": "Signs of trafficking were noted ({indicator_set}): {items}.",
    "risk-assessed": "The danger to the person was assessed on {assessed_on}: {level}; again by {reassess_on}.",
    "evidence-added": "A piece of evidence was added.",
    "recommendation-made": "CMM recommended {outcome}.",
    "decision-made": "{authority} decided {outcome} on {decided_on}.",
    "decision-replaced": "An earlier decision was replaced.",
    "period-granted": "A {kind} period was granted from {starts_on} to {ends_on}, at most to {cap_on}.",
    "period-extended": "The period was extended to {ends_on}.",
    "appeal-filed": "A decision was appealed on {filed_on}; the person is not removed meanwhile.",
    "appeal-decided": "An appeal was decided on {decided_on}: {outcome}.",
    "support-started": "A support measure began on {starts_on}.",
    "return-planned": "A prepared return to {destination} was agreed on {agreed_on}.",
    "person-departed": "The person left on {departed_on}; reintegration is followed until {reintegration_until}.",
    "follow-up-made": "The follow-up of month {month} was made on {on}.",
    "criminal-step-recorded": "A step of the criminal track was recorded: {kind} on {on}.",
    "custody-began": "The person is held since {since}.",
    "custody-ended": "The detention ended at {ended_at}.",
    "deadline-approaching": "The deadline {kind} runs until {due_at}: {state}.",
    "on-call-alerted": "The on-call was alerted, time {number}.",
    "on-call-acknowledged": "The on-call has taken it.",
    "person-missing": "The person is missing since {since}.",
    "person-found": "The person was found on {on}.",
    "case-closed": "The case was closed on {on}.",
    "case-reopened": "The case was reopened on {on}.",
    "case-erased": "Who the person is was erased.",
    "case-linked": "Another person's case was linked: {relation}.",
    "case-unlinked": "A link to another person's case was taken away.",
    "case-merged": "Another case turned out to be about this person; its work goes on here.",
    "case-unmerged": "The merge was undone: the two are different people.",
    "child-assessed": "The municipality assessed the child's needs at {assessed_at}.",
    "consent-given": "The person lets {recipient} know, for {purpose}.",
    "consent-withdrawn": "The person took the consent for {recipient} back ({purpose}).",
    "disclosure-made": "Something was disclosed to {recipient}, for {purpose}, by {basis}.",
    "legal-status-changed": "From {valid_from} the stay rests on {residence_basis}.",
    "municipality-notified": "Municipality {municipality} was told of the child; its 24 hours run.",
    "person-described": "The description of the person was changed.",
    "representative-appointed": "A personal representative was appointed on {appointed_on}.",
    "representative-requested": "A personal representative was asked for on {requested_on}.",
}


def see_event(event: RecordedEvent) -> TimelineEntry:
    """One line of the case's history."""
    kind = name_of(event.type)
    summary = _SENTENCES.get(kind, kind.replace("-", " ").capitalize() + ".").format(**event.payload)
    return TimelineEntry(at=event.occurred_at, kind=kind, actor_org=event.actor_org, summary=summary)
