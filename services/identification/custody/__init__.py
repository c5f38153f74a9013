"""Being held by police: reported, ended, and the 72 hours from the arrest."""
