"""Signing in with an account elsewhere: OpenID Connect, one provider that the settings name.

Code flow with state, nonce and PKCE (S256). Who somebody is there is issuer and subject, never the
mail address: an address only leads to an account here that has no password, and only if the provider
has confirmed it. All other accounts are linked from inside, with a fresh proof.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from flask import current_app
from peewee import IntegrityError

from plugins.signin import rules, service, steps
from plugins.signin.models import Identity
from portal import audit, db, mail, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.later import Later
from portal.people import service as people
from portal.people import throttle
from portal.people.models import Account
from portal.people.rules import normal_address, normal_name, own_path
from portal.people.service import Visit

pkce = Later("authlib.oauth2.rfc7636")  # of the extra "sso"
oidc = Later("authlib.oidc.core")
jwk = Later("joserfc.jwk")
jwt = Later("joserfc.jwt")

SECRET = "OIDC_CLIENT_SECRET"  # noqa: S105  a name, no secret
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
MOST_BYTES = 200_000
SECONDS = 8
LEEWAY = 120


@dataclass(frozen=True)
class Provider:
    """Where people come from, as the settings say."""

    issuer: str
    client: str
    name: str
    secret: str


@dataclass(frozen=True)
class Person:
    """Who somebody is there."""

    issuer: str
    subject: str
    email: str
    is_confirmed: bool
    name: str


def is_possible() -> bool:
    """Whether this installation can do it: the extra "sso" is there."""
    return bool(oidc and jwt)


def provider(ctx: Context) -> Provider | None:
    """Return the provider, None when none is set up. Only https, except on this machine."""
    found = settings.of(ctx, "signin")
    issuer, client = found["oidc_issuer"].rstrip("/"), found["oidc_client"]
    if not (is_possible() and issuer and client and _is_safe(issuer)):
        return None
    return Provider(
        issuer,
        client,
        found["oidc_name"] or urlsplit(issuer).hostname or "",
        os.environ.get(SECRET, ""),
    )


def begin(ctx: Context, visit: Visit, way_back: str) -> str:
    """Begin a visit at the provider; returns its address. Raises NotFound, Invalid, TooMany.

    A signed-in actor comes back to have the account there linked.
    """
    here = _known(ctx)
    throttle.spend(ctx, rules.OUTSIDE_NETWORK, visit.network)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _number in range(3))
    facts = _facts(here)
    account_id = ctx.actor.account_id
    steps.begin(
        ctx, steps.OUTSIDE, account_id,
        state=state, nonce=nonce, verifier=verifier, next=own_path(way_back), issuer=here.issuer,
    )  # fmt: skip
    asked = {
        "response_type": "code",
        "client_id": here.client,
        "redirect_uri": _callback(),
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": pkce.create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    if account_id is not None:
        asked["prompt"] = "login"
    return f"{facts['authorization_endpoint']}?{urlencode(asked)}"


def come_back(ctx: Context, sent: Mapping[str, str]) -> tuple[Person, int | None, str]:
    """Check what the provider sent the browser back with.

    Returns who it is there, the account that began it here (None for a visitor) and the way back.
    Raises NotFound for a visit that this browser did not begin, Invalid for all else.
    """
    here = _known(ctx)
    step = steps.take(ctx, steps.OUTSIDE)
    if not secrets.compare_digest(str(step.data["state"]).encode(), sent.get("state", "").encode()):
        raise NotFound(_("This took too long, or was done already. Begin again."))
    if step.account_id != ctx.actor.account_id or step.data["issuer"] != here.issuer:
        raise NotFound(_("This took too long, or was done already. Begin again."))
    if sent.get("iss", here.issuer).rstrip("/") != here.issuer or not sent.get("code"):
        raise Invalid(_unfit(here))
    try:
        person = _person(ctx, here, sent["code"], step.data["verifier"], step.data["nonce"])
    except Invalid:
        raise
    except Exception as error:  # whatever a strange answer makes the libraries raise
        current_app.logger.warning("The provider's answer was not taken: %s", error)
        raise Invalid(_unfit(here)) from error
    return person, step.account_id, own_path(step.data["next"])


def account_of(ctx: Context, person: Person) -> Account | None:
    """Return the account behind somebody: linked, or one without a password and the same address.

    A visitor whose address nobody has here gets an account, where everybody may have one. None when
    the address belongs to an account with a password: it is linked from inside.
    """
    linked: Identity | None = Identity.get_or_none(
        Identity.issuer == person.issuer, Identity.subject == person.subject
    )
    if linked is not None:
        with db.transaction():
            Identity.update(used_at=ctx.clock.now()).where(Identity.id == linked.id).execute()
        return Account.get_by_id(linked.account_id)  # type: ignore[no-any-return]
    if not person.is_confirmed:
        return None
    address = normal_address(person.email)
    account = people.find(address)
    if account is None:
        service.check_open(ctx)
        with db.transaction():
            account = people.insert(
                ctx, address, name=normal_name(person.name or address.partition("@")[0]),
                verified_at=ctx.clock.now(),
            )  # fmt: skip
    if account is None or account.password_hash or account.disabled_at or not account.verified_at:
        return None
    link(ctx, account, person)
    return account


def link(ctx: Context, account: Account, person: Person) -> None:
    """Let an account elsewhere sign in as an account here. Raises Conflict when it does so already."""
    try:
        with db.transaction():
            Identity.create(
                public_id=secrets.token_hex(8),
                account=account.id,
                issuer=person.issuer,
                subject=person.subject,
                name=person.email or person.name,
                linked_at=ctx.clock.now(),
            )
            audit.record(ctx, "identity.linked", "account", account.id)
            host = urlsplit(person.issuer).hostname
            mail.enqueue(ctx, account.email, "signin/linked", host=host)
    except IntegrityError:
        raise Conflict(_("That account signs in here already.")) from None


def links(account_id: int) -> list[Identity]:
    """Return the accounts elsewhere that sign in as an account."""
    return list(Identity.select().where(Identity.account == account_id).order_by(Identity.id))


def unlink(ctx: Context, public_id: str) -> None:
    """Let an account elsewhere sign in no more. Raises NotFound, Conflict for the last way in."""
    account = people.own_account(ctx)
    mine = links(account.id)
    found = next((row for row in mine if row.public_id == public_id), None)
    if found is None:
        raise NotFound
    if len(mine) == 1 and not account.password_hash:
        raise Conflict(_("This is your only way in. Set a password first, by mail."))
    with db.transaction():
        found.delete_instance()
        audit.record(ctx, "identity.unlinked", "account", account.id)


def _person(ctx: Context, here: Provider, code: str, verifier: str, nonce: str) -> Person:
    """Exchange a code for who somebody is."""
    facts = _facts(here)
    sent = {
        "grant_type": "authorization_code",
        "code": code[:2_000],
        "redirect_uri": _callback(),
        "client_id": here.client,
        "code_verifier": verifier,
    }
    headers = {}
    if here.secret:
        pair = base64.b64encode(f"{here.client}:{here.secret}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    answer = _fetch(facts["token_endpoint"], sent, headers)
    keys = jwk.KeySet.import_key_set(cast(Any, _fetch(facts["jwks_uri"])))
    token = jwt.decode(str(answer["id_token"]), keys, algorithms=ALGORITHMS)
    claims = oidc.CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": facts["issuer"]},
            "aud": {"essential": True, "value": here.client},
            "nonce": {"essential": True},
        },
        params={"client_id": here.client, "nonce": nonce},
    )
    claims.validate(now=int(ctx.clock.now().timestamp()), leeway=LEEWAY)
    if not claims["sub"] or not isinstance(claims["sub"], str):
        raise ValueError("no subject")
    return Person(
        here.issuer,
        claims["sub"][:255],
        str(claims.get("email", ""))[:254],
        claims.get("email_verified") is True,
        str(claims.get("name", ""))[:120],
    )


def _facts(here: Provider) -> dict[str, Any]:
    """Return what the provider says of itself; its name must be the one that the settings say."""
    facts = _fetch(f"{here.issuer}/.well-known/openid-configuration")
    if str(facts.get("issuer", "")).rstrip("/") != here.issuer:
        raise Invalid(_unfit(here))
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not _is_safe(str(facts.get(key, ""))):
            raise Invalid(_unfit(here))
    return facts


class _Straight(HTTPRedirectHandler):
    """Follows nothing: what a provider says stands at the address that it named."""

    def redirect_request(self, *_values: Any) -> None:
        """Refuse."""


def _fetch(
    address: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Fetch JSON from the provider. Raises Invalid when it does not answer."""
    body = urlencode(form).encode() if form is not None else None
    asked = Request(address, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310
    try:
        with build_opener(_Straight).open(asked, timeout=SECONDS) as answer:
            found = json.loads(answer.read(MOST_BYTES))
    except (URLError, OSError, ValueError) as error:
        current_app.logger.warning("The provider at %s did not answer: %s", address, error)
        raise Invalid(
            _("The other site does not answer just now. Try again, or use your password.")
        ) from error
    if not isinstance(found, dict):
        raise Invalid(
            _("The other site does not answer just now. Try again, or use your password.")
        )
    return found


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    is_here = parts.hostname in {"127.0.0.1", "localhost", "::1"}
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_here)
    )


def _known(ctx: Context) -> Provider:
    here = provider(ctx)
    if here is None:
        raise NotFound
    return here


def _callback() -> str:
    return f"{current_app.config['PORTAL'].base_url.rstrip('/')}/account/outside/back"


def _unfit(here: Provider) -> str:
    return _("%(site)s did not say who you are. Try again, or use your password.", site=here.name)
