"""A case as a whole: list and detail, timeline, history, feed, notes, export, access log."""
