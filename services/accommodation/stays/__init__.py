"""Stays: the person comes, stays longer, moves, leaves, or never came; who comes along; and who pays for it, day by day."""
