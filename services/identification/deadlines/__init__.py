"""What runs out, when, and for whom: the rules, the rows they are kept in, hotline hours, the on-call, and alerts."""
