"""Measures of support, and the prepared return with its follow-up."""
