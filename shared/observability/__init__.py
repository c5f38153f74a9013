"""How Havn tells what it does: logs, metrics, traces. None of it carries personal data."""
