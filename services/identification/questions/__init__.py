"""Who is who: whether two cases may be about one person, put to people. No machine ever joins two cases."""
