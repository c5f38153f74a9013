"""How requests come in: protocol, admission, problems, paging, idempotency, ETag, what the documents say."""
