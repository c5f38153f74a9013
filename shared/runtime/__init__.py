"""Services as processes: put together, started, looked after, and their published contract."""
