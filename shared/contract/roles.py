"""Who a user is in their organisation, and how sure their login is: the words of the contract."""

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    CASEWORKER = "caseworker"
    DECIDER = "decider"
    LAWYER = "lawyer"
    HEALTH = "health"
    FACILITY_MANAGER = "facility_manager"
    STATISTICIAN = "statistician"
    DASHBOARD = "dashboard"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


class Assurance(StrEnum):
    """How sure the login is: the NSIS levels Lav, Betydelig and Høj.

    Ordered by `at_least` only: `<` would compare the words.
    """

    LOW = "low"
    SUBSTANTIAL = "substantial"
    HIGH = "high"

    def at_least(self, other: "Assurance") -> bool:
        return _ASCENDING.index(self) >= _ASCENDING.index(other)


_ASCENDING: Final = (Assurance.LOW, Assurance.SUBSTANTIAL, Assurance.HIGH)
