"""The door for requests: protocol, admission, problems, paging, idempotency, ETag, what the documents say."""
