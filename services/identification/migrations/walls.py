"""Conditions of row level security that the tables of this service share."""


def party(case_id: str, parts: str = "") -> str:
    """Havn itself, and whoever has a part in the case (one of `parts`, where they are named)."""
    among = f" AND p.part IN ({parts})" if parts else ""
    is_party = f"SELECT FROM case_party p WHERE p.case_id = {case_id} AND p.org = havn_org(){among}"
    return f"havn_org() = 'havn' OR EXISTS ({is_party})"


def working(table: str) -> str:
    return party(f"{table}.case_id", "'centre', 'authority'")
