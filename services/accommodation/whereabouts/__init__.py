"""Where a child is placed, for the municipality that assesses what it needs."""
