"""What people do is stored whole or not at all, whichever of its statements fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from flask import Flask

from plugins.directory import service as directory
from plugins.drafts import service as drafts
from plugins.notices import service as notices
from plugins.operation import interface as operation
from plugins.partners import publishing
from plugins.partners import service as partners
from plugins.rules import service as rules
from plugins.setup import service as setup
from plugins.tasks import service as tasks
from plugins.tokens import service as tokens
from plugins.trust import service as trust
from portal import objects
from portal.context import Actor, Context
from portal.errors import PortalError
from portal.organisations import service as organisations
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_organisation
from tests.faults import Fault, assert_all_or_nothing
from tests.plugins.rules.conftest import make_rule

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]
PROFILE = {"roles": ["host"], "summaries": {"en": "We teach carpentry."}, "original": "en"}


class World:
    """A portal with somebody who runs it, somebody who leads a school, and a reviewer."""

    def __init__(self, app: Flask, ctx: Context) -> None:
        self.app, self.ctx, self.numbers = app, ctx, count(1)
        self.admin = self.acting(make_account(app, role="SiteAdmin"))
        self.head = make_account(app)
        self.leader = self.acting(self.head)
        self.reviewer = self.acting(make_account(app, role="Reviewer"))
        organisations.announce(ctx, [make_organisation().id])  # the search has begun

    def acting(self, account: Account) -> Context:
        roles = frozenset({"Member", account.role})
        return self.ctx.as_actor(Actor(account.id, account.name, roles))

    def person(self) -> Account:
        return make_account(self.app)

    def school(self) -> Organisation:
        return make_organisation(admin=self.head)

    def new(self) -> str:
        return f"New {next(self.numbers):03}"

    def profile(self, state: str) -> Any:
        school = self.school()
        publishing.start(self.ctx, school.id, school.public_id, state)
        return publishing.find("profile", school.id)


# None of them answers a hook that is isolated inside a transaction: what one of those loses when it
# fails (the words of projects in the search) is its own contribution, by design.
PLUGINS = [
    "signin", "setup", "operation", "openapi", "directory", "trust", "tasks", "notices", "rules",
    "versions", "drafts", "tokens", "search", "imports", "partners", "occupations",
]  # fmt: skip


@pytest.fixture
def world(make_portal: Callable[..., Flask], ctx: Context) -> Iterator[World]:
    """The world, on SQLite: each round looks at all rows of all tables."""
    app = make_portal(plugins=PLUGINS)
    with app.app_context():
        yield World(app, ctx)


UseCase = tuple[Callable[[World], Any], Callable[[World, Any], Any]]
USE_CASES: dict[str, UseCase] = {
    "an organisation is added": (
        lambda w: w.new(),
        lambda w, name: organisations.create_organisation(w.leader, name=name, country="DE"),
    ),
    "its facts are changed": (
        lambda w: (w.school(), w.new()),
        lambda w, it: organisations.update_organisation(w.leader, it[0], 1, name=it[1]),
    ),
    "it is hidden": (
        lambda w: w.school(),
        lambda w, school: organisations.hide(w.admin, school),
    ),
    "somebody is added to it": (
        lambda w: (w.school(), w.person().id),
        lambda w, it: organisations.add_member(w.leader, *it, "OrgEditor"),
    ),
    "it gets another name": (
        lambda w: (w.school(), w.new()),
        lambda w, it: directory.add_name(w.leader, it[0], name=it[1], kind="alias"),
    ),
    "it gets a number": (
        lambda w: w.school(),
        lambda w, school: directory.add_identifier(
            w.leader, school, scheme="pic", value="123456789"
        ),
    ),
    "its profile is saved": (
        lambda w: w.profile("draft"),
        lambda w, row: partners.save_profile(w.leader, row.organisation_id, PROFILE, 0),
    ),
    "its profile is published": (
        lambda w: w.profile("pending"),
        lambda w, row: publishing.take_step(w.reviewer, row, "publish", "", None, False),
    ),
    "a review is taken": (
        lambda w: w.profile("pending"),
        lambda w, row: tasks.take(w.reviewer, row),
    ),
    "a person becomes a reviewer": (
        lambda w: w.person(),
        lambda w, person: setup.change_role(w.admin, person, "Reviewer"),
    ),
    "a person is shut out": (
        lambda w: w.person(),
        lambda w, person: setup.set_disabled(w.admin, person, True),
    ),
    "a person is told something": (
        lambda w: w.person(),
        lambda w, person: notices.notify(w.ctx, person.id, "tasks.late", "Late", url="/tasks"),
    ),
    "a person chooses how to be told": (
        lambda w: w.acting(w.person()),
        lambda w, ctx: notices.choose(ctx, {"tasks.late": "daily", "tasks.waiting": "none"}),
    ),
    "a person makes a token": (
        lambda w: w.acting(w.person()),
        lambda w, ctx: tokens.make_token(ctx, name="Desk", scope="read"),
    ),
    "a person's data is erased": (
        lambda w: w.person(),
        lambda w, person: trust.erase(w.admin, person.id),
    ),
    "what was typed is kept": (
        lambda w: w.acting(w.person()),
        lambda w, ctx: drafts.save(ctx, "form", "/somewhere", [("name", "Riga")]),
    ),
    "a rule is made": (
        lambda w: None,
        lambda w, _none: make_rule(w.admin),
    ),
    "a rule is deleted": (
        lambda w: make_rule(w.admin),
        lambda w, rule: rules.delete_rule(w.admin, rule),
    ),
    "a webhook gets another secret": (
        lambda w: rules.create_webhook(w.admin, w.new(), "https://hooks.school.example/in"),
        lambda w, hook: rules.rotate_secret(w.admin, hook),
    ),
    "settings are saved": (
        lambda w: setup.save_settings(w.admin, "portal", {"tagline": w.new()}),
        lambda w, _none: setup.save_settings(w.admin, "portal", {"tagline": w.new()}),
    ),
}
BESIDE = frozenset({"throttle", "plugin_failure"})
"""Tries are counted whether or not what was tried succeeds, and so are failures of isolated hooks."""


@pytest.mark.parametrize("name", USE_CASES)
def test_a_use_case_is_stored_whole_or_not_at_all(name: str, world: World) -> None:
    prepare, act = USE_CASES[name]

    counted = assert_all_or_nothing(
        lambda: prepare(world), lambda it: act(world, it), BESIDE, (Fault, PortalError)
    )

    assert counted > 2


def test_a_plugin_is_switched_off_whole_or_not_at_all(world: World) -> None:
    registry = objects.registry()

    def active() -> None:
        registry.activate(world.ctx, "occupations")

    assert_all_or_nothing(
        active,
        lambda _none: registry.act(world.ctx, "occupations", "deactivate", "occupations"),
        refused=(Fault, PortalError),
    )
    assert operation.plugins() is registry
