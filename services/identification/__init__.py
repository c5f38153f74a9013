"""Identification: from the first sign that somebody may be a victim to a decision that holds.

Owns cases and the people they are about: routing, clarification, recommendation, decisions, periods.
Emits `case-opened`, `case-referred`, `case-routed`, `interview-held`, `recommendation-made`, `decision-made`,
`decision-replaced`, `period-granted`, `period-extended`. Listens to referrals' `referral-submitted`, and fetches who the
people are over HTTP, as itself.
"""
