"""Which Havn this is: its version, and the commit that its image was built from."""

from importlib.metadata import version

from shared.kernel.settings import Settings


def version_of_havn() -> str:
    """The version as it is installed, e.g. 0.1.0."""
    return version("havn")


def release(settings: Settings) -> dict[str, str | None]:
    """What a running process says of itself at `/health/live`; no commit where Havn runs from a working copy."""
    return {"version": version_of_havn(), "commit": settings.commit}
