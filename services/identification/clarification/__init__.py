"""Interviews and the recommendation: what is heard, from whom, with whom beside the person."""
