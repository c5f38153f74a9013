"""Who has a part in a case, and how that ends: with the referral that gave it, or because CMM says so."""
