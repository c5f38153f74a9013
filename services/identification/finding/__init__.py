"""Finding people by name, birth date and number."""
