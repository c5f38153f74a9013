"""Deadlines of housing, and what is announced: notices of § 110, approvals, offers and stays that end, requests that wait."""
