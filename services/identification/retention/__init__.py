"""How long what is kept, legal holds, and erasure by destroying the key."""
