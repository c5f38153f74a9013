"""`havn demo`: a police raid, played from the referral to the figure as its partners call it."""
