"""Conditions of row level security that the tables of this service share."""


def party(case_id: str, parts: str = "") -> str:
    """Havn itself, and whoever has a part in the case (one of `parts`, where they are named)."""
    among = f" AND p.part IN ({parts})" if parts else ""
    # OFFSET keeps the planner from reading every case of a large organisation first, to hash them for the sake of fifty rows.
    is_party = f"SELECT FROM case_party p WHERE p.case_id = {case_id} AND p.org = havn_org(){among} OFFSET 0"
    return f"havn_org() = 'havn' OR EXISTS ({is_party})"


def working(table: str) -> str:
    return party(f"{table}.case_id", "'centre', 'authority'")


def decisions() -> str:
    """Those who work on the case; and the prosecution writes down what a court has decided, and sees no other decision."""
    of_a_court = f"decision.authority = 'COURT' AND havn_org() = 'anklagemyndigheden' AND ({party('decision.case_id')})"
    return f"({working('decision')}) OR ({of_a_court})"
