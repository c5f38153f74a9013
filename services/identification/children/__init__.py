"""A child's protection: its municipality told at once, its assessment within 24 hours, its representative."""
