"""Which rights were explained, when and in which language."""
