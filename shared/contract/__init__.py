"""What the services and their partners agree on: codes, events, organisations, how a person is described."""
