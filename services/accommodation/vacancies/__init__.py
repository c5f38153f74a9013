"""How places stand on the nights that are asked for: approved, open, in service, taken; one of them, or all."""
