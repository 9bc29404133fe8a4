"""What an event is about: the object behind it, with what conditions and mails may say of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from peewee import BooleanField, FloatField, ForeignKeyField, IntegerField, TextField

from plugins.rules import rules
from plugins.rules.rules import Facts
from portal import events, objects, settings
from portal.context import Context
from portal.db import UtcDateTime, utc_text
from portal.errors import NotFound
from portal.hookspecs import Event, ObjectType, Transition
from portal.i18n import _, moment
from portal.organisations.labels import state_name
from portal.organisations.models import MEMBER_ROLES, Organisation, OrganisationMember
from portal.people.models import Account
from portal.permissions import LocalRole

ORGANISATION = "organisation"
SHOWN_FIELDS = (TextField, IntegerField, BooleanField, FloatField, UtcDateTime)
HIDDEN_FIELDS = ("token", "secret", "hash", "password", "nonce")
MOST_OFFERED = 20
MOST_RECEIVERS = 50


@dataclass(frozen=True)
class Subject:
    """The object of an event, or nothing where it is gone or was never one object."""

    type: str
    id: int
    row: Any = None
    title: str = ""
    url: str = ""
    type_title: str = ""
    state: str = ""
    state_title: str = ""
    organisation_id: int | None = None
    country: str = ""
    author_id: int | None = None
    fields: dict[str, Any] = field(default_factory=dict)


def type_of(ctx: Context, event: str) -> str:
    """Return the type of what an event is about: as it was declared, else what its name begins with."""
    known = events.types(ctx).get(event)
    return (known.subject if known else "") or event.split(".")[0]


def kind_of(name: str) -> ObjectType | None:
    """Return the object type of that name, None for other nouns."""
    return objects.types().get(name)


def field_names(name: str) -> list[str]:
    """Return the fields of objects of a type that conditions may look at."""
    kind = kind_of(name)
    model = kind.model if kind else Organisation if name == ORGANISATION else None
    return sorted(_columns(model)) if model else []


def _columns(model: Any) -> dict[str, str]:
    return {
        item.column_name: name
        for name, item in model._meta.fields.items()
        if isinstance(item, SHOWN_FIELDS)
        and not isinstance(item, ForeignKeyField)
        and not any(word in item.column_name for word in HIDDEN_FIELDS)
    }


def steps(name: str) -> list[Transition]:
    """Return the steps of the workflow of a type; none where there is no workflow."""
    kind = kind_of(name)
    flow = objects.workflow_of(kind) if kind else None
    return list(flow.transitions) if flow else []


def load(name: str, number: int) -> Subject:
    """Return what an event is about."""
    kind = kind_of(name)
    if name == ORGANISATION:
        return _organisation(number)
    if kind is None:
        return Subject(name, number)
    try:
        row = objects.load(name, number)
    except NotFound:
        return Subject(name, number, type_title=str(kind.title))
    flow = objects.workflow_of(kind)
    state = str(getattr(row, kind.state_field)) if flow else ""
    titles = {item.name: str(item.title) for item in flow.states} if flow else {}
    owner = _key(row, kind.owner_organisation)
    country = Organisation.get_or_none(Organisation.id == owner) if owner else None
    return Subject(
        name,
        number,
        row,
        kind.label(row),
        kind.url(row),
        str(kind.title),
        state,
        titles.get(state, state),
        owner,
        country.country if country else str(getattr(row, "country", "") or ""),
        _key(row, kind.author),
        _values(row),
    )


def _organisation(number: int) -> Subject:
    row: Organisation | None = Organisation.get_or_none(Organisation.id == number)
    if row is None:
        return Subject(ORGANISATION, number, type_title=_("Organisation"))
    return Subject(
        ORGANISATION,
        number,
        row,
        row.name,
        f"/organisations/{row.slug}",
        _("Organisation"),
        row.state,
        state_name(row.state),
        row.id,
        row.country,
        None,
        _values(row),
    )


def _key(row: Any, name: str | None) -> int | None:
    """Return the number behind a foreign key without loading what it points to."""
    return row.__data__.get(row._meta.fields[name].name) if name else None


def _values(row: Any) -> dict[str, Any]:
    found = {column: getattr(row, name) for column, name in _columns(type(row)).items()}
    return {
        name: utc_text(value) if hasattr(value, "tzinfo") else value
        for name, value in found.items()
    }


def latest(name: str) -> list[tuple[int, str]]:
    """Return the newest objects of a type with their names, to try a rule on."""
    kind = kind_of(name)
    if kind is not None:
        rows = kind.model.select().order_by(kind.model.id.desc()).limit(MOST_OFFERED)
        return [(row.id, kind.label(row)) for row in rows]
    if name == ORGANISATION:
        query = Organisation.select().order_by(Organisation.updated_at.desc(), Organisation.id)
        return [(row.id, row.name) for row in query.limit(MOST_OFFERED)]
    return []


def facts(event: Event, subject: Subject) -> Facts:
    """Return what conditions may look at."""
    payload = {key: value for key, value in event.payload.items() if key != events.CAUSE}
    return Facts(payload, subject.fields, subject.state, subject.country, _roles(event, subject))


def _roles(event: Event, subject: Subject) -> list[str]:
    """Return the roles of whoever did it: on the site, and in the object's organisation."""
    account = Account.get_or_none(Account.id == event.account_id) if event.account_id else None
    if account is None:
        return ["System"]
    member: Any = OrganisationMember
    own = member.select().where(
        member.account == account.id, member.organisation == (subject.organisation_id or 0)
    )
    return sorted({account.role, *(row.role for row in own)})


def words(ctx: Context, event: Event, subject: Subject, title: str) -> dict[str, str]:
    """Return the values of the placeholders; `title` is what the event is called."""
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    own = {
        "title": subject.title or _("(gone)"),
        "url": base + subject.url,
        "type": subject.type_title or subject.type,
        "state": subject.state_title,
        "country": subject.country,
        "event": title,
        "when": moment(event.happened_at),
        "site": str(settings.of(ctx)["site_name"]),
    }
    return {key: str(value) for key, value in event.payload.items() if key != events.CAUSE} | own


def receivers(ctx: Context, action: Any, mail_to: str, event: Event, subject: Subject) -> list[str]:
    """Return the mail addresses of an action; none when there is nobody."""
    to = action["to"]
    if to == rules.OPERATOR:
        return [str(found)] if (found := settings.of(ctx)["operator_mail"]) else []
    if to == rules.ADDRESS:
        return [mail_to] if mail_to else []
    return [str(person.email) for person in people(ctx, action, event, subject)]


def people(ctx: Context, action: Any, event: Event, subject: Subject) -> list[Account]:
    """Return the people of an action: open accounts whose address was confirmed."""
    to = action["to"]
    if to == rules.ACTOR:
        who = Account.id == (event.account_id or 0)
    elif to in rules.SITE_ROLES:
        who = Account.role == to
    elif to == "Owner":
        who = Account.id == (subject.author_id or 0)
    else:
        who = Account.id.in_(_members(to, subject)) | Account.id.in_(_sharing(ctx, to, subject))
    is_open = Account.disabled_at.is_null() & Account.verified_at.is_null(False)
    return list(Account.select().where(who, is_open).order_by(Account.id).limit(MOST_RECEIVERS))


def _members(role: str, subject: Subject) -> Any:
    member: Any = OrganisationMember
    wanted = MEMBER_ROLES if role == "OrgMember" else (role,)
    here = member.organisation == (subject.organisation_id or 0)
    return member.select(member.account).where(here, member.role.in_(wanted))


def _sharing(ctx: Context, role: str, subject: Subject) -> Any:
    share: Any = LocalRole
    is_open = share.expires_at.is_null() | (share.expires_at > ctx.clock.now())
    here = (share.object_type == subject.type, share.object_id == subject.id, share.role == role)
    return share.select(share.account).where(*here, is_open, share.account.is_null(False))
