"""Missing and found: since when nobody knows where the person is, and where they were found, or what is asked about it."""
