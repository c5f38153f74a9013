"""Requests: asking for a place for a person, and what fits. Here stand the tables of what comes of them, too."""
