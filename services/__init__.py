"""The four services of Havn; each has the same files, and none imports another."""

NAMES = ("accommodation", "identification", "referrals", "stats")
"""What they are called: enough for whoever needs none of their code, which takes a second to load."""
