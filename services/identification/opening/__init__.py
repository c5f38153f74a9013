"""How a case begins: from a referral's subject, by hand, or from a draft."""
