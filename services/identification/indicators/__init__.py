"""Sets of indicators, what was observed, and the score, which decides nothing."""
