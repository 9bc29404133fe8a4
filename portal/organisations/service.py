"""What people do with organisations: create, change, hide. Each change is announced."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app

from portal import audit, db, events, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, PortalError
from portal.hookspecs import Versioned, VersionedObject
from portal.i18n import _
from portal.kernel.hooks import Hooks
from portal.organisations import labels, policy, rules
from portal.organisations.models import (
    CLAIMED,
    MEMBER_ROLES,
    UNCLAIMED,
    Organisation,
    OrganisationFormerSlug,
    OrganisationMember,
)
from portal.people.models import Account

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
    ctx: Context, *, name: str, country: str, is_fictional: bool = False, **more: str
) -> Organisation:
    """Create an organisation, with type, region, city and website if they are known.

    A person who does it becomes its OrgAdmin and it is claimed. Raises Invalid naming the field,
    NotAllowed for people without an account.
    """
    if not (ctx.actor.signed_in or ctx.actor.system):
        raise NotAllowed(_("Sign in to add your organisation."))
    values = _checked(ctx, {"name": name, "country": country, **more})
    now = ctx.clock.now()
    with db.transaction():
        organisation = Organisation.create(
            **values,
            public_id=new_public_id(),
            slug=_free_slug(values["name"], values.get("city", "")),
            state=CLAIMED if ctx.actor.signed_in else UNCLAIMED,
            is_fictional=is_fictional,
            created_at=now,
            updated_at=now,
        )
        if ctx.actor.account_id is not None:
            add_member(ctx, organisation, ctx.actor.account_id, "OrgAdmin")
        audit.record(ctx, "organisation.created", "organisation", organisation.id)
        announce(ctx, [organisation.id])
    return organisation


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Return typed values as they are kept, with what follows from them; only those given."""
    kept = {field: rules.CHECKS[field](text) for field, text in values.items()}
    if "name" in kept:
        kept |= {"registered_name": "", "folded_name": rules.folded(kept["name"])}
    if "website" in kept:
        kept["domain"] = rules.domain_of(kept["website"])
    return kept


def _checked(ctx: Context, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what a person typed as it is kept, which plugins may write better."""
    kept = cleaned(typed)
    for _plugin, better in hooks().call("organisation_checked", ctx, values=kept):
        kept |= better
    return kept


def pages_beside() -> frozenset[str]:
    """Return what no organisation's address may be: pages stand there, of inactive plugins too."""
    return rules.reserved_slugs(rule.rule for rule in current_app.url_map.iter_rules())


def _free_slug(name: str, city: str) -> str:
    """Choose an address that no organisation has or had."""
    for slug in rules.slug_candidates(name, city, secrets.token_hex(5), pages_beside()):
        former = OrganisationFormerSlug.get_or_none(OrganisationFormerSlug.slug == slug)
        if former is None and Organisation.get_or_none(Organisation.slug == slug) is None:
            return slug
    raise Conflict(_("Somebody else saved this while you were writing. Nothing of yours is lost."))


def update_organisation(
    ctx: Context, organisation: Organisation, version: int, **values: str
) -> Organisation:
    """Change name, country, type, city, region or website.

    Raises Conflict with both texts when somebody saved since `version` was shown, NotFound for
    strangers, NotAllowed for members who may not edit, Invalid naming the field.
    """
    check_editor(ctx, organisation)
    if values.get("name") == organisation.name:  # else the registered form would be lost
        del values["name"]
    kept = _checked(ctx, values)
    row = Organisation
    with db.transaction(), versions.changing(ctx, VERSIONED, organisation.id):
        change = row.update(**kept, updated_at=ctx.clock.now(), version=row.version + 1)
        if not change.where(row.id == organisation.id, row.version == version).execute():
            raise versions.conflict(VERSIONED, organisation.id, version, values)
        fields = sorted(name for name in kept if getattr(organisation, name) != kept[name])
        audit.record(ctx, "organisation.changed", "organisation", organisation.id, fields=fields)
        announce(ctx, [organisation.id])
    return row.get_by_id(organisation.id)  # type: ignore[no-any-return]


def hide(ctx: Context, organisation: Organisation) -> None:
    """Take an organisation from the public pages; nothing is deleted."""
    _check_administrator(ctx, organisation)
    with db.transaction():
        touch(ctx, organisation, hidden_at=ctx.clock.now())


def bring_back(ctx: Context, organisation: Organisation) -> None:
    """Show a hidden organisation again."""
    _check_administrator(ctx, organisation)
    with db.transaction():
        touch(ctx, organisation, hidden_at=None)


def add_member(ctx: Context, organisation: Organisation, account_id: int, role: str) -> None:
    """Let a person act for an organisation, or change the role of one who does.

    Raises Conflict when the last administrator would become something else.
    """
    if role not in MEMBER_ROLES:
        told = _("Choose one of: %(allowed)s.", allowed=", ".join(MEMBER_ROLES))
        raise Invalid(told, field="role")
    with db.transaction():
        if role != "OrgAdmin":
            _check_not_last(organisation, account_id)
        member, now = OrganisationMember, ctx.clock.now()
        member.insert(
            organisation=organisation.id, account=account_id, role=role, joined_at=now
        ).on_conflict(
            conflict_target=[member.organisation, member.account], update={"role": role}
        ).execute()
        _tell(ctx, "member.added", organisation, account=account_id, role=role)


def remove_member(ctx: Context, organisation: Organisation, account_id: int) -> None:
    """Let a person no longer act for an organisation: its administrators do this, or the person.

    Raises NotFound for strangers, NotAllowed for other members, Conflict for the last administrator.
    """
    if account_id != ctx.actor.account_id:
        _check_administrator(ctx, organisation)
    member = OrganisationMember
    with db.transaction():
        _check_not_last(organisation, account_id)
        here = (member.organisation == organisation.id, member.account == account_id)
        if member.delete().where(*here).execute():
            _tell(ctx, "member.removed", organisation, account=account_id)


def _tell(ctx: Context, what: str, organisation: Organisation, **told: Any) -> None:
    events.emit(ctx, what, "organisation", organisation.id, **told)
    audit.record(ctx, what, "organisation", organisation.id, **told)


def _check_not_last(organisation: Organisation, account_id: int) -> None:
    """Refuse to leave an organisation without an administrator who can sign in."""
    lock(organisation)
    member: Any = OrganisationMember
    here = (member.organisation == organisation.id, member.role == "OrgAdmin")
    running = member.select(member.account, Account.disabled_at).join(Account).where(*here)
    found = dict(running.tuples())
    others = [number for number, since in found.items() if number != account_id and not since]
    if account_id in found and not others:
        raise Conflict(_("Make somebody else an administrator first: the last one has to stay."))


def lock(organisation: Organisation) -> None:
    """Let others who change this organisation wait until the transaction is over."""
    row = Organisation
    row.update(version=row.version).where(row.id == organisation.id).execute()


def touch(ctx: Context, organisation: Organisation, **values: Any) -> None:
    """Store checked values, count the version up and announce; for other verbs, which check first."""
    row = Organisation
    change = row.update(**values, updated_at=ctx.clock.now(), version=row.version + 1)
    change.where(row.id == organisation.id).execute()
    act = "changed"
    if "hidden_at" in values:
        act = "hidden" if values["hidden_at"] else "shown"
    audit.record(ctx, f"organisation.{act}", "organisation", organisation.id, fields=sorted(values))
    announce(ctx, [organisation.id])


def check_editor(ctx: Context, organisation: Organisation) -> None:
    """Raise NotFound for strangers, NotAllowed for members who may not edit."""
    if not policy.may_edit(ctx.actor, organisation):
        told = _("Ask an administrator of your organisation to change this.")
        raise _refusal(ctx, organisation, told)


def _check_administrator(ctx: Context, organisation: Organisation) -> None:
    if not policy.may_hide(ctx.actor, organisation):
        told = _("Only an administrator of your organisation can do this.")
        raise _refusal(ctx, organisation, told)


def _refusal(ctx: Context, organisation: Organisation, told: str) -> PortalError:
    """Foreign and missing organisations give the same answer; members learn what they lack."""
    return NotAllowed(told) if policy.may_see_inside(ctx.actor, organisation) else NotFound()


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
    return found.version, {name: getattr(found, name) for name in (*FACTS, "registered_name")}


def _restore(ctx: Context, organisation_id: int, data: Mapping[str, Any]) -> None:
    found: Organisation = Organisation.get_by_id(organisation_id)
    facts = {name: data[name] for name in FACTS}
    facts["name"] = data["registered_name"] or data["name"]
    update_organisation(ctx, found, found.version, **facts)


VERSIONED = Versioned("organisation", _find, _dump, _restore, labels.field_name, labels.field_text)
