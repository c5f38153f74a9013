"""Who has to do with whom: child, parent, relative, victim of the same; and suspects whom several cases name."""
