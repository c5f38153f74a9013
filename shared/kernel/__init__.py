"""What stands on nothing: settings, the clock, the tree of errors, strict JSON, text as it is written."""
