"""Identification: from the first sign that somebody may be a victim to a decision that holds, and the rest of the case's life.

Owns cases and the people they are about: opening, finding, and who is who; routing, clarification (interviews, rights,
indicators, risk, evidence), recommendation, decisions and appeals, periods and deadlines, consents and disclosures,
support, prepared return, the criminal track, missing and found, closure, erasure here and everywhere.
Emits the events of identification (AsyncAPI). Listens to referrals' `referral-submitted`, and fetches who the people are over
HTTP, as itself; to `referral-withdrawn`, which ends its sender's part in the cases; to `referral-completed`, which ends a
municipality's 24 hours for a child; to accommodation's `person-left`, which may mean that somebody is missing, and
`placement-requested` and `person-arrived`, after which no contact has come to nothing; to the others' `erasure-confirmed`;
and to its own `case-opened`, to look who else the person may be.
"""
