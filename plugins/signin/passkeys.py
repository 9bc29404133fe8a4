"""Passkeys: keys that stay in a device or a password manager, and sign for this address alone.

The browser's answer is checked against the origin of the site's own address, never against what the
request claims. Each question is good for one answer.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from plugins.signin import factors, rules, steps
from plugins.signin.models import PASSKEY, Factor
from portal import settings
from portal.config import Config
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _
from portal.later import Later
from portal.people import throttle
from portal.people.models import Account

webauthn = Later("webauthn")  # of the extra "mfa"
helpers = Later("webauthn.helpers")
structs = Later("webauthn.helpers.structs")
LONGEST_ANSWER = 20_000


def is_possible() -> bool:
    """Whether passkeys work here: the extra is there, and the site's address has a name."""
    return bool(webauthn) and not _is_number(_host())


def has_any(account_id: int) -> bool:
    """Whether an account has a passkey that could be asked for here."""
    return is_possible() and any(factor.kind == PASSKEY for factor in factors.of(account_id))


def ask_to_add(ctx: Context, account: Account) -> str:
    """Begin adding a passkey; returns what the browser is asked, as JSON."""
    asked = webauthn.generate_registration_options(
        rp_id=_host(),
        rp_name=settings.of(ctx)["site_name"],
        user_id=account.public_id.encode(),
        user_name=account.email,
        user_display_name=account.name,
        exclude_credentials=_known(account.id),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.PREFERRED,
            user_verification=structs.UserVerificationRequirement.PREFERRED,
        ),
    )
    challenge = helpers.bytes_to_base64url(asked.challenge)
    steps.begin(ctx, steps.PASSKEY, account.id, challenge=challenge)
    return str(webauthn.options_to_json(asked))


def add(ctx: Context, account_id: int, answer: str, name: str) -> Factor:
    """Keep a passkey that a browser has made. Raises Invalid, NotFound, Conflict."""
    step = steps.take(ctx, steps.PASSKEY, account_id)
    try:
        made = webauthn.verify_registration_response(
            credential=_read(answer),
            expected_challenge=helpers.base64url_to_bytes(step.data["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
        )
    except Exception as error:  # whatever a hostile answer makes the parsers raise
        raise Invalid(_unfit()) from error
    credential = helpers.bytes_to_base64url(made.credential_id)
    if Factor.select().where(Factor.credential == credential).exists():
        raise Invalid(_("This passkey is set up already."))
    return factors.add(
        ctx,
        account_id,
        PASSKEY,
        name=rules.clean_name(name, _("Passkey")),
        secret=helpers.bytes_to_base64url(made.credential_public_key),
        credential=credential,
        counter=made.sign_count,
    )


def ask(ctx: Context, account_id: int) -> str:
    """Ask for a passkey of an account; returns what the browser is asked, as JSON."""
    asked = webauthn.generate_authentication_options(
        rp_id=_host(), allow_credentials=_known(account_id)
    )
    steps.begin(
        ctx, steps.ANSWER, account_id, challenge=helpers.bytes_to_base64url(asked.challenge)
    )
    return str(webauthn.options_to_json(asked))


def prove(ctx: Context, account_id: int, answer: str) -> None:
    """Check the answer of a passkey of the account. Raises Invalid, NotFound, TooMany."""
    throttle.spend(ctx, rules.CODE_TRIES, str(account_id))
    step = steps.take(ctx, steps.ANSWER, account_id)
    try:
        credential = _read(answer)
        factor = Factor.get_or_none(
            Factor.account == account_id,
            Factor.kind == PASSKEY,
            Factor.credential == str(credential["id"]),
        )
        if factor is None:
            raise Invalid(_unfit())
        proven = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=helpers.base64url_to_bytes(step.data["challenge"]),
            expected_rp_id=_host(),
            expected_origin=_origin(),
            credential_public_key=helpers.base64url_to_bytes(factor.secret),
            credential_current_sign_count=factor.counter,
        )
    except Exception as error:  # whatever a hostile answer makes the parsers raise
        raise Invalid(_unfit()) from error
    is_counting = proven.new_sign_count > factor.counter  # many passkeys never count
    if not factors.note_use(ctx, factor, proven.new_sign_count, is_counting):
        raise Invalid(_unfit())
    throttle.lift(rules.CODE_TRIES, str(account_id))


def _known(account_id: int) -> list[Any]:
    return [
        structs.PublicKeyCredentialDescriptor(id=helpers.base64url_to_bytes(factor.credential))
        for factor in factors.of(account_id)
        if factor.kind == PASSKEY
    ]


def _read(answer: str) -> dict[str, Any]:
    read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    if not isinstance(read, dict):
        raise ValueError("no answer of a passkey")
    return read


def _unfit() -> str:
    return _("The passkey was not taken. Try again, or use a code.")


def _origin() -> str:
    parts = urlsplit(_base_url())
    return f"{parts.scheme}://{parts.netloc}"


def _host() -> str:
    return urlsplit(_base_url()).hostname or "localhost"


def _base_url() -> str:
    config: Config = current_app.config["PORTAL"]
    return config.base_url


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
