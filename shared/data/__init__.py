"""Rows: database and transaction, sealed columns, audit, the queue of events, migrations, row level security."""
