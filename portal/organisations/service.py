"""What people do with organisations: create, change, hide, note facts. Each change is announced."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import current_app

from portal import audit, db, events, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import Versioned, VersionedObject
from portal.i18n import _
from portal.kernel.hooks import Hooks
from portal.organisations import labels, policy, rules
from portal.organisations.models import (
    CLAIMED,
    MEMBER_ROLES,
    UNCLAIMED,
    ImportBatch,
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationMember,
    Source,
)
from portal.organisations.names import soften

MOST_ANNOUNCED = 1_000


def announce(ctx: Context, ids: Sequence[int], hook: str = "organisation_changed") -> None:
    """Tell the plugins, inside the transaction, which organisations changed; note the event."""
    events.emit_each(ctx, hook.replace("_", ".", 1), "organisation", ids)
    for start in range(0, len(ids), MOST_ANNOUNCED):
        hooks().call(hook, ctx, ids=list(ids[start : start + MOST_ANNOUNCED]))


def hooks() -> Hooks:
    """Return the hooks of the running portal."""
    found: Hooks = current_app.extensions["portal"].registry.hooks
    return found


def new_public_id() -> str:
    """Return a random id for addresses."""
    return secrets.token_hex(8)


def create_organisation(
    ctx: Context,
    *,
    name: str,
    country: str,
    type: str = "",
    city: str = "",
    region: str = "",
    website: str = "",
    identifiers: Iterable[tuple[str, str]] = (),
    is_fictional: bool = False,
) -> Organisation:
    """Create an organisation. A person who does it becomes its OrgAdmin and it is claimed.

    Raises Invalid naming the field, NotAllowed for people without an account.
    """
    if not (ctx.actor.signed_in or ctx.actor.system):
        raise NotAllowed(_("Sign in to add your organisation."))
    typed = {"name": name, "country": country, "type": type, "city": city, "region": region}
    values = cleaned({**typed, "website": website})
    numbers = [rules.identifier(*pair) for pair in identifiers]
    now = ctx.clock.now()
    with db.transaction():
        organisation = Organisation.create(
            **values,
            public_id=new_public_id(),
            slug=unique_slugs([(values["name"], values["city"])])[0],
            state=CLAIMED if ctx.actor.signed_in else UNCLAIMED,
            is_fictional=is_fictional,
            created_at=now,
            updated_at=now,
        )
        _store_identifiers(organisation, numbers)
        if ctx.actor.account_id is not None:
            add_member(ctx, organisation, ctx.actor.account_id, "OrgAdmin")
        audit.record(ctx, "organisation.created", "organisation", organisation.id)
        announce(ctx, [organisation.id])
    return organisation


def cleaned(values: Mapping[str, str]) -> dict[str, Any]:
    """Return typed values as they are kept, with what follows from them; only those given."""
    kept: dict[str, Any] = {}
    if "name" in values:
        registered = rules.clean_name(values["name"])
        shown = soften(registered)[: rules.NAME_LENGTH]
        kept["name"] = shown
        kept["registered_name"] = registered if shown != registered else ""
        kept["folded_name"] = rules.folded(shown)
    if "country" in values:
        kept["country"] = rules.country_code(values["country"])
    if "type" in values:
        kept["type"] = rules.organisation_type(values["type"])
    if "city" in values:
        kept["city"] = rules.clean_town(values["city"])
    if "region" in values:
        kept["region"] = rules.clean_text(values["region"], "region")
    if "website" in values:
        kept["website"] = rules.website_address(values["website"])
        kept["domain"] = rules.domain_of(kept["website"])
    return kept


def unique_slugs(wanted: Sequence[tuple[str, str]]) -> list[str]:
    """Choose free addresses for (name, city) pairs, in a few statements for any number of them."""
    offers = [rules.slug_candidates(name, city, secrets.token_hex(5)) for name, city in wanted]
    chosen: list[str] = [""] * len(wanted)
    used: set[str] = set()
    open_places = list(range(len(wanted)))
    while open_places:
        tries = {at: next(offers[at]) for at in open_places}
        used |= _taken(set(tries.values()) - used)
        for at, slug in tries.items():
            if slug not in used:
                chosen[at] = slug
                used.add(slug)
        open_places = [at for at in open_places if not chosen[at]]
    return chosen


def _taken(slugs: set[str]) -> set[str]:
    if not slugs:
        return set()
    marks = ",".join("?" * len(slugs))
    rows = db.query(
        f"SELECT slug FROM organisation WHERE slug IN ({marks}) "
        f"UNION SELECT slug FROM organisation_former_slug WHERE slug IN ({marks})",
        [*slugs, *slugs],
    )
    return {slug for (slug,) in rows}


def update_organisation(
    ctx: Context, organisation: Organisation, version: int, **values: str
) -> Organisation:
    """Change name, country, type, city, region or website.

    Raises Conflict with both texts when somebody saved since `version` was shown, NotFound for
    strangers, NotAllowed for members who may not edit, Invalid naming the field.
    """
    _check_editor(ctx, organisation)
    if values.get("name") == organisation.name:  # else the registered form would be lost
        del values["name"]
    kept = cleaned(values)
    with db.transaction(), versions.changing(ctx, VERSIONED, organisation.id):
        changed = (
            Organisation.update(
                **kept, updated_at=ctx.clock.now(), version=Organisation.version + 1
            )
            .where(Organisation.id == organisation.id, Organisation.version == version)
            .execute()
        )
        current: Organisation = Organisation.get_by_id(organisation.id)
        if not changed:
            raise versions.conflict(VERSIONED, organisation.id, version, values)
        fields = [name for name, value in kept.items() if getattr(organisation, name) != value]
        audit.record(
            ctx, "organisation.changed", "organisation", organisation.id, fields=sorted(fields)
        )
        announce(ctx, [organisation.id])
    return current


def set_identifiers(
    ctx: Context, organisation: Organisation, pairs: Iterable[tuple[str, str]]
) -> None:
    """Replace the identifiers by these (scheme, value) pairs."""
    _check_editor(ctx, organisation)
    checked = list(dict.fromkeys(rules.identifier(*pair) for pair in pairs))
    with db.transaction(), versions.changing(ctx, VERSIONED, organisation.id):
        OrganisationIdentifier.delete().where(
            OrganisationIdentifier.organisation == organisation.id
        ).execute()
        _store_identifiers(organisation, checked)
        touch(ctx, organisation)


def _store_identifiers(organisation: Organisation, pairs: Sequence[tuple[str, str]]) -> None:
    for scheme, value in pairs:
        OrganisationIdentifier.create(organisation=organisation.id, scheme=scheme, value=value)


def hide(ctx: Context, organisation: Organisation) -> None:
    """Take an organisation from the public pages; nothing is deleted."""
    _check_hider(ctx, organisation)
    with db.transaction():
        touch(ctx, organisation, hidden_at=ctx.clock.now())


def bring_back(ctx: Context, organisation: Organisation) -> None:
    """Show a hidden organisation again."""
    _check_hider(ctx, organisation)
    with db.transaction():
        touch(ctx, organisation, hidden_at=None)


def note_facts(
    ctx: Context,
    organisation_id: int,
    facts: Mapping[str, str],
    source: Source,
    batch: ImportBatch | int | None = None,
) -> None:
    """Note public facts with the source that says so; the same fact from it is renewed.

    The source is stored if it is not there yet.
    """
    now = ctx.clock.now()
    with db.transaction():
        keep_source(source)
        OrganisationFact.delete().where(
            OrganisationFact.organisation == organisation_id,
            OrganisationFact.source == source.key,
            OrganisationFact.name.in_(list(facts)),
        ).execute()
        for name, value in facts.items():
            OrganisationFact.create(
                organisation=organisation_id,
                name=name,
                value=value,
                source=source.key,
                batch=batch,
                noted_at=now,
            )
        announce(ctx, [organisation_id])


def keep_source(source: Source) -> None:
    """Store a source, or bring its title and licence up to date."""
    values = {
        name: getattr(source, name) for name in ("title", "publisher", "licence", "url", "note")
    }
    Source.insert(key=source.key, **values).on_conflict(
        conflict_target=[Source.key], update=values
    ).execute()


def add_member(ctx: Context, organisation: Organisation, account_id: int, role: str) -> None:
    """Let a person act for an organisation, or change the role of one who does.

    Raises Conflict when the last administrator would become something else.
    """
    if role not in MEMBER_ROLES:
        raise Invalid(
            _("Choose one of: %(allowed)s.", allowed=", ".join(MEMBER_ROLES)), field="role"
        )
    with db.transaction():
        if role != "OrgAdmin":
            _check_not_last(organisation, account_id)
        OrganisationMember.insert(
            organisation=organisation.id, account=account_id, role=role, joined_at=ctx.clock.now()
        ).on_conflict(
            conflict_target=[OrganisationMember.organisation, OrganisationMember.account],
            update={"role": role},
        ).execute()
        told: dict[str, Any] = {"account": account_id, "role": role}
        events.emit(ctx, "member.added", "organisation", organisation.id, **told)
        audit.record(ctx, "member.added", "organisation", organisation.id, **told)


def remove_member(ctx: Context, organisation: Organisation, account_id: int) -> None:
    """Let a person no longer act for an organisation: its administrators do this, or the person.

    Raises NotFound for strangers, NotAllowed for other members, Conflict for the last administrator.
    """
    if account_id != ctx.actor.account_id:
        _check_hider(ctx, organisation)
    with db.transaction():
        _check_not_last(organisation, account_id)
        member = OrganisationMember
        here = (member.organisation == organisation.id, member.account == account_id)
        if member.delete().where(*here).execute():
            told: dict[str, Any] = {"account": account_id}
            for tell in (events.emit, audit.record):
                tell(ctx, "member.removed", "organisation", organisation.id, **told)


def _check_not_last(organisation: Organisation, account_id: int) -> None:
    """Refuse to leave an organisation without an administrator; others wait until this is done."""
    number = organisation.id
    member: Any = OrganisationMember
    Organisation.update(version=Organisation.version).where(Organisation.id == number).execute()
    admins = member.select(member.account).where(
        member.organisation == number, member.role == "OrgAdmin"
    )
    if [found for (found,) in admins.tuples()] == [account_id]:
        raise Conflict(_("Make somebody else an administrator first: the last one has to stay."))


def touch(ctx: Context, organisation: Organisation, **values: Any) -> None:
    """Store checked values, count the version up and announce; for other verbs, which check first."""
    Organisation.update(
        **values, updated_at=ctx.clock.now(), version=Organisation.version + 1
    ).where(Organisation.id == organisation.id).execute()
    act = "changed"
    if "hidden_at" in values:
        act = "hidden" if values["hidden_at"] else "shown"
    audit.record(ctx, f"organisation.{act}", "organisation", organisation.id, fields=sorted(values))
    announce(ctx, [organisation.id])


def _check_editor(ctx: Context, organisation: Organisation) -> None:
    """Foreign and missing organisations give the same answer; members learn what they lack."""
    if policy.may_edit(ctx.actor, organisation):
        return
    if policy.may_see_inside(ctx.actor, organisation):
        raise NotAllowed(_("Ask an administrator of your organisation to change this."))
    raise NotFound


def _check_hider(ctx: Context, organisation: Organisation) -> None:
    if policy.may_hide(ctx.actor, organisation):
        return
    if policy.may_see_inside(ctx.actor, organisation):
        raise NotAllowed(_("Only an administrator of your organisation can do this."))
    raise NotFound


# Versions

FACTS = ("name", "country", "type", "city", "region", "website")


def _find(ctx: Context, public_id: str) -> VersionedObject:
    found = Organisation.get_or_none(Organisation.public_id == public_id)
    if found is None or not policy.may_see_inside(ctx.actor, found):
        raise NotFound
    may_edit = policy.may_edit(ctx.actor, found)
    path = f"/organisations/{found.slug}/"
    return VersionedObject(found.id, found.name, path, may_edit, found.is_fictional)


def _dump(organisation_id: int) -> tuple[int, dict[str, Any]]:
    found: Organisation = Organisation.get_by_id(organisation_id)
    numbers: Any = OrganisationIdentifier.select().where(
        OrganisationIdentifier.organisation == organisation_id
    )
    return found.version, {
        **{name: getattr(found, name) for name in (*FACTS, "registered_name")},
        "identifiers": sorted([item.scheme, item.value] for item in numbers),
    }


def _restore(ctx: Context, organisation_id: int, data: Mapping[str, Any]) -> None:
    found: Organisation = Organisation.get_by_id(organisation_id)
    facts = {name: data[name] for name in FACTS}
    facts["name"] = data["registered_name"] or data["name"]
    update_organisation(ctx, found, found.version, **facts)
    if _dump(found.id)[1]["identifiers"] != data["identifiers"]:
        set_identifiers(ctx, found, data["identifiers"])


VERSIONED = Versioned("organisation", _find, _dump, _restore, labels.field_name, labels.field_text)
