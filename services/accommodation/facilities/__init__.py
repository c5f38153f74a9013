"""The register of facilities: houses, their places, when these are closed, approvals, and a place's calendar of stays."""
