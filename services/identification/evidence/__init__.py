"""Files: taken in parts, scanned, sealed, and opened for who may."""
