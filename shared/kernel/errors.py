"""The tree of errors, and the one place that turns them into RFC 9457 problem documents.

An error is a sentence that says what to do. It never quotes what the caller submitted: that may be a person's name.
"""

from collections.abc import Mapping
from typing import Any


class DomainError(Exception):
    """Something the caller may not or cannot do; `detail` is one sentence, `extra` further members of the answer. `danish` is the
    sentence in Danish where the one that the error's name has (`shared/http/problems-da.json`) is not true of it."""

    status = 409

    def __init__(
        self, detail: str, *, danish: str | None = None, headers: Mapping[str, str] | None = None, **extra: Any
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.danish = danish
        self.headers = dict(headers or {})
        self.extra = extra


class BadRequest(DomainError):
    status = 400


class Unauthenticated(DomainError):
    status = 401


class AssuranceTooLow(Unauthenticated):
    """The login is not sure enough for this; the challenge names the level that is (RFC 9470)."""

    def __init__(self, detail: str, *, needed: str, danish: str | None = None) -> None:
        challenge = f'Bearer error="insufficient_user_authentication", acr_values="{needed}"'
        super().__init__(detail, danish=danish, headers={"www-authenticate": challenge})


class Forbidden(DomainError):
    status = 403


class ScopeMissing(Forbidden):
    """The token lacks the scope."""


class NotFound(DomainError):
    """What does not exist, and what is not yours: one answer, the same bytes, whatever was asked for."""

    status = 404
    is_public = False
    """Whether the answer tells the error's name: only where that says nothing about anybody's rows."""

    def __init__(self, detail: str = "There is nothing here that you may see.", **extra: Any) -> None:
        super().__init__(detail, **extra)


class Conflict(DomainError):
    status = 409


class Gone(DomainError):
    status = 410


class PreconditionFailed(DomainError):
    status = 412


class PayloadTooLarge(DomainError):
    status = 413


class UnsupportedMediaType(DomainError):
    status = 415


class Unprocessable(DomainError):
    status = 422
    parameter: str | None = None
    """The query parameter that it is about, where what is refused has no body."""


class RefusedForGood(Unprocessable):
    """A refusal that is a fact itself: what was written with it stays, as after an answer. Every other error leaves nothing."""


class PreconditionRequired(DomainError):
    status = 428


class TooManyRequests(DomainError):
    status = 429


class Unavailable(DomainError):
    status = 503


class SpokenValueError(ValueError):
    """Raised in a schema's validator when its sentence quotes nothing that was submitted, and so may be shown."""
