"""Decisions, which of them stands, appeals, and the closing of a case."""
