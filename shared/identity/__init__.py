"""Who is asking: actors, tokens, issuers' keys."""
