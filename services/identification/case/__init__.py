"""The ground that every other package stands on: the case, its lock, who has a part in it, who may see what of it."""
