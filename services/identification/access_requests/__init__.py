"""Requests for access to what is held of a person, reviewed by a second person before anything is handed out."""
