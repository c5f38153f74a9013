"""Who may not live together, and who belongs together: in which facilities that speaks against a place."""
