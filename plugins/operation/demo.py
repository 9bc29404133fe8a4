"""The demonstration: data of the plugins, three accounts, a school that one of them looks after."""

from __future__ import annotations

import secrets

from flask import Flask

from portal.config import Config
from portal.context import MEMBER, REVIEWER, SITE_ADMIN, Context, system_context
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import add_member
from portal.people.models import Account
from portal.people.service import create_account

ACCOUNTS = (
    ("member@demo.example", MEMBER, "Coordinator (demonstration)", "looks after a made-up school"),
    ("reviewer@demo.example", REVIEWER, "Reviewer (demonstration)", "decides claims and removals"),
    ("admin@demo.example", SITE_ADMIN, "Administrator (demonstration)", "runs the site"),
)
LETTERS = "abcdefghjkmnpqrstuvwxyz"
PASSWORD_FILE = "demo-password"  # noqa: S105  a name, no secret


def load(app: Flask) -> list[tuple[str, str, str]]:
    """Fill an empty site; returns address, password and purpose of each demonstration account."""
    ctx = system_context()
    portal = app.extensions["portal"]
    portal.registry.hooks.call("demo_load", ctx)
    password = _password(portal.config)
    made = []
    for email, role, name, what in ACCOUNTS:
        if not Account.select().where(Account.email == email).exists():
            create_account(ctx, email=email, name=name, password=password, role=role, verified=True)
        made.append((email, password, what))
    _give_school(ctx)
    for manifest in portal.registry.ordered():
        portal.registry.hooks.tell(manifest.id, "operation_demo_filled", ctx)
    return made


def _password(config: Config) -> str:
    """Return the password of the demonstration accounts, made once for each site."""
    path = config.instance_path / PASSWORD_FILE
    if not path.exists():
        path.write_text(made_up_password(), encoding="ascii")
        path.chmod(0o600)
    return path.read_text(encoding="ascii").strip()


def made_up_password() -> str:
    """Return a password that nobody refuses: of digits alone, the word before them would count as common."""
    return "demo-" + "".join(secrets.choice(LETTERS) for _ in range(10))


def _give_school(ctx: Context) -> None:
    """Let the demonstration member look after the first made-up organisation."""
    account = Account.get(Account.email == ACCOUNTS[0][0])
    school = (
        Organisation.select().where(Organisation.is_fictional).order_by(Organisation.id).first()
    )
    own = OrganisationMember.select().where(OrganisationMember.account == account)
    if school is not None and not own.exists():
        add_member(ctx, school, account.id, "OrgAdmin")
