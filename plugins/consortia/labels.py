"""What the words of consortia are called on pages."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from plugins.consortia.models import Entry
from plugins.partners.interface import ROLES as PARTNER_PARTS
from portal import data
from portal.i18n import _, country_name, day, gettext
from portal.text import sort_key


@cache
def _usual() -> tuple[str, ...]:
    path = Path(data.__file__).parent / "countries.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(row["code"] for row in csv.DictReader(file))


def countries() -> list[tuple[str, str]]:
    """Return the countries that take part in mobility, or are near, by name."""
    return sorted(
        ((code, country_name(code)) for code in _usual()), key=lambda pair: sort_key(pair[1])
    )


def kind(key: str) -> str:
    """Return what a kind of consortium is called."""
    names = {
        "bilateral": _("Bilateral cooperation"),
        "network": _("Network"),
        "national": _("National mobility consortium"),
        "cooperation": _("Cooperation partnership"),
        "excellence": _("Centre of Vocational Excellence"),
    }
    return names.get(key, key)


def kind_help(key: str) -> str:
    """Return in a line what a kind is for."""
    names = {
        "bilateral": _("Two organisations that send and host for each other."),
        "network": _("Several that work together, with or without a grant."),
        "national": _("Organisations of one country that apply for mobility together."),
        "cooperation": _("Partners of several countries in one funded project."),
        "excellence": _("A large network for a field or a region."),
    }
    return names.get(key, "")


def rule_title(rule: Any) -> str:
    """Return what a programme rule is called; those of a site are called as in their file."""
    names = {
        "bilateral": _("Bilateral cooperation"),
        "network": _("Mobility network"),
        "national-consortium": _("National mobility consortium"),
    }
    return str(names.get(rule.key, rule.title))


def rule_caveat(rule: Any) -> str:
    """Return what to keep in mind about a programme rule."""
    told = {
        "bilateral": _("Good practice, not a rule of the programme."),
        "network": _(
            "Good practice, not a rule of the programme: sending and hosting are in different "
            "countries."
        ),
        "national-consortium": _(
            "The page may be older than the programme of 2021 to 2027. Ask your National Agency."
        ),
    }
    return str(told.get(rule.key, rule.caveat))


def role(key: str, is_lead: bool = False) -> str:
    """Return what a member is formally."""
    if is_lead:
        return _("lead")
    names = {
        "partner": _("partner"),
        "associated_partner": _("associated partner"),
        "affiliated_entity": _("affiliated entity"),
    }
    return names.get(key, key)


def part(key: str) -> str:
    """Return what a member does."""
    return str(PARTNER_PARTS.get(key, key))


def state(key: str) -> tuple[str, str]:
    """Return how far a consortium is, and the kind of its tag."""
    names = {
        "forming": (_("forming"), "warn"),
        "active": (_("active"), "ok"),
        "suspended": (_("suspended"), "bad"),
        "closed": (_("closed"), ""),
    }
    return names.get(key, (key, ""))


def member_state(key: str) -> tuple[str, str]:
    """Return how far a membership is, and the kind of its tag."""
    names = {
        "invited": (_("invited"), "act"),
        "applied": (_("wants to join"), "warn"),
        "active": (_("member"), "ok"),
        "declined": (_("declined"), ""),
        "left": (_("left"), ""),
        "ended": (_("participation ended"), "bad"),
    }
    return names.get(key, (key, ""))


def groups() -> list[tuple[str, str]]:
    """Return the states of memberships in the order of the page, with what each list is called."""
    return [
        ("applied", _("Want to join")),
        ("active", _("Members")),
        ("invited", _("Invited")),
        ("declined", _("Declined")),
        ("left", _("Left")),
        ("ended", _("Participation ended")),
    ]


def period(starts_on: str, ends_on: str) -> str:
    """Return days as people write them, empty when none are stated."""
    if not starts_on and not ends_on:
        return ""
    if not starts_on:
        return _("until %(day)s", day=day(date.fromisoformat(ends_on), "medium"))
    first = day(date.fromisoformat(starts_on), "medium")
    if not ends_on:
        return _("from %(day)s", day=first)
    last = day(date.fromisoformat(ends_on), "medium")
    return _("%(first)s to %(last)s", first=first, last=last)


def on_days(starts_on: str, ends_on: str) -> str:
    """Return when a date is."""
    first = day(date.fromisoformat(starts_on), "medium")
    if not ends_on:
        return first
    last = day(date.fromisoformat(ends_on), "medium")
    return _("%(first)s to %(last)s", first=first, last=last)


def happened(entry: Entry) -> str:
    """Return a line of history as a sentence."""
    said: dict[str, Any] = entry.detail
    name = entry.organisation.name if entry.organisation else _("an organisation that is gone")
    reason = str(said.get("reason", ""))
    if entry.what == "said":
        return gettext(str(said["message"]), **said["values"])
    told = {
        "founded": _("%(name)s founded the consortium", name=name),
        "changed": _("What the consortium says of itself was changed"),
        "activate": _("The consortium started"),
        "suspend": _("The consortium was suspended"),
        "reinstate": _("The consortium goes on"),
        "close": _("The consortium was closed"),
        "reminded": _("Those who had not answered were reminded"),
        "member.invited": _("%(name)s was invited", name=name),
        "member.invite": _("%(name)s was invited again", name=name),
        "member.applied": _("%(name)s asked to join", name=name),
        "member.apply": _("%(name)s asked to join again", name=name),
        "member.active": _("%(name)s is a member", name=name),
        "member.accept": _("%(name)s accepted", name=name),
        "member.admit": _("%(name)s was admitted", name=name),
        "member.decline": _("%(name)s declined", name=name),
        "member.refuse": _("%(name)s was refused", name=name),
        "member.withdraw": _("%(name)s no longer wants to join", name=name),
        "member.take_back": _("The invitation of %(name)s was taken back", name=name),
        "member.leave": _("%(name)s left", name=name),
        "member.end": _("The participation of %(name)s was ended", name=name),
        "member.described": _("What %(name)s does in the consortium was changed", name=name),
        "member.contacts": _("%(name)s said whom to write to", name=name),
        "lead.hand_over": _("%(name)s was asked to lead", name=name),
        "lead.replacement": _("Members proposed %(name)s as lead", name=name),
        "lead.supported": _("%(name)s voted for another lead", name=name),
        "lead.refused": _("%(name)s did not become the lead", name=name),
        "lead.stopped": _("The lead stays; %(name)s is not asked any more", name=name),
        "lead.changed": _(
            "%(name)s leads now, after %(former)s", name=name, former=said.get("former", "")
        ),
        "places.set": _(
            "Places from %(sender)s at %(name)s: %(planned)s planned, %(agreed)s agreed, "
            "%(done)s done",
            sender=said.get("sender", ""),
            name=name,
            planned=said.get("planned", 0),
            agreed=said.get("agreed", 0),
            done=said.get("done", 0),
        ),
        "places.moved": _(
            "%(places)s places went from %(former)s to %(name)s",
            places=said.get("places", 0),
            former=said.get("former", ""),
            name=name,
        ),
        "date.added": _("A date was added: %(title)s", title=said.get("title", "")),
        "date.removed": _("A date was taken away: %(title)s", title=said.get("title", "")),
        "rule.chosen": _("The consortium keeps to another programme rule"),
        "needs.changed": _("What the consortium looks for was changed"),
    }.get(entry.what, entry.what)
    if said.get("by") == "link":
        told = _("%(what)s, by the link in its mail", what=told)
    return f"{told}: {reason}" if reason else told
