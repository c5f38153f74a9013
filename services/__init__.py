"""The four services of Havn; each has the same files, and none imports another."""
