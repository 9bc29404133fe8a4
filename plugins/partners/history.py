"""Versions of a profile: what is kept of it, and how its fields are written for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plugins.partners import codes, queries
from plugins.partners.models import Commitment, Profile
from portal.context import Context
from portal.errors import NotFound
from portal.hookspecs import Versioned, VersionedObject
from portal.i18n import _, language_name, locale, money
from portal.organisations.models import Organisation

TYPE = "partner"
EDITORS = {"OrgEditor", "OrgAdmin"}
LISTS = (
    "roles", "fields", "languages", "modes", "targets", "inclusion", "accommodation", "services",
    "months",
)  # fmt: skip
FIELDS = (
    *LISTS, "group_min", "group_max", "places_a_year", "stay_min_weeks", "stay_max_weeks",
    "minimum_age", "accompanying_max", "accompanying_free", "summaries", "original",
)  # fmt: skip
_KEYS = {"modes": "mode", "targets": "target"}


def versioned(restore: Callable[[Context, int, Mapping[str, Any]], None]) -> Versioned:
    """Say how versions of profiles are kept; `restore` is the verb that saves one."""
    return Versioned(TYPE, _find, dump, restore, field_name, show)


def _find(ctx: Context, public_id: str) -> VersionedObject:
    found = Organisation.get_or_none(Organisation.public_id == public_id)
    role = queries.role_in(ctx, found.id) if found else ""
    if not found or not (role or ctx.actor.is_admin):
        raise NotFound
    may_restore = ctx.actor.system or role in EDITORS
    path = f"/partners/{found.slug}"
    return VersionedObject(found.id, found.name, path, may_restore, found.is_fictional)


def dump(organisation_id: int) -> tuple[int, dict[str, Any]]:
    """Return version number and values of a profile; number 0 before there is one.

    Its promises are those of the working copy while there is one: what its people wrote last.
    """
    row = Profile.get_or_none(Profile.organisation == organisation_id)
    number, profile = (row.version, row) if row else (0, Profile())
    promised: Any = Commitment.select(Commitment.standard).where(
        Commitment.organisation == organisation_id
    )
    values = {name: getattr(profile, name) for name in FIELDS}
    copy = queries.open_change(organisation_id)
    promises = copy.promises if copy else [row[0] for row in promised.tuples()]
    return number, {**values, "commitments": sorted(promises)}


def field_name(name: str) -> str:
    """Return what a field of the profile is called."""
    names = {
        "roles": _("Takes part as"),
        "fields": _("Fields of education"),
        "languages": _("Languages at work"),
        "modes": _("Mode"),
        "targets": _("Works with"),
        "inclusion": _("Access and support"),
        "accommodation": _("Accommodation"),
        "services": _("Services and fees"),
        "months": _("Months with places"),
        "group_min": _("Smallest group"),
        "group_max": _("Largest group"),
        "places_a_year": _("Places a year"),
        "stay_min_weeks": _("Shortest stay in weeks"),
        "stay_max_weeks": _("Longest stay in weeks"),
        "minimum_age": _("Minimum age"),
        "accompanying_max": _("Accompanying persons at most"),
        "accompanying_free": _("of them without charge"),
        "summaries": _("Texts"),
        "original": _("Language written first"),
        "commitments": _("Quality promises"),
    }
    return names.get(name, name)


def show(name: str, value: Any) -> str:
    """Return a value of the profile as text, one line an entry."""
    if value in (None, "", [], {}):
        return ""
    if name == "summaries":
        return "\n\n".join(f"{_language(tag)}: {text}" for tag, text in value.items())
    if name == "original":
        return _language(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(_entry(name, item) for item in value)
    return str(value)


def _entry(name: str, item: Any) -> str:
    if name == "roles":
        return codes.name_of(codes.ROLES, item)
    if name == "fields":
        return codes.field_name(item)
    if name == "commitments":
        return codes.commitment_name(item)
    if name == "languages":
        return " ".join((_language(item[0]), item[1])).strip()
    if name == "services":
        fee = item.get("fee_cents")
        parts = (codes.key_name("service", item["kind"]), money(fee) if fee is not None else "")
        return " ".join(parts).strip()
    return codes.key_name(_KEYS.get(name, name), item) if isinstance(item, str) else str(item)


def _language(tag: str) -> str:
    return language_name(tag, locale()) if tag and tag != "und" else tag
