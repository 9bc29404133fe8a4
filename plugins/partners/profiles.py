"""What a profile page shows, in plain rows."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from babel.dates import format_date
from markupsafe import Markup

from plugins.directory.interface import verified_text
from plugins.partners import codes, queries, workflow
from plugins.partners.hookspecs import Shown
from plugins.partners.pages import value_label
from plugins.partners.queries import Partner
from plugins.partners.rules import REQUIRED, completeness
from portal import objects
from portal.context import Context
from portal.i18n import _, country_name, day, language_name, locale, money, ngettext, number
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import type_name

MOST_PROJECTS = 20
"""So many of its projects a profile shows at first."""
FACTS = {
    "name": lazy("Registered as"),
    "country": lazy("Country"),
    "city": lazy("Town"),
    "region": lazy("Region"),
    "website": lazy("Website"),
    "type": lazy("Kind of organisation"),
    "accreditation": lazy("Accreditation"),
    "accredited_projects": lazy("Accredited projects"),
    "granted": lazy("Granted for mobility"),
    "organisation_type": lazy("Listed as"),
    "project": lazy("Project"),
    "country_inferred": lazy("Country (inferred)"),
    "identifiers": lazy("Identifiers"),
    "position": lazy("Position"),
    "languages": lazy("Languages"),
    "fields": lazy("Fields of education"),
    "roles": lazy("Roles in mobility"),
    "description": lazy("Description"),
}
"""What public facts are called, by the name under which they are stored."""


def page(ctx: Context, partner: Partner, most: int = 0) -> dict[str, Any]:
    """Return everything the template of a profile needs, with its first projects, or all for 0.

    Costs one statement more for signed-in people.
    """
    queries.with_projects(ctx, [partner], most)
    have = queries.rights(ctx, partner.id, partner.publication_id)
    state = partner.publication or workflow.PUBLISHED
    done, missing = completeness(partner.values, dict.fromkeys(partner.promised, ""))
    return {
        "partner": partner,
        "kind": kind_name(partner),
        "verified": verified_text(partner.verified),
        "country": country_name(partner.country),
        "place": ", ".join(item for item in (partner.city, country_name(partner.country)) if item),
        "initials": initials(partner.name),
        "texts": texts(partner),
        "stats": stats(partner),
        "offers": offers(partner),
        "services": services(partner),
        "promises": promises(partner),
        "projects": projects(partner),
        "names": other_names(partner),
        "identifiers": [(_scheme(row[0]), row[2]) for row in partner.details["identifier"]],
        "facts": facts(partner),
        "may_edit": "edit" in have,
        "state": state,
        "is_member": "edit" in have or not ctx.actor.is_reviewer,
        "lacking": [item for item in missing if item.name in REQUIRED],
        "way_url": workflow.path(partner.slug) if "history" in have else "",
        "next_step": next_step(state, partner.change),
        "done": done,
        "missing": missing,
        "json_ld": json_ld(partner),
        "link": website_shown(partner.website),
    }


def asides(ctx: Context, partner: Partner, hook: str = "partners_asides") -> list[Markup]:
    """Return cards that others offer beside a profile in sight."""
    if not partner.is_public:
        return []
    return list(objects.registry().hooks.each(hook, ctx, shown=shown(partner)))


def actions(ctx: Context, partner: Partner) -> list[tuple[Any, str]]:
    """Return what the reader may begin with a partner in sight, as label and address."""
    if not partner.is_public:
        return []
    return list(objects.registry().hooks.each("partners_actions", ctx, shown=shown(partner)))


def shown(partner: Partner) -> Shown:
    """Return what hooks are told of a profile."""
    return Shown(partner.id, partner.slug, partner.claimed, partner.details)


def way(ctx: Context, partner: Partner) -> dict[str, Any]:
    """Return what the page of a profile's way to the public shows beside states and steps."""
    missing = completeness(partner.values, dict.fromkeys(partner.promised, ""))[1]
    have = queries.rights(ctx, partner.id, partner.publication_id)
    return {
        "partner": partner,
        "lacking": [item for item in missing if item.name in REQUIRED],
        "promises": promises(partner),
        "changes": promise_changes(partner),
        "may_edit": "edit" in have,
        "may_share": "share" in have,
    }


def drafts(ctx: Context) -> list[dict[str, Any]]:
    """Return the profiles that a person works on, drafts first; two statements."""
    states = {state.name: state for state in workflow.FLOW.states}
    mine = queries.member_of(ctx)
    rows = [
        {
            "name": row.organisation.name,
            "lang": row.organisation.name_lang,
            "slug": row.organisation.slug,
            "state": states[row.state],
            "is_shared": row.organisation.id not in mine,
            "next_step": next_step(row.state),
            "way_url": workflow.path(row.organisation.slug),
            "demo": row.organisation.is_fictional,
        }
        for row in queries.own_profiles(ctx)
    ]
    return sorted(rows, key=lambda row: row["state"].name == workflow.PUBLISHED)


def next_step(state: str, change: str | None = None) -> str:
    """Return what is to be done with a profile in a state, for the button that leads there."""
    if state == workflow.PUBLISHED and change:
        return _("Changed promises: next step")
    names = {
        workflow.DRAFT: _("Publish the profile"),
        workflow.PENDING: _("In review: see how far it is"),
        workflow.SUSPENDED: _("Suspended: see why"),
        workflow.ARCHIVED: _("Archived: see what happened"),
    }
    return names.get(state, _("Publication and history"))


def kind_name(partner: Partner) -> str:
    """Return the kind of organisation, empty when it is only known as "other"."""
    return "" if partner.type == "other" else type_name(partner.type)


def initials(name: str) -> str:
    """Return two letters for the tile beside the name."""
    words = [word for word in name.split() if word[:1].isalnum() and word[:1].isupper()] or [name]
    return (words[0][:1] + (words[1][:1] if len(words) > 1 else "")).upper()


def website_shown(url: str) -> str:
    """Return an address as people read it."""
    return url.split("://", 1)[-1].rstrip("/")


def texts(partner: Partner) -> list[tuple[str, str, str, bool]]:
    """Return the texts as language, name of the language, text, whether it is the original.

    The one in the reader's language comes first, then the original, then the others.
    """
    order = {"en": 2, partner.original or "": 1, locale(): 0}
    ranked = sorted(partner.summaries.items(), key=lambda item: (order.get(item[0], 3), item[0]))
    return [
        (lang, language_name(lang, locale()), text, lang == partner.original)
        for lang, text in ranked
    ]


def stats(partner: Partner) -> list[tuple[str, str]]:
    """Return up to three figures that stand out."""
    figures = []
    if partner.places_a_year:
        figures.append((number(partner.places_a_year), _("places a year")))
    if partner.stay_max_weeks:
        figures.append((stay(partner), _("length of stays")))
    count = partner.project_count
    if count:
        figures.append((number(count), ngettext("project", "projects", count)))
    for name, _source, value, _title in partner.details["fact"]:
        if name == "accredited_projects" and value.isdigit():
            figures.append(
                (
                    number(int(value)),
                    ngettext("accredited project", "accredited projects", int(value)),
                )
            )
        if name == "granted" and value.isdigit():
            figures.append((money(int(value)), _("granted for mobility")))
    return figures[:3]


def stay(partner: Partner) -> str:
    """Return the length of stays in words."""
    least, most = partner.stay_min_weeks, partner.stay_max_weeks
    if least and most and least != most:
        return _("%(least)s to %(most)s weeks", least=number(least), most=number(most))
    weeks = most or least
    return ngettext("%(num)s week", "%(num)s weeks", weeks) if weeks else ""


def group(partner: Partner) -> str:
    """Return the size of groups in words."""
    least, most = partner.group_min, partner.group_max
    if least and most:
        return _("%(least)s to %(most)s participants", least=number(least), most=number(most))
    if most:
        return _("up to %(most)s participants", most=number(most))
    return _("from %(least)s participants", least=number(least)) if least else ""


def offers(partner: Partner) -> list[tuple[str, str]]:
    """Return the rows of "What it offers"; an empty text is shown as not stated yet."""
    code = locale()
    return [
        (_("Takes part as"), _joined("role", partner.roles)),
        (_("Fields"), "; ".join(codes.field_name(item) for item in partner.fields)),
        (_("Languages"), ", ".join(_language(pair, code) for pair in partner.languages)),
        (_("Mode"), _joined("mode", partner.modes)),
        (_("Works with"), _joined("target", partner.targets)),
        (_("Group size"), group(partner)),
        (_("Length of stays"), stay(partner)),
        (_("Months"), _months(partner.months)),
        (_("Minimum age"), number(partner.minimum_age) if partner.minimum_age else ""),
        (_("Accompanying persons"), _accompanying(partner)),
        (_("Accommodation"), _joined("accommodation", partner.accommodation)),
        (_("Access and support"), _joined("inclusion", partner.inclusion)),
    ]


def _joined(name: str, keys: list[str]) -> str:
    return ", ".join(value_label(name, key) for key in keys)


def _language(pair: list[str], code: str) -> str:
    name, level = language_name(pair[0], code), pair[1] if len(pair) > 1 else ""
    if level == "native":
        return name
    return f"{name} ({level})" if level else name


def _months(months: list[int]) -> str:
    if len(months) == 12:
        return _("all year")
    return ", ".join(month_name(number_) for number_ in months)


def month_name(month: int) -> str:
    """Return a month's short name in the current language."""
    return format_date(date(2026, month, 1), "LLL", locale=locale())


def _accompanying(partner: Partner) -> str:
    most, free = partner.accompanying_max, partner.accompanying_free
    if most is None:
        return ""
    if most == 0:
        return _("none")
    text = ngettext("up to %(num)s person", "up to %(num)s persons", most)
    if free:
        text = _("%(most)s, %(free)s of them without charge", most=text, free=number(free))
    return text


def services(partner: Partner) -> list[dict[str, str]]:
    """Return services with fee and what is included."""
    rows = []
    for item in partner.services:
        cents = item.get("fee_cents")
        fee = _("not stated yet") if cents is None else _("no charge")
        if cents:
            unit = codes.key_name("fee_unit", item.get("per", "person"))
            fee = _("%(fee)s %(unit)s", fee=money(cents), unit=unit)
        rows.append(
            {
                "name": codes.key_name("service", item["kind"]),
                "fee": fee,
                "includes": ", ".join(
                    codes.key_name("service", key) for key in item.get("includes", [])
                ),
                "note": item.get("note") or "",
            }
        )
    return rows


def promises(partner: Partner) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the quality promises by part: sentence and since when."""
    promised = partner.commitments
    parts: dict[str, list[tuple[str, str]]] = {}
    for key, (part, _english, _source) in codes.commitments().items():
        if key in promised:
            since = day(date.fromisoformat(promised[key]), "medium")
            parts.setdefault(part, []).append(
                (codes.commitment_name(key), _("promised on %(day)s", day=since))
            )
    return [(codes.name_of(codes.PARTS, part), rows) for part, rows in parts.items()]


def promise_changes(partner: Partner) -> list[tuple[str, bool]]:
    """Return what the working copy changes: each promise that comes (True) or goes."""
    public = set(partner.commitments)
    changed = public.symmetric_difference(partner.promised)
    return [
        (codes.commitment_name(key), key not in public)
        for key in codes.commitments()
        if key in changed
    ]


def projects(partner: Partner) -> list[tuple[str, str, str]]:
    """Return acronym, title and role of the projects it took part in."""
    names = _role_names(partner)
    return [(part.acronym, part.title, names[part.role]) for part in partner.projects]


def _role_names(partner: Partner) -> dict[str, str]:
    roles = {part.role for part in partner.projects}
    return {role: codes.name_of(codes.PROJECT_ROLES, role) for role in roles}


def other_names(partner: Partner) -> list[tuple[str, str, str]]:
    """Return other names as kind, name and language."""
    kinds = {
        "acronym": _("Acronym"),
        "translation": _("In another language"),
        "transliteration": _("In other letters"),
        "former": _("Former name"),
        "alias": _("Also known as"),
    }
    rows = [(kinds.get(row[0], kinds["alias"]), row[2], row[1]) for row in partner.details["name"]]
    if partner.registered_name and partner.registered_name != partner.name:
        rows.insert(0, (_("Registered as"), partner.registered_name, partner.name_lang))
    return rows


def facts(partner: Partner) -> list[tuple[str, str, str]]:
    """Return the public facts as name, value and source; what comes from a source stands here."""
    rows = []
    for name, _source, value, title in partner.details["fact"]:
        shown = value
        if name in {"country", "country_inferred"}:
            shown = country_name(value)
        elif name == "type":
            shown = type_name(value)
        elif name == "granted" and value.isdigit():
            shown = money(int(value))
        elif name in {"languages", "fields", "roles"}:
            shown = ", ".join(_entry(name, part) for part in value.split("; "))
        rows.append((codes.name_of(FACTS, name), shown, title))
    titles = {source: title for _name, source, _value, title in partner.details["fact"]}
    roles, project = _role_names(partner), _("Project")
    for part in partner.projects[:MOST_PROJECTS]:
        if part.source:
            shown = f"{part.acronym or part.title} ({roles[part.role]})"
            rows.append((project, shown, titles.get(part.source, part.source)))
    return rows


def _entry(name: str, part: str) -> str:
    """Return one entry of a fact that lists several."""
    if name == "fields":
        return codes.field_name(part)
    if name == "roles":
        return codes.name_of(codes.ROLES, part)
    tag, _colon, level = part.partition(":")
    return f"{language_name(tag)} {level}".strip()


def _scheme(scheme: str) -> str:
    known = {"oid": "OID", "pic": "PIC", "ror": "ROR", "lei": "LEI", "uai": "UAI"}
    return known.get(scheme, scheme)


def json_ld(partner: Partner) -> Markup:
    """Return the schema.org description of a real organisation; nothing for a made-up one."""
    if partner.is_fictional:
        return Markup("")
    kinds = {"vet-school": "EducationalOrganization", "university": "CollegeOrUniversity"}
    described: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": kinds.get(partner.type, "Organization"),
        "name": partner.name,
        "legalName": partner.registered_name,
        "alternateName": [row[2] for row in partner.details["name"]],
        "url": partner.website,
        "address": {
            "@type": "PostalAddress",
            "addressLocality": partner.city,
            "addressCountry": partner.country,
        },
        "identifier": [
            {"@type": "PropertyValue", "propertyID": row[0], "value": row[2]}
            for row in partner.details["identifier"]
        ],
        "knowsLanguage": [pair[0] for pair in partner.languages],
    }
    described["address"] = {key: value for key, value in described["address"].items() if value}
    text = json.dumps({key: value for key, value in described.items() if value}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  escaped for script
