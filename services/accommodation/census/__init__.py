"""The census: how the capacity is used, on any night."""
