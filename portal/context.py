"""Who asks, in which language, with which settings and clock: the first argument of services and hooks."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portal.clock import Clock, SystemClock

MEMBER = "Member"
REVIEWER = "Reviewer"
SITE_ADMIN = "SiteAdmin"


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in account, the system itself, or nobody (`account_id` None and not `system`).

    A program with a token has `scopes` (read, write), and with `organisation_id` it acts for that
    organisation alone; both are None for people with a session.
    """

    account_id: int | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    system: bool = False
    scopes: frozenset[str] | None = None
    organisation_id: int | None = None

    @property
    def signed_in(self) -> bool:
        """Whether a person with an account is acting."""
        return self.account_id is not None

    @property
    def is_admin(self) -> bool:
        """Whether the actor runs the site."""
        return self.system or SITE_ADMIN in self.roles

    @property
    def is_reviewer(self) -> bool:
        """Whether the actor may decide cases of others."""
        return self.is_admin or REVIEWER in self.roles


ANONYMOUS = Actor()
SYSTEM = Actor(name="system", system=True)


@dataclass(frozen=True, slots=True)
class Context:
    """Everything a service or hook may depend on besides its arguments and the database."""

    actor: Actor = ANONYMOUS
    locale: str = "en"
    settings: Mapping[str, object] = field(default_factory=dict)
    request_id: str = ""
    clock: Clock = field(default_factory=SystemClock)

    def as_actor(self, actor: Actor) -> Context:
        """Return the same context with another actor."""
        return replace(self, actor=actor)


def system_context(locale: str = "en") -> Context:
    """Return a context for the CLI and jobs: nobody restricts it."""
    return Context(actor=SYSTEM, locale=locale, request_id=secrets.token_hex(8))
