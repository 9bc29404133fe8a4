"""What people do with the names and numbers of an entry, and what imports note about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from plugins.directory import labels, queries, rules
from portal import db, versions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.hookspecs import Versioned
from portal.i18n import _
from portal.organisations import service as core
from portal.organisations.models import (
    VERIFIED,
    ImportBatch,
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationName,
    Source,
)


def cleaned(values: Mapping[str, str]) -> dict[str, str]:
    """Return typed values as they are kept, those wholly in capitals softened."""
    kept = core.cleaned(values)
    return kept | rules.softened(kept)


@contextmanager
def _changing(ctx: Context, organisation: Organisation) -> Iterator[None]:
    """Let an editor change names or numbers: one after the other, kept as a version, announced."""
    core.check_editor(ctx, organisation)
    with db.transaction(), versions.changing(ctx, VERSIONED, organisation.id):
        core.lock(organisation)
        yield
        core.touch(ctx, organisation)


# Other names


def add_name(
    ctx: Context, organisation: Organisation, *, name: str, kind: str, lang: str = ""
) -> OrganisationName:
    """Note another name of an organisation. Raises Invalid naming the field, Conflict for a twin."""
    values = rules.other_name(name, kind, lang)
    with _changing(ctx, organisation):
        _check_name(organisation, values["name"])
        if len(queries.names(organisation.id)) >= rules.MOST:
            raise Invalid(_("Remove a name first: there are %(most)s.", most=rules.MOST), "name")
        made: OrganisationName = OrganisationName.create(organisation=organisation.id, **values)
    return made


def change_name(
    ctx: Context, organisation: Organisation, number: int, *, name: str, kind: str, lang: str = ""
) -> None:
    """Change another name, its kind or language. Raises as `add_name`, NotFound."""
    values = rules.other_name(name, kind, lang)
    with _changing(ctx, organisation):
        _check_name(organisation, values["name"], number)
        row = OrganisationName
        own = (row.id == number, row.organisation == organisation.id)
        if not row.update(**values).where(*own).execute():
            raise NotFound


def remove_name(ctx: Context, organisation: Organisation, number: int) -> dict[str, str]:
    """Take another name away; returns what `add_name` needs to bring it back. Raises NotFound."""
    with _changing(ctx, organisation):
        row = OrganisationName
        found = row.get_or_none((row.id == number) & (row.organisation == organisation.id))
        if found is None:
            raise NotFound
        found.delete_instance()
    return {"name": found.name, "kind": found.kind, "lang": found.lang}


def _check_name(organisation: Organisation, name: str, number: int = 0) -> None:
    others = [row.name for row in queries.names(organisation.id) if row.id != number]
    if name in (organisation.name, *others):
        raise Conflict(_("The entry has this name already."), "name")


# Numbers


def add_identifier(
    ctx: Context, organisation: Organisation, *, scheme: str, value: str
) -> tuple[str, str]:
    """Note a number of an organisation. Raises Invalid naming the field, Conflict for a twin."""
    try:
        pair = rules.identifier(scheme, value)
    except Invalid as error:
        raise Invalid(error.message, "value") from None
    with _changing(ctx, organisation):
        known = _pairs(organisation.id)
        if pair in known:
            raise Conflict(_("The entry has this number already."), "value")
        if len(known) >= rules.MOST:
            raise Invalid(_("Remove a number first: there are %(most)s.", most=rules.MOST), "value")
        _store(organisation.id, [pair])
    return pair


def remove_identifier(ctx: Context, organisation: Organisation, number: int) -> dict[str, str]:
    """Take a number away; returns what `add_identifier` needs to bring it back. Raises NotFound."""
    with _changing(ctx, organisation):
        row = OrganisationIdentifier
        found = row.get_or_none((row.id == number) & (row.organisation == organisation.id))
        if found is None:
            raise NotFound
        found.delete_instance()
    return {"scheme": found.scheme, "value": found.value}


def set_identifiers(
    ctx: Context, organisation: Organisation, pairs: Iterable[tuple[str, str]]
) -> None:
    """Replace the identifiers by these (scheme, value) pairs."""
    checked = list(dict.fromkeys(rules.identifier(*pair) for pair in pairs))
    with _changing(ctx, organisation):
        row = OrganisationIdentifier
        row.delete().where(row.organisation == organisation.id).execute()
        _store(organisation.id, checked)


def _pairs(organisation_id: int) -> list[tuple[str, str]]:
    return [(row.scheme, row.value) for row in queries.identifiers(organisation_id)]


def _store(organisation_id: int, pairs: Iterable[tuple[str, str]]) -> None:
    for scheme, value in pairs:
        OrganisationIdentifier.create(organisation=organisation_id, scheme=scheme, value=value)


# Facts and their sources

_OWN_SOURCE = Source(
    key="own-reviewers",
    title="Reviewers of this portal",
    licence="",
    note="Who was verified, how and when.",
)


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
    row, now = OrganisationFact, ctx.clock.now()
    with db.transaction():
        keep_source(source)
        of = (row.organisation == organisation_id, row.source == source.key)
        row.delete().where(*of, row.name.in_(list(facts))).execute()
        same: dict[str, Any] = {"source": source.key, "batch": batch, "noted_at": now}
        for name, value in facts.items():
            row.create(organisation=organisation_id, name=name, value=value, **same)
        core.announce(ctx, [organisation_id])


def verify(ctx: Context, organisation: Organisation, proof: str) -> None:
    """Keep that the people of an organisation proved who they are, how and on which day.

    `proof` is one of `labels.PROVEN_BY`. For verbs that have checked the actor.
    """
    with db.transaction():
        core.touch(ctx, organisation, state=VERIFIED)
        note_verified(ctx, organisation.id, proof)


def note_verified(ctx: Context, organisation_id: int, proof: str) -> None:
    """Keep how and when an organisation was verified; where it is not any more, nobody reads it."""
    fact = {queries.VERIFIED_FACT: f"{proof} {ctx.clock.now().date().isoformat()}"}
    note_facts(ctx, organisation_id, fact, _OWN_SOURCE)


def keep_source(source: Source) -> None:
    """Store a source, or bring its title and licence up to date."""
    names = ("title", "publisher", "licence", "url", "note")
    values = {name: getattr(source, name) for name in names}
    Source.insert(key=source.key, **values).on_conflict(
        conflict_target=[Source.key], update=values
    ).execute()


# Versions


def _dump(organisation_id: int) -> tuple[int, dict[str, Any]]:
    found: Organisation = Organisation.get_by_id(organisation_id)
    names = queries.names(organisation_id)
    return found.version, {
        "names": sorted([row.name, row.kind, row.lang] for row in names),
        "identifiers": sorted(list(pair) for pair in _pairs(organisation_id)),
    }


def _restore(ctx: Context, organisation_id: int, data: Mapping[str, Any]) -> None:
    organisation: Organisation = Organisation.get_by_id(organisation_id)
    with _changing(ctx, organisation):
        for row in (OrganisationName, OrganisationIdentifier):
            row.delete().where(row.organisation == organisation_id).execute()
        _store(organisation_id, data["identifiers"])
        for name, kind, lang in data["names"]:
            values = {"name": name, "kind": kind, "lang": lang}
            OrganisationName.create(organisation=organisation_id, **values)


VERSIONED = Versioned(
    "directory_entry", core.VERSIONED.find, _dump, _restore, labels.field_name, labels.field_text
)
