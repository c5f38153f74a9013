"""For development alone: the issuer that gives anyone any identity, its sign-in, the clock that can be set."""
