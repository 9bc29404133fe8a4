"""Between the password and the session: who needs a second step, and how long a proof is fresh.

While a step is missing there is no session: the person is a visitor whose browser holds a token.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import current_app, g, request, url_for

from plugins.signin import factors, passkeys, rules, steps
from plugins.signin.models import Duty, Factor, Proof, Step
from portal import db, settings
from portal.context import Context
from portal.errors import NotAllowed, NotFound
from portal.i18n import _
from portal.people import login, sessions
from portal.people import service as people
from portal.people.models import Account, Session
from portal.people.rules import own_path
from portal.people.service import Visit
from portal.settings import Setting
from portal.web import unsent
from portal.web.heartbeat import token_hash

DEMONSTRATION = [f"{name}@demo.example" for name in ("member", "reviewer", "admin")]


def options(ctx: Context) -> Mapping[str, Any]:
    """Return the plugin's settings."""
    return settings.of(ctx, "signin")


# Signing in


def further_page(ctx: Context, account_id: int) -> str | None:
    """Return the page of the second step when the account has one, or needs one by now."""
    if ctx.actor.account_id == account_id:
        return None  # a session is renewed: its proof was asked for
    account = Account.get_by_id(account_id)
    secret = ""
    if not factors.has_any(account_id):
        if not is_overdue(ctx, account):
            return None
        secret = factors.new_secret()
    steps.begin(
        ctx,
        steps.SIGN_IN,
        account_id,
        mark=_mark(account),
        next=own_path(g.get("way_back") or request.values.get("next", "")),
        secret=factors.seal(secret) if secret else "",
    )
    return url_for("signin_step.set_up" if secret else "signin_step.second_step_page")


def waiting(ctx: Context) -> tuple[Step, Account]:
    """Return the sign-in that waits in this browser. Raises NotFound when its time is over."""
    step: Any = steps.find(ctx, steps.SIGN_IN)
    account: Account | None = step and Account.get_or_none(Account.id == step.account_id)
    if step is None or account is None or not _is_same(step, account):
        raise NotFound(_("This took too long, or was done already. Sign in again."))
    return step, account


def finish_with_code(ctx: Context, code: str, visit: Visit) -> tuple[str, str]:
    """Begin the session with a code; returns its token and the way back. Raises Invalid, NotFound."""
    _step, account = waiting(ctx)
    factors.prove_code(ctx, account.id, code)
    return finish(ctx, visit)


def finish_with_passkey(ctx: Context, answer: str, visit: Visit) -> tuple[str, str]:
    """Begin the session with a passkey; as with a code."""
    _step, account = waiting(ctx)
    passkeys.prove(ctx, account.id, answer)
    return finish(ctx, visit)


def finish_with_first_app(
    ctx: Context, code: str, name: str, visit: Visit
) -> tuple[str, str, list[str]]:
    """Set up the app that is due, and begin the session; returns new backup codes besides."""
    step, account = waiting(ctx)
    secret = factors.unseal(step.data["secret"])
    if not secret or factors.has_any(account.id):
        raise NotFound(_("This took too long, or was done already. Sign in again."))
    with db.transaction():
        factors.add_app(ctx, account.id, secret, code, name)
        codes = factors.renew_codes(ctx, account.id)
        return *finish(ctx, visit), codes


def finish(ctx: Context, visit: Visit) -> tuple[str, str]:
    """Begin the session of a sign-in whose second step is done."""
    step, account = waiting(ctx)
    with db.transaction():
        steps.take(ctx, steps.SIGN_IN, account.id)
        days = current_app.config["PORTAL"].session_days
        token = sessions.start(ctx, account.id, days, visit.agent, visit.former)
    return token, own_path(step.data["next"])


def _mark(account: Account) -> str:
    """Return what changes with the password: a reset ends sign-ins that wait."""
    return hashlib.sha256(account.password_hash.encode()).hexdigest()


def _is_same(step: Step, account: Account) -> bool:
    return bool(
        step.data["mark"] == _mark(account) and account.verified_at and not account.disabled_at
    )


# Who needs one


def is_exempt(ctx: Context, email: str) -> bool:
    """Whether an account is one of those for trying out."""
    return email in options(ctx)["exempt"]


def exempt_demonstration(ctx: Context) -> None:
    """Exempt the accounts of the demonstration: nobody can get a mail at their domain."""
    with db.transaction():
        if not Setting.select().where(Setting.scope == "signin", Setting.key == "exempt").exists():
            Setting.insert(scope="signin", key="exempt", value=DEMONSTRATION).execute()
            db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")


def needs_one(ctx: Context, account: Account) -> bool:
    """Whether the site asks an account for a second step."""
    return bool(
        options(ctx)["required"]
        and factors.is_possible()
        and account.role in rules.DUTIFUL
        and not is_exempt(ctx, account.email)
    )


def due_at(ctx: Context, account_id: int) -> datetime | None:
    """Return when a second step is due; None for people who were never told that they need one."""
    duty: Duty | None = Duty.get_or_none(Duty.account == account_id)
    return duty.since + timedelta(days=options(ctx)["grace_days"]) if duty else None


def is_overdue(ctx: Context, account: Account) -> bool:
    """Whether an account may not sign in any more without a second step."""
    if not needs_one(ctx, account):
        return False
    due = due_at(ctx, account.id)
    return due is not None and due <= ctx.clock.now()


def note_duty(ctx: Context, account_id: int) -> None:
    """Write down since when somebody needs a second step: their first sign-in that says so.

    Who needs none any more gets the whole time again should they need one later.
    """
    account = Account.get_by_id(account_id)
    with db.transaction():
        if not needs_one(ctx, account):
            Duty.delete().where(Duty.account == account_id).execute()
        else:
            Duty.insert(account=account_id, since=ctx.clock.now()).on_conflict_ignore().execute()


def still_missing(ctx: Context) -> datetime | None:
    """Return when the actor's second step is due, if it is missing; one statement."""
    if not ctx.actor.is_reviewer or not options(ctx)["required"] or not factors.is_possible():
        return None
    owned = Factor.select(Factor.account)
    due: Any = (
        Duty.select(Duty.since, Account.email)
        .join(Account)
        .where(Duty.account == ctx.actor.account_id, Duty.account.not_in(owned))
    )
    row = due.tuples().first()
    if row is None or is_exempt(ctx, row[1]):
        return None
    since: datetime = row[0]
    return since + timedelta(days=options(ctx)["grace_days"])


def sign_out_overdue(ctx: Context) -> None:
    """End the sessions of those who need a second step, have none and had their time."""
    if not options(ctx)["required"] or not factors.is_possible():
        return
    since = ctx.clock.now() - timedelta(days=options(ctx)["grace_days"])
    late = (
        Account.select(Account)
        .join(Duty)
        .where(Duty.since <= since, Account.id.not_in(Factor.select(Factor.account)))
    )
    gone = [account.id for account in late if needs_one(ctx, account)]
    with db.transaction():
        Session.delete().where(Session.account.in_(gone)).execute()


# A fresh proof


def proof_page(ctx: Context) -> str | None:
    """Return where the actor proves anew who they are; None while the last proof is fresh."""
    if ctx.actor.scopes is not None:
        raise NotAllowed(_("Programs can't do this: sign in with a browser."))
    if is_fresh(ctx):
        return None
    return f"{url_for('signin_step.prove')}?{urlencode({'next': _way_back()})}"


def is_fresh(ctx: Context) -> bool:
    """Whether the person behind this session proved a short while ago who they are."""
    found: bool = (
        Proof.select()
        .where(
            Proof.session == token_hash(login.token()),
            Proof.proved_at > ctx.clock.now() - rules.PROOF_FRESH,
        )
        .exists()
    )
    return found


def _way_back() -> str:
    """Return where to go on: this page, what was kept of a form, or the page with the form."""
    if request.method == "GET":
        return own_path(request.full_path.rstrip("?"))
    kept = unsent.kept() if "_form" in request.form else ""
    if not kept:
        with contextlib.suppress(ValueError):
            parts = urlsplit(request.referrer or "")
            kept = parts.path if parts.netloc == request.host else ""
    return own_path(kept)


def prove(
    ctx: Context, visit: Visit, *, code: str = "", password: str = "", answer: str = ""
) -> None:
    """Prove anew who one is: with the second step, or the password where there is none.

    Raises Invalid, TooMany.
    """
    account = people.own_account(ctx)
    if not factors.has_any(account.id):
        people.check_own_password(ctx, password, visit)
    elif answer:
        passkeys.prove(ctx, account.id, answer)
    else:
        factors.prove_code(ctx, account.id, code)
    note_proof(ctx, token_hash(login.token()))


def note_proof(ctx: Context, session: str, device_id: int | None = None) -> None:
    """Write down that the person behind a session proved who they are just now."""
    now = ctx.clock.now()
    with db.transaction():
        changed = Proof.update(proved_at=now).where(Proof.session == session)
        if not changed.execute():
            Proof.create(session=session, device=device_id, proved_at=now)
