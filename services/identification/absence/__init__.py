"""Missing and found: since when nobody knows where the person is, and when and where she was found; and what is asked when
somebody left a place without notice."""
