"""Deadlines of housing, and what is announced: the notice of § 110, approvals, offers and stays that end, requests that wait; and their announcement."""
