"""Where Alembic finds `env.py`: one for all services, whose revisions lie in `services/NAME/migrations/versions`."""
