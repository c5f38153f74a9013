"""Erasures that reach every holder: what was asked of whom, who has confirmed, and who is late."""
