"""Two cases of one person become one, and two again."""
