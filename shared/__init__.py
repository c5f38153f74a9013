"""The plumbing that the four services share, and the contract of the events between them. No domain knowledge lives here."""
