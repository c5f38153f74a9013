"""The decision table that says who decides, for nobody in particular, and its trial on old cases."""
