"""Codes of the rules of housing: the rows of their table, who decides and pays, and kinds of facility."""

from enum import StrEnum


class PlacementRow(StrEnum):
    """The row of the accommodation table that says who houses a person."""

    A1 = "A1"
    A2 = "A2"
    A3 = "A3"
    B1 = "B1"
    B2 = "B2"
    B3 = "B3"
    B4 = "B4"
    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    D = "D"


class HousingAuthority(StrEnum):
    """Who decides on, or pays for, a person's accommodation."""

    CMM = "CMM"
    US = "US"
    MUNICIPALITY = "municipality"
    POLICE = "police"


class FacilityKind(StrEnum):
    CRISIS_CENTRE = "crisis_centre"
    MENS_CRISIS_CENTRE = "mens_crisis_centre"
    HOSTEL_110 = "hostel_110"
    ASYLUM_CENTRE = "asylum_centre"
    CHILDRENS_CENTRE = "childrens_centre"
    RESIDENTIAL_OFFER = "residential_offer"
    SAFE_FLAT = "safe_flat"
    RESIDENTIAL_INSTITUTION = "residential_institution"
    FOSTER_FAMILY = "foster_family"
