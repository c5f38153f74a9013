"""Several requests at once, such as six men in one night: which places are the best for all of them together, explained."""
