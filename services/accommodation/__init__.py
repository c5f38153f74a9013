"""Accommodation: where a person can be safe tonight, and who is responsible for it.

Owns the register of facilities, their places and approvals; placement requests, offers, stays and placements; and the
table that says who houses whom. Emits `facility-changed`, `placement-requested`, `place-offered`, `offer-accepted`,
`offer-declined`, `offer-expired`, `offer-stalled`, `request-stalled`, `person-arrived`, `person-moved`, `person-left`,
`stay-extended`, `stay-ending`, `placement-cancelled`, `no-show`, `responsibility-changed`, `move-proposed`, `notice-due` and
`approval-expiring`. Listens to identification's `case-opened`, `party-ended`, `case-routed`, `person-described`,
`legal-status-changed`, `decision-made`, `decision-replaced`, `case-merged`, `case-unmerged`, `case-linked`, `case-unlinked`,
`consent-given`, `consent-withdrawn`, `custody-began` and `custody-ended`, to know whom a case concerns and what the rules ask of
it; and to `case-erased`: it erases what it holds of the case, and says so by `erasure-confirmed`.
"""
