"""From a request to a person in a bed: requests, what fits, offers that hold a place, stays."""
