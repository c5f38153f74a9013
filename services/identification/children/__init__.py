"""A child's protection: its municipality notified at once, its assessment within 24 hours, its representative."""
