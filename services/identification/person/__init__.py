"""Who the person is: description, legal status over time."""
