"""What comes in from outside as a file: what kind it is, and whether it is clean."""
