"""What may happen to a case, a file for each subject."""
