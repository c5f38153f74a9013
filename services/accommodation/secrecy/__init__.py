"""Secret addresses: to whom one is shown, until when, and on whose record; and how two people drop the secrecy."""
