"""A placement between made-up sides that is over, and those who may rate it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask import Flask, g
from flask.testing import FlaskClient

from plugins.mobilities import interface as mobilities
from plugins.ratings import giving, inviting, queries
from plugins.ratings.models import Ending, Invitation
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import clocked, make_account
from tests.plugins.partners.conftest import store_partner

STARTS, ENDS = date(2026, 10, 5), date(2026, 11, 13)


class Apart(FlaskClient):
    """A browser whose requests know nothing of each other, although a context is open around them."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """Make a request."""
        for name in list(g):
            g.pop(name)
        return super().open(*args, **kwargs)


@dataclass
class World:
    """Two schools and their people, in a portal with its context open."""

    app: Flask
    people: dict[str, Account] = field(default_factory=dict)
    organisations: dict[str, Organisation] = field(default_factory=dict)

    @property
    def clock(self) -> FixedClock:
        """The clock of the portal."""
        clock: FixedClock = self.app.extensions["portal"].clock
        return clock

    @property
    def ctx(self) -> Context:
        """A context in which nobody restricts what is done."""
        return clocked(self.app)

    def acting(self, name: str) -> Context:
        """Return the context of an organisation's person."""
        account = self.people[name]
        return self.ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))

    def organisation(self, name: str, country: str = "DE", **more: Any) -> Organisation:
        """Make a made-up organisation with an administrator, once."""
        if name not in self.organisations:
            self.people[name] = make_account(self.app)
            slug = name.lower().replace(" ", "-")
            self.organisations[name] = store_partner(
                self.app,
                name,
                country,
                admin=self.people[name],
                slug=slug,
                is_fictional=True,
                **more,
            )
        return self.organisations[name]

    def stay(
        self,
        sending: str = "School",
        host: str = "Bakery",
        supporting: str = "",
        learners: int = 0,
        ends_on: date = ENDS,
        outcome: str = "ended",
        **more: Any,
    ) -> mobilities.Placement:
        """Record a stay that is over, without telling anybody."""
        name = sending.lower().replace(" ", "-")
        people = [
            {"name": f"Learner {at}", "email": f"learner-{name}-{at}@mail.example", **more}
            for at in range(learners)
        ]
        return mobilities.record(
            self.ctx,
            sending=self.organisation(sending),
            host=self.organisation(host, "ES"),
            supporting=self.organisation(supporting) if supporting else None,
            starts_on=STARTS,
            ends_on=ends_on,
            outcome=outcome,
            participants=people,
            announce=False,
        )

    def ask(self, **more: Any) -> Ending:
        """Record a stay that is over and ask its sides."""
        ending = inviting.ask(self.ctx, self.stay(**more).id)
        assert ending
        return ending

    def invitation(self, ending: Ending, role: str, at: int = 0) -> Invitation:
        """Return the invitation of a side, as it is now."""
        rows = Invitation.select().where(Invitation.ending == ending.id, Invitation.role == role)
        return list(rows.order_by(Invitation.id))[at]  # type: ignore[no-any-return]

    def rate(
        self, ending: Ending, role: str, stars: int | None = 4, at: int = 0, **texts: str
    ) -> Invitation:
        """Let a side give the same stars for everything."""
        row = self.invitation(ending, role, at)
        chosen = {
            part.rated_role: dict.fromkeys(part.criteria, stars) for part in queries.parts(row)
        }
        giving.rate(self.ctx, row, chosen, texts)
        return row


def link_in(mail: Outbox) -> str:
    """Return the path of the private link in a mail."""
    found = re.search(r"/ratings/link/\S+", mail.text)
    assert found, mail.text
    return found[0]


def mails(kind: str) -> list[Outbox]:
    """Return the mails of a kind, the first that was written first."""
    return list(Outbox.select().where(Outbox.kind == kind).order_by(Outbox.id))
