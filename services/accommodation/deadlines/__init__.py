"""Deadlines of housing: the notice of § 110, approvals, offers and stays that end, requests that wait; and their announcement."""
