"""How people come to an account and back into it, and look after it.

Known and unknown addresses get the same answers after the same work: only the mail tells them
apart, and only their owner reads it.
"""

from __future__ import annotations

import secrets
from typing import Any

from plugins.signin import rules
from plugins.signin.rules import RESET, VERIFY
from portal import audit, db, events, mail, settings
from portal.context import Context
from portal.errors import Invalid, NotAllowed, NotFound
from portal.i18n import _
from portal.people import service as people
from portal.people import sessions, throttle
from portal.people.models import Account, AccountToken
from portal.people.rules import check_password, normal_address, normal_name
from portal.people.service import Visit
from portal.web.heartbeat import token_hash


def check_open(ctx: Context) -> None:
    """Raise NotAllowed when the site takes no new accounts from visitors."""
    if not settings.of(ctx)["registration_open"]:
        raise NotAllowed(_("This site creates accounts itself. Ask its operator for one."))


def register(ctx: Context, email: str, name: str, password: str, visit: Visit) -> None:
    """Ask for an account; the mail holds the next step.

    A known address gets a mail that says so. An account that was never confirmed starts over:
    whoever comes last sets its password, and confirming needs that password.
    """
    check_open(ctx)
    address, shown_name = normal_address(email), normal_name(name)
    check_password(password, address, shown_name)
    throttle.spend(ctx, rules.REGISTER_NETWORK, visit.network)
    throttle.spend(ctx, rules.REGISTER_ADDRESS, address)
    hashed = people.make_hash(password)
    with db.transaction():
        account = (
            people.find(address)
            or people.insert(ctx, address, name=shown_name)
            or people.existing(address)
        )
        changed = Account.update(name=shown_name, password_hash=hashed).where(
            Account.id == account.id,
            Account.verified_at.is_null(),
            Account.disabled_at.is_null(),
        )
        if changed.execute():
            ask_to_confirm(ctx, account.id)
        else:
            mail.enqueue(ctx, address, "signin/known-address")


def ask_to_confirm(ctx: Context, account_id: int) -> None:
    """Mail the link that confirms an address; earlier links no longer work."""
    account = Account.get_by_id(account_id)
    people.drop_tokens(account)
    _mail_link(ctx, account, VERIFY)


def verify_email(ctx: Context, token: str, password: str, visit: Visit) -> str:
    """Confirm an address with its link and the password chosen before; returns a session token.

    The password keeps those out who registered somebody else's address. The link works once,
    and stays good after a mistyped password.
    """
    account = token_account(ctx, token, VERIFY)
    people.prove(ctx, account, account.email, password, visit)
    with db.transaction():
        _use_token(ctx, token, VERIFY)
        Account.update(verified_at=ctx.clock.now()).where(Account.id == account.id).execute()
    return people.begin(ctx, account, account.password_hash, visit)


def request_reset(ctx: Context, email: str, visit: Visit) -> None:
    """Send a link for a new password; an address without an account is told so by mail."""
    address = normal_address(email)
    throttle.spend(ctx, rules.RESET_NETWORK, visit.network)
    throttle.spend(ctx, rules.RESET_ADDRESS, address)
    with db.transaction():
        account = people.find(address)
        if account is None or account.disabled_at:
            is_open = settings.of(ctx)["registration_open"]
            mail.enqueue(ctx, address, "signin/no-account", is_open=is_open)
        else:
            _mail_link(ctx, account, RESET)


def reset_password(ctx: Context, token: str, password: str) -> None:
    """Set a new password with a mailed link: ends all sessions and confirms the address."""
    account = token_account(ctx, token, RESET)
    check_password(password, account.email, account.name)
    hashed = people.make_hash(password)
    with db.transaction():
        _use_token(ctx, token, RESET)
        account.password_hash = hashed
        account.verified_at = account.verified_at or ctx.clock.now()
        account.save()
        people.drop_tokens(account)
        sessions.end_all(account.id)
        audit.record(ctx, "account.password_reset", "account", account.id)
        mail.enqueue(ctx, account.email, "password-changed")
    throttle.lift(throttle.SIGN_IN_ADDRESS, account.email)


def update_account(ctx: Context, *, name: str, locale: str, scheme: str) -> None:
    """Change the actor's name, language and colours; empty means as the browser says."""
    account = people.own_account(ctx)
    before, account.name = account.name, normal_name(name)
    if locale not in ("", *settings.of(ctx)["languages"]):
        raise Invalid(_("Choose one of the languages listed."), "locale")
    if scheme not in rules.SCHEMES:
        raise Invalid(_("Choose one of the colour schemes listed."), "scheme")
    account.locale, account.scheme = locale, scheme
    with db.transaction():
        account.save()
        if account.name != before:
            events.emit(ctx, "account.renamed", "account", account.id)


def change_password(ctx: Context, current_password: str, new_password: str, visit: Visit) -> str:
    """Set a new password knowing the old one; ends all sessions and returns a new one's token."""
    account = people.check_own_password(ctx, current_password, visit, "current_password")
    check_password(new_password, account.email, account.name, "new_password")
    hashed = people.make_hash(new_password)
    with db.transaction():
        account.password_hash = hashed
        account.save()
        people.drop_tokens(account)
        sessions.end_all(account.id)
        mail.enqueue(ctx, account.email, "password-changed")
        return people.begin(ctx, account, hashed, visit)


def sign_out_everywhere(ctx: Context) -> None:
    """End all sessions of the actor, this one too."""
    sessions.end_all(people.own_account(ctx).id)


def token_account(ctx: Context, token: str, purpose: str) -> Account:
    """Return whom a mailed link belongs to. Raises NotFound when it is used, old or unknown."""
    found = (
        Account.select()
        .join(AccountToken)
        .where(*_is_good(ctx, token, purpose), Account.disabled_at.is_null())
        .get_or_none()
    )
    if found is None:
        raise NotFound(_("This link has been used already or is too old. Ask for a new one."))
    return found


def _is_good(ctx: Context, token: str, purpose: str) -> tuple[Any, ...]:
    return (
        AccountToken.token_hash == token_hash(token),
        AccountToken.purpose == purpose,
        AccountToken.expires_at > ctx.clock.now(),
    )


def _use_token(ctx: Context, token: str, purpose: str) -> None:
    """Take a token out of the world; of many who try at once, one succeeds."""
    if not AccountToken.delete().where(*_is_good(ctx, token, purpose)).execute():
        raise NotFound(_("This link has been used already or is too old. Ask for a new one."))


def _mail_link(ctx: Context, account: Account, purpose: str) -> None:
    """Make a token of which only the hash is kept, and mail the link with it."""
    token = secrets.token_urlsafe(32)
    AccountToken.create(
        token_hash=token_hash(token),
        purpose=purpose,
        account=account,
        expires_at=ctx.clock.now() + rules.LIVES[purpose],
    )
    mail.enqueue(ctx, account.email, f"signin/{purpose}", token=token)
