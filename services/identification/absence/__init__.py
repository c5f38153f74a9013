"""Missing and found: since when nobody knows where the person is, and when and where she was found."""
