"""What people do with their accounts, and administrators with those of others."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass
from typing import Any

from flask import current_app
from peewee import IntegrityError

from portal import audit, db, events
from portal.config import Config
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.people import passwords, rules, sessions, throttle
from portal.people.models import Account, AccountToken


@dataclass(frozen=True)
class Visit:
    """Where a request comes from: network, browser, and the session token it had before."""

    network: str
    agent: str = ""
    former: str = ""


def sign_in(ctx: Context, email: str, password: str, visit: Visit) -> str:
    """Begin a session and return its token; the one the browser had before ends.

    Raises Invalid with the same words for an unknown, unconfirmed or disabled account and for a
    wrong password; TooMany after many wrong ones.
    """
    address, account = email.strip().lower(), None
    with contextlib.suppress(Invalid):
        address = rules.normal_address(email)
        account = find(address)
    if account is not None and (account.disabled_at or not account.verified_at):
        account = None
    account = prove(ctx, account, address, password, visit)
    hashed = account.password_hash
    if passwords.is_outdated(hashed, _config().testing):
        hashed = make_hash(password)
    return begin(ctx, account, hashed, visit)


def check_own_password(
    ctx: Context, password: str, visit: Visit, field: str = "password"
) -> Account:
    """Return the actor's account if this is its password. Raises Invalid with the field, TooMany."""
    account = own_account(ctx)
    try:
        return prove(ctx, account, account.email, password, visit)
    except Invalid:
        raise Invalid(_("This is not your present password."), field) from None


def create_account(
    ctx: Context,
    *,
    email: str,
    name: str,
    password: str,
    role: str = "Member",
    verified: bool = False,
) -> Account:
    """Create an account for somebody; without `verified` they get the mail to confirm it.

    Raises NotAllowed for others than administrators, Conflict when the address has an account,
    or when nobody here can confirm it.
    """
    _check_admin(ctx)
    address, shown_name = rules.normal_address(email), rules.normal_name(name)
    rules.check_password(password, address, shown_name)
    _check_role(role)
    hashed = make_hash(password)
    with db.transaction():
        verified_at = ctx.clock.now() if verified else None
        columns = {"password_hash": hashed, "role": role, "verified_at": verified_at}
        account = insert(ctx, address, name=shown_name, **columns)
        if account is None:
            raise Conflict(_("This address has an account already."), "email")
        audit.record(ctx, "account.created", "account", account.id, role=role)
        if not verified:
            have_confirmed(ctx, account)
    return account


def promote(ctx: Context, email: str, role: str) -> Account:
    """Give an account another role; its sessions end, so that the new rights start with a sign-in."""
    _check_admin(ctx)
    _check_role(role)
    with db.transaction():
        account = existing(email)
        was, account.role = account.role, role
        account.save()
        sessions.end_all(account.id)
        audit.record(ctx, "account.role_changed", "account", account.id, role=role, was=was)
    return account


def set_disabled(ctx: Context, email: str, disabled: bool) -> Account:
    """Shut an account out at once, or let it in again."""
    _check_admin(ctx)
    with db.transaction():
        account = existing(email)
        account.disabled_at = ctx.clock.now() if disabled else None
        account.save()
        drop_tokens(account)
        sessions.end_all(account.id)
        act = "account.disabled" if disabled else "account.enabled"
        audit.record(ctx, act, "account", account.id)
    return account


def have_confirmed(ctx: Context, account: Account) -> None:
    """Have the owner of an account asked to confirm its address. Raises Conflict if nobody can."""
    hooks = current_app.extensions["portal"].registry.hooks
    if not hooks.implementing("account_unconfirmed"):
        said = _("No add-on here confirms addresses by mail. Take the address as confirmed.")
        raise Conflict(said)
    hooks.call("account_unconfirmed", ctx, account_id=account.id)


def prove(
    ctx: Context, account: Account | None, address: str, password: str, visit: Visit
) -> Account:
    """Check a password under the limits for guessing; the same work with and without an account."""
    throttle.spend(ctx, throttle.SIGN_IN_NETWORK, visit.network)
    throttle.spend(ctx, throttle.SIGN_IN_ADDRESS, address)
    stored = account.password_hash if account is not None else ""
    if not passwords.fits(stored, password, _config().testing) or account is None:
        raise Invalid(_unfit())
    throttle.give_back(ctx, throttle.SIGN_IN_NETWORK, visit.network)
    throttle.lift(throttle.SIGN_IN_ADDRESS, address)
    return account


def begin(ctx: Context, account: Account, hashed: str, visit: Visit) -> str:
    """Start a session if the account is still what was proven: a reset or a ban may come between.

    Leaves for another page when an add-on asks for more first.
    """
    sessions.check_further("sign_in_check", ctx, account_id=account.id)
    with db.transaction():
        same = Account.update(password_hash=hashed).where(
            Account.id == account.id,
            Account.password_hash == account.password_hash,
            Account.disabled_at.is_null(),
        )
        if not same.execute():
            raise Invalid(_unfit())
        days = _config().session_days
        return sessions.start(ctx, account.id, days, visit.agent, visit.former)


def _unfit() -> str:
    return _(
        "Address and password do not fit together, or the address is not confirmed yet. "
        "Look for our mail with the link, or ask for a new password."
    )


def drop_tokens(account: Account) -> None:
    """Make all links useless that an account was mailed."""
    AccountToken.delete().where(AccountToken.account == account).execute()


def insert(ctx: Context, address: str, **columns: Any) -> Account | None:
    """Create an account; None when the address was taken a moment ago."""
    columns = {"password_hash": "", "created_at": ctx.clock.now(), **columns}
    try:
        with db.database.atomic():
            account = Account.create(public_id=secrets.token_hex(8), email=address, **columns)
            events.emit(ctx, "account.registered", "account", account.id)
            return account
    except IntegrityError:
        return None


def find(address: str) -> Account | None:
    """Return the account with a normal address, if there is one."""
    found: Account | None = Account.get_or_none(Account.email == address)
    return found


def existing(email: str) -> Account:
    """Return the account with an address. Raises Invalid, NotFound."""
    account = find(rules.normal_address(email))
    if account is None:
        raise NotFound(_("No account has the address %(address)s.", address=email))
    return account


def own_account(ctx: Context) -> Account:
    """Return the actor's account. Raises NotAllowed without one."""
    account: Account | None = Account.get_or_none(Account.id == ctx.actor.account_id)
    if account is None:
        raise NotAllowed(_("Sign in and come back to this page."))
    return account


def _check_admin(ctx: Context) -> None:
    if not ctx.actor.is_admin:
        raise NotAllowed(_("Only administrators may change other people's accounts."))


def _check_role(role: str) -> None:
    if role not in rules.ROLES:
        raise Invalid(_("Choose one of these roles: %(roles)s.", roles=", ".join(rules.ROLES)))


def make_hash(password: str) -> str:
    """Return what this installation stores of a password."""
    return passwords.make_hash(password, _config().testing)


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config
