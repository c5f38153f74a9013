"""Who decides in a case: routing asked again when what is known changes, a lawyer's settlement, earlier identifications."""
