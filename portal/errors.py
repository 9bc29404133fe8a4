"""The handful of errors that services raise and one handler turns into pages and JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PortalError(Exception):
    """Something a person can be told about: `message` is translated and says what to do next."""

    status = 400

    def __init__(
        self, message: str = "", field: str | None = None, code: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.code = code or type(self).__name__.lower()


class Invalid(PortalError):
    """What was typed can't be taken as it is; `field` names the place."""

    status = 422


class NotAllowed(PortalError):
    """The actor may not do this, and may know that it exists."""

    status = 403


class NotFound(PortalError):
    """Missing, or not to be seen by this actor: the answer is the same."""

    status = 404


class Conflict(PortalError):
    """Someone else changed or already did it.

    `texts` holds, by field, what was written ("yours"), what was saved meanwhile ("theirs") and,
    where that is known, what both began with ("was"); `version` is the newest one. A view sets
    `forms`, to let people choose: the form as typed, which goes to its own address and has a
    `version`; as it would be now; as both began, or None; and whether the object is fictional.
    """

    status = 409
    forms: Any = None

    def __init__(
        self,
        message: str = "",
        field: str | None = None,
        texts: Mapping[str, Mapping[str, Any]] | None = None,
        version: int | None = None,
        retry_after: int = 0,
    ) -> None:
        super().__init__(message, field)
        self.texts = texts or {}
        self.version = version
        self.retry_after = retry_after


class TooMany(PortalError):
    """A throttle refused; `retry_after` is in seconds."""

    status = 429

    def __init__(self, message: str = "", retry_after: int = 60) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(PortalError):
    """A part of the portal is off for now; `retry_after` is in seconds."""

    status = 503

    def __init__(self, message: str = "", retry_after: int = 30) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ConfigError(Exception):
    """For operators: the value seen, what was expected, the fix."""
