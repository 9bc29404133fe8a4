"""Reads of saved searches and shortlists, in a bounded number of statements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from peewee import JOIN

from plugins.saved.models import Entry, Note, SavedSearch
from plugins.search.interface import SearchPage
from portal import objects
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _
from portal.organisations import policy
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation, OrganisationMember
from portal.people.models import Account

KEPT = (SavedSearch.removed_at.is_null(),)


def pages(ctx: Context) -> dict[str, SearchPage]:
    """Return the pages whose searches people may keep, by their kind; no statement."""
    answers = objects.registry().hooks.call("saved_pages", ctx)
    return {page.kind: page for _plugin, some in answers for page in some}


def own(ctx: Context) -> list[SavedSearch]:
    """Return the actor's searches, by name."""
    found = SavedSearch.select().where(SavedSearch.account == ctx.actor.account_id, *KEPT)
    return sorted(found, key=lambda row: (row.name.casefold(), row.id))


def find(ctx: Context, public_id: str, is_removed: bool = False) -> SavedSearch:
    """Return a search of the actor's; with `is_removed` also one put away. Raises NotFound."""
    mine = (SavedSearch.account == ctx.actor.account_id, SavedSearch.public_id == public_id)
    row: SavedSearch | None = SavedSearch.get_or_none(*mine, *(() if is_removed else KEPT))
    if row is None:
        raise NotFound(_("You keep no search at this address."))
    return row


def member_of(ctx: Context, organisation_id: int) -> bool:
    """Whether the actor acts for an organisation, in whatever role."""
    only = ctx.actor.organisation_id
    return only in {None, organisation_id} and bool(
        OrganisationMember.get_or_none(
            OrganisationMember.organisation == organisation_id,
            OrganisationMember.account == ctx.actor.account_id,
        )
    )


def owner(ctx: Context, slug: str) -> tuple[Organisation, str]:
    """Return an organisation and the actor's role there. Raises NotFound for all but its people."""
    found = organisations.by_slug(slug)
    role = policy.role_of(ctx.actor, found)
    if not role:
        raise NotFound
    return found, role


def by_public_id(ctx: Context, public_id: str) -> Organisation:
    """Return an organisation of the actor's. Raises NotFound."""
    found: Organisation | None = Organisation.get_or_none(Organisation.public_id == public_id)
    if found is None or not policy.role_of(ctx.actor, found):
        raise NotFound
    return found


def ids_of(slugs: Sequence[str]) -> dict[str, int]:
    """Return the ids of organisations by their slugs, in the order asked for."""
    of: Any = Organisation
    rows = dict(of.select(of.slug, of.id).where(of.slug.in_(list(slugs))).tuples())
    return {slug: rows[slug] for slug in slugs if slug in rows}


def entries(organisation_id: int) -> list[Any]:
    """Return the partners on an organisation's shortlist, the newest first."""
    of: Any = Entry
    rows = (
        of.select(of, Account)
        .join(Account, JOIN.LEFT_OUTER)
        .where(of.organisation == organisation_id, of.removed_at.is_null())
    )
    return list(rows.order_by(of.id.desc()))


def entry(organisation_id: int, slug: str, is_removed: bool = False) -> Entry:
    """Return a partner on an organisation's shortlist. Raises NotFound."""
    here = [Entry.organisation == organisation_id, Organisation.slug == slug]
    if not is_removed:
        here.append(Entry.removed_at.is_null())
    partner = Entry.partner == Organisation.id
    found: Entry | None = Entry.select().join(Organisation, on=partner).where(*here).first()
    if found is None:
        raise NotFound(_("This partner is not on the shortlist."))
    return found


def notes(entry_ids: Collection[int]) -> Mapping[int, list[Note]]:
    """Return the notes of entries with who wrote them, the first first."""
    of: Any = Note
    rows = (
        of.select(of, Account)
        .join(Account, JOIN.LEFT_OUTER)
        .where(of.entry.in_(list(entry_ids)), of.removed_at.is_null())
    )
    found: dict[int, list[Note]] = {}
    for row in rows.order_by(of.id):
        found.setdefault(row.entry_id, []).append(row)
    return found


def counts(organisation_ids: Collection[int]) -> dict[int, int]:
    """Return how many partners the shortlists of organisations hold."""
    rows: Any = Entry.select(Entry.organisation).where(
        Entry.organisation.in_(list(organisation_ids)), Entry.removed_at.is_null()
    )
    ids = [number for (number,) in rows.tuples()]
    return {number: ids.count(number) for number in set(ids)}
