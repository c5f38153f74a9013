"""Finding people by name, birth date and number, and who may be the same person."""
