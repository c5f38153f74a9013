"""The register of facilities: houses, their units and places, when these are closed, approvals, and a calendar of stays."""
