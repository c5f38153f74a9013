"""Referrals: how partners hand people over to one another.

Owns the directory of organisations, referrals and the people they are about, and what became of each referral.
Emits `referral-submitted` and one event for each change of status. Listens to identification's `case-opened`, to
tell each subject's case; to `consent-given` and `consent-withdrawn`, to disclose a referral no further than the person
lets it; and to `case-erased`: it erases what it holds of the case, and says so by `erasure-confirmed`.
"""
