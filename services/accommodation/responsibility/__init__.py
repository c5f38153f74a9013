"""The decision table that says who houses and pays for whom, for nobody in particular."""
