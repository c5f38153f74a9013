"""Who waits for a place: in which order and why, and what has waited for too long."""
