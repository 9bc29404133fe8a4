"""Passkeys: keys that stay in a device or a password manager, and sign for this address alone.

The browser's answer is checked against the origin of the site's own address, never against what the
request claims. Each question is good for one answer.
"""

from __future__ import annotations

import ipaddress
import json
from dataclasses import dataclass
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
cose = Later("webauthn.helpers.cose")
LONGEST_ANSWER = 20_000


@dataclass(frozen=True)
class Made:
    """A signature that a passkey made: its public key in plain numbers, and the three parts, base64url.

    `note` is what was kept with the question.
    """

    note: dict[str, Any]
    key: dict[str, Any]
    client_data: str
    authenticator_data: str
    signature: str


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
        # a device whose key can't sign texts may make another one
        exclude_credentials=_known(account.id, to_sign=True),
        # of those that can sign texts too; browsers would rather make another kind
        supported_pub_key_algs=[
            cose.COSEAlgorithmIdentifier.ECDSA_SHA_256,
            cose.COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
        ],
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
    _proven(ctx, account_id, answer, step.data["challenge"])
    throttle.lift(rules.CODE_TRIES, str(account_id))


def _proven(
    ctx: Context, account_id: int, answer: str, challenge: str
) -> tuple[Factor, dict[str, Any]]:
    """Return the passkey that answered a question, and its answer. Raises Invalid."""
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
            expected_challenge=helpers.base64url_to_bytes(challenge),
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
    return factor, credential


def can_sign(factor: Factor) -> bool:
    """Whether a second step is a passkey of a kind that can sign texts; some older ones are not."""
    return factor.kind == PASSKEY and _plain(factor) is not None


def keys(account_id: int) -> list[dict[str, Any]]:
    """Return the public keys of an account's passkeys in plain numbers; those of rare kinds not."""
    found = [_plain(factor) for factor in factors.of(account_id) if factor.kind == PASSKEY]
    return [key for key in found if key]


def ask_to_sign(ctx: Context, account_id: int, challenge: bytes, **note: Any) -> str:
    """Ask a passkey of an account to sign something of ours; returns what the browser is asked.

    `challenge` must hold the hash of all that is signed. `note` comes back with the answer.
    """
    asked = webauthn.generate_authentication_options(
        rp_id=_host(), challenge=challenge, allow_credentials=_known(account_id, to_sign=True)
    )
    words = helpers.bytes_to_base64url(challenge)
    steps.begin(ctx, steps.SIGNATURE, account_id, challenge=words, note=note)
    return str(webauthn.options_to_json(asked))


def take_made(ctx: Context, account_id: int, answer: str) -> Made:
    """Check what a passkey signed. Raises Invalid, NotFound when it took too long, TooMany."""
    throttle.spend(ctx, rules.CODE_TRIES, str(account_id))
    step = steps.take(ctx, steps.SIGNATURE, account_id)
    factor, credential = _proven(ctx, account_id, answer, step.data["challenge"])
    throttle.lift(rules.CODE_TRIES, str(account_id))
    key, response = _plain(factor), credential["response"]
    if key is None:
        raise Invalid(_unfit())
    parts = (response[name] for name in ("clientDataJSON", "authenticatorData", "signature"))
    return Made(step.data["note"], key, *map(str, parts))


def host() -> str:
    """Return the name for which passkeys of this site sign."""
    return _host()


def _plain(factor: Factor) -> dict[str, Any] | None:
    key = helpers.decode_credential_public_key(helpers.base64url_to_bytes(factor.secret))
    if key.alg == cose.COSEAlgorithmIdentifier.ECDSA_SHA_256:
        return {"alg": -7, "x": key.x.hex(), "y": key.y.hex()}
    if key.alg == cose.COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256:
        return {"alg": -257, "n": key.n.hex(), "e": key.e.hex()}
    return None


def _known(account_id: int, to_sign: bool = False) -> list[Any]:
    return [
        structs.PublicKeyCredentialDescriptor(id=helpers.base64url_to_bytes(factor.credential))
        for factor in factors.of(account_id)
        if factor.kind == PASSKEY and (can_sign(factor) or not to_sign)
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
