"""What people must hear of at once, and the ways on which they hear it."""
