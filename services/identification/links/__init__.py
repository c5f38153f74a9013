"""Who belongs to whom: child, parent, relative, victim of the same."""
