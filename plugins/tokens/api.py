"""The API for programs with a token: who they are, and the organisations they act for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field
from spectree import Response as Answers

from plugins.directory import interface as directory
from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.tokens import queries, rules
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations import queries as organisations
from portal.organisations import service
from portal.organisations.models import Organisation
from portal.people import throttle
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("tokens_api", __name__, url_prefix=PREFIX)

SECURITY: dict[str, list[str]] = {"token": []}
_TEXT = Field(None, max_length=2_000)


class Membership(BaseModel):
    """An organisation for which the person acts, and as what."""

    id: str
    slug: str
    name: str
    role: str


class Me(BaseModel):
    """Who asks; without a token there are no scopes, and nothing is limited."""

    name: str
    roles: list[str]
    scopes: list[str] | None
    only_organisation: str | None
    organisations: list[Membership]


class Number(BaseModel):
    """A number given by a register."""

    scheme: str
    value: str


class Facts(BaseModel):
    """An organisation as its own people see it; `version` counts its changes."""

    id: str
    slug: str
    version: int
    name: str
    registered_name: str
    country: str
    type: str
    city: str
    region: str
    website: str
    state: str
    hidden: bool
    demonstration: bool
    identifiers: list[Number]


class Change(BaseModel):
    """What is to be changed; what is left out stays. `version` is the one that was read."""

    model_config = ConfigDict(extra="forbid", strict=True)

    version: int = Field(ge=1, le=2**31 - 1)
    name: str | None = _TEXT
    country: str | None = Field(None, max_length=2, description="ISO 3166 alpha-2")
    type: str | None = _TEXT
    city: str | None = _TEXT
    region: str | None = _TEXT
    website: str | None = _TEXT


@blueprint.get("/me")
@allow(SIGNED_IN, owner="own account")
@spec.validate(
    resp=Answers(HTTP_200=Me, HTTP_401=Problem, HTTP_403=Problem, HTTP_429=Problem),
    security=SECURITY,
    skip_validation=True,
    tags=["me"],
)
def me() -> Any:
    """Say who asks, what the token may do and for which organisations they act."""
    actor, mine = context().actor, organisations.mine(context())
    only = Organisation.get_or_none(Organisation.id == actor.organisation_id)
    return {
        "name": actor.name,
        "roles": sorted(actor.roles),
        "scopes": None if actor.scopes is None else sorted(actor.scopes),
        "only_organisation": only and only.public_id,
        "organisations": [
            {
                "id": item.organisation.public_id,
                "slug": item.organisation.slug,
                "name": item.organisation.name,
                "role": item.role,
            }
            for item in mine
        ],
    }


@blueprint.get("/organisations/<public_id>")
@allow(SIGNED_IN, owner="members of the organisation and administrators; others get 404")
@spec.validate(
    resp=Answers(
        HTTP_200=Facts, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem, HTTP_429=Problem
    ),
    security=SECURITY,
    skip_validation=True,
    tags=["organisations"],
)
def organisation(public_id: str) -> Any:
    """Return an organisation for which one acts."""
    return _facts(queries.organisation(context(), public_id))


@blueprint.patch("/organisations/<public_id>")
@allow(SIGNED_IN, owner="editors of the organisation and administrators; others get 404 or 403")
@spec.validate(
    json=Change,
    resp=Answers(
        HTTP_200=Facts, HTTP_400=Problem, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem,
        HTTP_409=Problem, HTTP_422=Problem, HTTP_429=Problem,
    ),
    security=SECURITY,
    skip_validation=True,
    tags=["organisations"],
)  # fmt: skip
def change_organisation(public_id: str) -> Any:
    """Change an organisation's facts; with an `Idempotency-Key` once, however often it is sent."""
    ctx = context()
    found = queries.organisation(ctx, public_id)
    values = _changes()
    version = values.pop("version")
    throttle.spend(ctx, rules.CHANGES, str(ctx.actor.account_id))
    return _facts(service.update_organisation(ctx, found, version, **values))


def _changes() -> dict[str, Any]:
    """Return what was sent. Raises Invalid naming the first field that does not fit."""
    data = request.get_json(silent=True)
    if not isinstance(data, dict):
        raise Invalid(_("Send a JSON object, with the header Content-Type: application/json."))
    checked(Change, data)
    values = {name: value for name, value in data.items() if value is not None}
    if len(values) == 1:
        raise Invalid(_("Name at least one field to change."))
    return values


def _facts(found: Organisation) -> dict[str, Any]:
    same = (
        "slug", "version", "name", "registered_name", "country", "type", "city", "region",
        "website", "state",
    )  # fmt: skip
    return {
        "id": found.public_id,
        **{name: getattr(found, name) for name in same},
        "hidden": found.hidden_at is not None,
        "demonstration": found.is_fictional,
        "identifiers": [
            {"scheme": item.scheme, "value": item.value} for item in directory.identifiers(found.id)
        ],
    }
