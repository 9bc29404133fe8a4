"""Second steps of an account: apps that show codes, passkeys, backup codes.

Who may call these has been asked before: the actor with a fresh proof, or a browser in the middle
of signing in. What proves somebody is used up by proving: codes, and answers of passkeys.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import Any, cast

from flask import current_app

from plugins.signin import rules
from plugins.signin.models import APP, BackupCode, Factor
from portal import audit, db, mail
from portal.config import Config
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.people import passwords, throttle
from portal.people.models import Account

try:
    import pyotp
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # the extra "mfa" is not installed
    pyotp = cast(Any, None)


def is_possible() -> bool:
    """Whether this installation can do it: the extra "mfa" is there."""
    return pyotp is not None


def has_any(account_id: int) -> bool:
    """Whether an account has a second step."""
    found: bool = Factor.select().where(Factor.account == account_id).exists()
    return found


def people() -> int:
    """Count the people who have a second step."""
    return int(Factor.select(Factor.account).distinct().count())


def of(account_id: int) -> list[Factor]:
    """Return the second steps of an account, oldest first."""
    return list(Factor.select().where(Factor.account == account_id).order_by(Factor.id))


def codes_left(account_id: int) -> tuple[int, int]:
    """Return how many backup codes are unused, and how many there were."""
    used = [row.used_at for row in BackupCode.select().where(BackupCode.account == account_id)]
    return used.count(None), len(used)


# Codes of an app


def new_secret() -> str:
    """Return the secret of a new app."""
    return str(pyotp.random_base32())


def app_address(secret: str, email: str, site_name: str) -> str:
    """Return what an app reads from the picture."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=site_name))


def add_app(ctx: Context, account_id: int, secret: str, code: str, name: str) -> Factor:
    """Keep an app once it has shown a right code; that code is used. Raises Invalid, TooMany."""
    throttle.spend(ctx, rules.CODE_TRIES, str(account_id))
    step = _matching_step(ctx, secret, rules.plain_code(code))
    if step is None:
        raise Invalid(
            _("This is not the code that the app shows now. Wait for the next one."), "code"
        )
    throttle.give_back(ctx, rules.CODE_TRIES, str(account_id))
    name = rules.clean_name(name, _("App"))
    return add(ctx, account_id, APP, name=name, secret=seal(secret), counter=step)


def _matching_step(ctx: Context, secret: str, code: str) -> int | None:
    """Return the time step whose code it is: this one, the last or the next; None for none."""
    if not rules.CODE.fullmatch(code):
        return None
    now = int(ctx.clock.now().timestamp()) // rules.CODE_SECONDS
    app = pyotp.TOTP(secret)
    for step in (now, now - 1, now + 1):
        if secrets.compare_digest(app.generate_otp(step), code):
            return step
    return None


def _app_fits(ctx: Context, account_id: int, code: str) -> bool:
    """Whether a code is of an app of the account, and was never used; uses it."""
    for factor in of(account_id) if pyotp is not None else ():
        secret = unseal(factor.secret) if factor.kind == APP else ""
        step = _matching_step(ctx, secret, code) if secret else None
        if step is not None and note_use(ctx, factor, step):
            return True
    return False


def note_use(ctx: Context, factor: Factor, counter: int, is_counting: bool = True) -> bool:
    """Count a second step on; False when it stands there already: somebody used it before."""
    changed = Factor.update(counter=counter, used_at=ctx.clock.now()).where(
        Factor.id == factor.id,
        (Factor.counter < counter) if is_counting else (Factor.counter == counter),
    )
    with db.transaction():
        return bool(changed.execute())


# Backup codes


def renew_codes(ctx: Context, account_id: int) -> list[str]:
    """Make ten backup codes, of which only hashes are kept; earlier ones no longer work."""
    codes = [rules.new_backup_code() for _number in range(rules.BACKUP_CODES)]
    hashes = [_hash(code) for code in codes]
    with db.transaction():
        BackupCode.delete().where(BackupCode.account == account_id).execute()
        for code_hash in hashes:
            BackupCode.create(account=account_id, code_hash=code_hash)
        audit.record(ctx, "second_step.codes_made", "account", account_id)
    return codes


def _hash(code: str) -> str:
    return passwords.make_hash(rules.plain_code(code), _config().testing)


def _backup_fits(ctx: Context, account_id: int, code: str) -> bool:
    unused = BackupCode.select().where(
        BackupCode.account == account_id, BackupCode.used_at.is_null()
    )
    found = next((c for c in unused if passwords.fits(c.code_hash, code, _config().testing)), None)
    if found is None:
        return False
    used = BackupCode.update(used_at=ctx.clock.now()).where(
        BackupCode.id == found.id, BackupCode.used_at.is_null()
    )
    with db.transaction():
        if not used.execute():
            return False
        audit.record(ctx, "second_step.code_used", "account", account_id)
        left = codes_left(account_id)[0]
        mail.enqueue(ctx, _account(account_id).email, "signin/code-used", left=left)
    return True


# Proving, adding, taking away


def prove_code(ctx: Context, account_id: int, code: str) -> None:
    """Use up a code of an app or a backup code. Raises Invalid, TooMany after five wrong ones."""
    throttle.spend(ctx, rules.CODE_TRIES, str(account_id))
    plain = rules.plain_code(code)
    is_backup = bool(rules.BACKUP_CODE.fullmatch(plain))
    fits = _backup_fits if is_backup else _app_fits
    if not fits(ctx, account_id, plain):
        raise Invalid(_("This code does not fit, or was used before. Try the next one."), "code")
    throttle.lift(rules.CODE_TRIES, str(account_id))


def add(ctx: Context, account_id: int, kind: str, **columns: Any) -> Factor:
    """Keep a second step and tell its owner by mail. Raises Conflict for one too many."""
    with db.transaction():
        account = _account(account_id)
        if Factor.select().where(Factor.account == account_id).count() >= rules.MOST_FACTORS:
            raise Conflict(_("You have many second steps already. Remove one first."))
        factor: Factor = Factor.create(
            public_id=secrets.token_hex(8),
            account=account_id,
            kind=kind,
            created_at=ctx.clock.now(),
            **columns,
        )
        audit.record(ctx, "second_step.added", "account", account_id, kind=kind)
        mail.enqueue(ctx, account.email, "signin/step-added", name=factor.name)
    return factor


def own(ctx: Context, public_id: str) -> Factor:
    """Return a second step of the actor. Raises NotFound, also for those of others."""
    found: Factor | None = Factor.get_or_none(
        Factor.public_id == public_id, Factor.account == (ctx.actor.account_id or 0)
    )
    if found is None:
        raise NotFound
    return found


def rename(ctx: Context, public_id: str, name: str) -> None:
    """Call a second step something else; an empty name leaves it as it was."""
    factor = own(ctx, public_id)
    with db.transaction():
        factor.name = rules.clean_name(name, factor.name)
        factor.save(only=[Factor.name])


def remove(ctx: Context, public_id: str, may_be_last: bool) -> Factor:
    """Take a second step of the actor away; with the last one the backup codes go too.

    Raises Conflict for the last one of somebody who needs one.
    """
    factor = own(ctx, public_id)
    with db.transaction():
        others = Factor.select().where(Factor.account == factor.account_id, Factor.id != factor.id)
        has_others = others.exists()
        if not has_others and not may_be_last:
            raise Conflict(_("You need a second step here. Set up another one, then remove this."))
        factor.delete_instance()
        if not has_others:
            BackupCode.delete().where(BackupCode.account == factor.account_id).execute()
        audit.record(ctx, "second_step.removed", "account", factor.account_id, kind=factor.kind)
        mail.enqueue(
            ctx, _account(factor.account_id).email, "signin/step-removed", name=factor.name
        )
    return factor


def remove_all(ctx: Context, account_id: int) -> int:
    """Take everything away that an account has for a second step; returns how many steps."""
    with db.transaction():
        BackupCode.delete().where(BackupCode.account == account_id).execute()
        count = int(Factor.delete().where(Factor.account == account_id).execute())
        audit.record(ctx, "second_step.all_removed", "account", account_id, count=count)
    return count


def _account(account_id: int) -> Account:
    return Account.get_by_id(account_id)  # type: ignore[no-any-return]


def _config() -> Config:
    config: Config = current_app.config["PORTAL"]
    return config


# Secrets of apps are kept encrypted: a copy of the database alone shows no codes.


def _box() -> Fernet:
    key = hashlib.sha256(b"second steps of tessera\0" + _config().signing_key().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(secret: str) -> str:
    """Return a secret as it is kept."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Return a secret that was kept; empty when it can't be read any more."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:  # the site has another secret key now
        return ""
