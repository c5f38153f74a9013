"""Stats: how many people were assessed as trafficked, and how the effort went.

Owns facts about cases and referrals, taken from the others' events alone: codes, dates and case ids, nothing about who
anybody is. Figures are derived from these facts when they are asked for, so they can be told as of any earlier time.
Emits `erasure-confirmed`. Listens to identification's `case-opened`, `person-described`, `interview-held`,
`decision-made`, `decision-replaced`, `case-merged`, `case-unmerged`, `person-departed` and `case-erased`, and to every event of a
referral.
"""
