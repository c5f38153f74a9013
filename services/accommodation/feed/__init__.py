"""The events of accommodation that an organisation may know."""
