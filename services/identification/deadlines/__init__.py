"""What runs out, when, and for whom: rules, rows, hotline hours, the on-call, and alerting those concerned."""
