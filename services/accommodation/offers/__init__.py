"""Offers: a place is held for a request until somebody answers, or time is up. Their table stands with those of `placements`."""
