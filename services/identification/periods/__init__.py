"""Reflection and restitution periods: granted, extended, counted."""
