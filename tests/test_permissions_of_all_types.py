"""Of every noun of the house: what one row answers and what a list shows are the same, for everybody."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from plugins.operation.demo import load
from portal import db, objects, permissions
from portal.app import create_app
from portal.config import Config
from portal.context import ANONYMOUS, Actor, Context
from portal.organisations.models import MEMBER_ROLES, Organisation, OrganisationMember
from portal.people.models import Account
from portal.permissions import LocalRole
from tests.conftest import prepare
from tests.factories import clocked, make_account

SHARED = ("Viewer", "Editor", "Reviewer")


@pytest.fixture
def world(any_url: str, tmp_path: Path) -> Iterator[tuple[Context, list[Account]]]:
    """The demonstration on each engine, with people of many roles and some things shared."""
    app = create_app(Config(instance=str(tmp_path), database_url=any_url, testing=True))
    prepare(app.extensions["portal"].registry)
    with app.app_context():
        db.database.connect(reuse_if_open=True)
        load(app)
        yield clocked(app), _people(app, random.Random(11))


def _people(app: Flask, chance: random.Random) -> list[Account]:
    organisations = list(Organisation.select().where(Organisation.is_fictional))
    now = clocked(app).clock.now()
    made = [make_account(app, role=role) for role in ("Member", "Reviewer", "SiteAdmin") * 4]
    for account in made[3:]:
        for organisation in chance.sample(organisations, 3):
            OrganisationMember.create(
                organisation=organisation,
                account=account,
                role=chance.choice(MEMBER_ROLES),
                joined_at=now,
            )
    for name, kind in objects.types().items():
        rows = list(kind.model.select().limit(40))
        for row in chance.sample(rows, min(len(rows), 6)):
            LocalRole.create(
                object_type=name,
                object_id=row.id,
                account=chance.choice(made),
                role=chance.choice(SHARED),
                granted_at=now,
            )
    return [*made, *Account.select().where(Account.id.not_in([row.id for row in made])).limit(8)]


def compare(world: tuple[Context, list[Account]], pairs: int) -> dict[str, int]:
    """Ask both ways about random pairs of each type; return how many were allowed."""
    ctx, people = world
    chance, allowed = random.Random(5), dict[str, int]()
    for name, kind in objects.types().items():
        rows = list(kind.model.select())
        asked = sorted(permissions.permission_map(kind))
        lists: dict[tuple[int | None, str], set[int]] = {}
        for _pair in range(pairs if rows and asked else 0):
            account, row = chance.choice([*people, None]), chance.choice(rows)
            permission = chance.choice(asked)
            mine = ctx.as_actor(
                Actor(account.id, account.name, frozenset({"Member", account.role}))
                if account
                else ANONYMOUS
            )
            key = account.id if account else None, permission
            if key not in lists:
                shown = permissions.visible(mine, kind.model, permission)
                lists[key] = {found.id for found in kind.model.select().where(shown)}
            answer = permissions.may(mine, permission, row)
            assert answer == (row.id in lists[key]), (name, row.id, *key)
            allowed[name] = allowed.get(name, 0) + answer
    return allowed


def test_questions_and_lists_agree_for_every_noun(world: tuple[Context, list[Account]]) -> None:
    allowed = compare(world, pairs=100)
    assert sum(bool(times) for times in allowed.values()) >= 4


@pytest.mark.full
@pytest.mark.timeout(1_500)
def test_they_agree_on_ten_thousand_pairs_of_each(world: tuple[Context, list[Account]]) -> None:
    compare(world, pairs=10_000)
