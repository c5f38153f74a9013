"""How rows that belong to a case are kept: sealed, audited, listed, alike for all of them."""
