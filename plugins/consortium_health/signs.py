"""How a consortium is: each sign a plain sentence with a next step, the measure behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.consortia.interface import Balance
from plugins.consortium_health import measures
from plugins.consortium_health.measures import Fact, Sole
from plugins.partners.interface import field_name
from portal.i18n import _, country_name, ngettext, number, percent

SILENT_DAYS = 14
LOPSIDED = 5
MOST_NAMED = 5
EXPIRES_SOON = timedelta(days=60)


@dataclass(frozen=True)
class Sign:
    """Something to know: `kind` is bad, warn or ok; `next_page` is a page of the consortium."""

    kind: str
    title: str
    text: str
    next_page: str = ""
    next_label: str = ""
    measure: str = ""


def signs(
    facts: Sequence[Fact],
    balances: Mapping[int, Balance],
    *,
    gaps: Sequence[str],
    silent: Sequence[tuple[str, int]],
    today: date,
    answered: Sequence[int] = (),
    alone: Mapping[int, Sole] | None = None,
    covered: Mapping[str, Collection[int]] | None = None,
) -> list[Sign]:
    """Return what to know, the worst first.

    `alone` is what hangs on each member, `covered` who covers each field.
    """
    names = {fact.id: fact.name for fact in facts}
    found = [
        *_gaps(gaps),
        *_silent(silent),
        *_answers(answered),
        *_load(names, balances),
        *_members(facts, alone or {}),
        *_countries(facts),
        *_fields(covered or {}),
        *_contacts(facts),
        *_balance(names, balances),
        *_agreements(facts, today),
    ]
    order = {"bad": 0, "warn": 1, "ok": 2}
    return sorted(found, key=lambda sign: order[sign.kind])


def _answers(days: Sequence[int]) -> list[Sign]:
    if not days:
        return []
    middle = sorted(days)[len(days) // 2]
    title = ngettext(
        "Half of those who were asked answered within %(num)s day",
        "Half of those who were asked answered within %(num)s days",
        max(middle, 1),
    )
    measure = _("Days from the invitation to the answer, the one in the middle.")
    return [Sign("ok", title, "", "members", _("Look at them"), measure)]


def _gaps(gaps: Sequence[str]) -> list[Sign]:
    if not gaps:
        return []
    title = ngettext(
        "%(num)s wish is covered by nobody", "%(num)s wishes are covered by nobody", len(gaps)
    )
    measure = _("What the consortium looks for, against the profiles of its members.")
    return [Sign("bad", title, "; ".join(gaps[:5]), "partners", _("See who fits"), measure)]


def _silent(silent: Sequence[tuple[str, int]]) -> list[Sign]:
    late = [(name, days) for name, days in silent if days >= SILENT_DAYS]
    if not late:
        return []
    title = ngettext(
        "%(num)s organisation has not answered for two weeks",
        "%(num)s organisations have not answered for two weeks",
        len(late),
    )
    longest = max(days for _name, days in late)
    text = ", ".join(name for name, _days in late[:5])
    measure = ngettext(
        "The longest has waited %(num)s day.", "The longest has waited %(num)s days.", longest
    )
    return [Sign("warn", title, text, "members", _("Remind them"), measure)]


def _load(names: Mapping[int, str], balances: Mapping[int, Balance]) -> list[Sign]:
    loads = {key: item.sends + item.hosts for key, item in balances.items() if key in names}
    total = sum(loads.values())
    if not total or len(loads) < 3:
        return []
    few = measures.carriers(loads)
    share = round(100 * sum(loads[key] for key in few) / total)
    measure = _(
        "Each place counts for who sends and who hosts. Gini %(gini)s: 0 is all alike, 1 is one for "
        "all.",
        gini=number(round(measures.gini(list(loads.values())), 2), 2),
    )
    title = ngettext(
        "%(num)s member carries %(share)s of the places",
        "%(num)s members carry %(share)s of the places",
        len(few),
        share=percent(share),
    )
    kind = "warn" if len(few) * 2 < len(loads) else "ok"
    return [
        Sign(kind, title, ", ".join(names[key] for key in few[:5]), "places",
             _("Look at the places"), measure)
    ]  # fmt: skip


def _members(facts: Sequence[Fact], alone: Mapping[int, Sole]) -> list[Sign]:
    """Countries and fields have signs of their own; in small consortia everything hangs on each."""
    if len(facts) < measures.FEWEST:
        return []
    found = []
    soles = [(fact, alone.get(fact.id, Sole())) for fact in facts]
    told = [
        (fact.name, texts)
        for fact, sole in soles
        if (texts := [*_parts(sole), *_host(fact, sole, is_sign=True)])
    ]
    if told:
        title = ngettext(
            "%(num)s member does what no other does",
            "%(num)s members do what no other does",
            len(told),
        )
        text = "; ".join(f"{name} ({', '.join(texts)})" for name, texts in told[:MOST_NAMED])
        measure = _("What members do here, as noted with each and as places say.")
        found.append(Sign("warn", title, text, "partners", _("Find a second one"), measure))
    names = [fact.name for fact, sole in soles if sole.cuts]
    if names:
        title = ngettext(
            "%(num)s member holds others together",
            "%(num)s members hold others together",
            len(names),
        )
        text = _(
            "If one leaves, the others fall into groups without places between them: %(names)s",
            names=_listed(names),
        )
        measure = _(
            "Two members are tied when places go between them; such a member is a cut point "
            "(articulation point) of these ties."
        )
        found.append(
            Sign("warn", title, text, "places", _("Plan places between others, too"), measure)
        )
    return found


def losses(
    fact: Fact, sole: Sole, names: Mapping[int, str], wishes: Sequence[str] = ()
) -> list[str]:
    """Say what a consortium loses with a member, each in some words; `wishes` only it covers."""
    found = [*_parts(sole), *_host(fact, sole)]
    if sole.country and not sole.host:
        found.append(_("only member: %(country)s", country=country_name(fact.country)))
    if sole.fields:
        fields = _listed([field_name(code) for code in sole.fields])
        found.append(_("only one for: %(fields)s", fields=fields))
    if wishes:
        found.append(_("only one for the wish: %(wishes)s", wishes=_listed(wishes, "; ")))
    if sole.cuts:
        found.append(_("holds others together"))
    if sole.ties:
        tied = _listed([names[number] for number in sole.ties if number in names])
        found.append(_("only one with places for: %(names)s", names=tied))
    return found


def _parts(sole: Sole) -> list[str]:
    texts = {
        "sending": _("only one that sends"),
        "host": _("only one that hosts"),
        "supporting": _("only one that supports"),
    }
    return [texts[part] for part in sole.does]


def _host(fact: Fact, sole: Sole, is_sign: bool = False) -> list[str]:
    if not sole.host or "host" in sole.does or (is_sign and sole.country):
        return []
    return [_("only host: %(country)s", country=country_name(fact.country))]


def _listed(names: Sequence[str], mark: str = ", ") -> str:
    shown = mark.join(names[:MOST_NAMED])
    if len(names) <= MOST_NAMED:
        return shown
    return str(_("%(names)s and %(more)s more", names=shown, more=len(names) - MOST_NAMED))


def _countries(facts: Sequence[Fact]) -> list[Sign]:
    alone = measures.single(facts)
    if not alone:
        return []
    title = ngettext(
        "%(num)s country hangs on one member", "%(num)s countries hang on one member", len(alone)
    )
    text = _(
        "The consortium loses them if one organisation leaves: %(countries)s",
        countries=", ".join(country_name(code) for code in alone),
    )
    measure = _("Members by country; a country with one member hangs on it.")
    return [Sign("warn", title, text, "partners", _("Find a second one"), measure)]


def _fields(covered: Mapping[str, Collection[int]]) -> list[Sign]:
    found = []
    measure = _("Fields of the consortium, against the public profiles of its members.")
    nobody = [field_name(code) for code, members in covered.items() if not members]
    if nobody:
        title = ngettext(
            "%(num)s field is in no profile of a member",
            "%(num)s fields are in no profile of a member",
            len(nobody),
        )
        text = _listed(nobody, "; ")
        found.append(Sign("warn", title, text, "partners", _("See who fits"), measure))
    alone = [field_name(code) for code, members in covered.items() if len(members) == 1]
    if alone:
        title = ngettext(
            "%(num)s field hangs on one member", "%(num)s fields hang on one member", len(alone)
        )
        text = _(
            "The consortium loses them if one organisation leaves: %(fields)s",
            fields=_listed(alone, "; "),
        )
        found.append(Sign("warn", title, text, "partners", _("Find a second one"), measure))
    return found


def _contacts(facts: Sequence[Fact]) -> list[Sign]:
    lonely = [fact.name for fact in facts if fact.is_claimed and fact.contacts == 1]
    absent = [fact.name for fact in facts if not fact.contacts]
    found = []
    measure = _("People who act for the member on this portal.")
    if absent:
        title = ngettext(
            "%(num)s member has nobody who acts for it here",
            "%(num)s members have nobody who acts for them here",
            len(absent),
        )
        named = ", ".join(absent[:5])
        found.append(Sign("warn", title, named, "members", _("Look at them"), measure))
    if lonely:
        title = ngettext(
            "%(num)s member hangs on one person", "%(num)s members hang on one person", len(lonely)
        )
        text = _("Ask for a second person: %(names)s", names=", ".join(lonely[:5]))
        found.append(Sign("warn", title, text, "members", _("Look at them"), measure))
    return found


def _balance(names: Mapping[int, str], balances: Mapping[int, Balance]) -> list[Sign]:
    rows = [(item.difference, names[key]) for key, item in balances.items() if key in names]
    lopsided = sorted(
        (row for row in rows if abs(row[0]) >= LOPSIDED), key=lambda row: -abs(row[0])
    )
    return [
        Sign(
            "warn",
            _("%(name)s hosts %(more)s more than it sends", name=name, more=number(more))
            if more > 0
            else _("%(name)s sends %(more)s more than it hosts", name=name, more=number(-more)),
            _("That may be what you want. Else plan places the other way."),
            "places",
            _("Look at the places"),
            _("Planned places that it hosts, less those that it sends."),
        )
        for more, name in lopsided[:2]
    ]


def _agreements(facts: Sequence[Fact], today: date) -> list[Sign]:
    """Nothing is said where nobody knows of agreements."""
    if not facts or any(fact.until is None for fact in facts):
        return []
    without = [fact.name for fact in facts if not fact.until]
    soon = (today + EXPIRES_SOON).isoformat()
    ending = [
        fact.name for fact in facts if fact.until and all(e and e <= soon for e in fact.until)
    ]
    found = []
    steps = "agreements", _("See the agreements"), _("Agreements in force between the members.")
    if without:
        title = ngettext(
            "%(num)s member has no agreement in force",
            "%(num)s members have no agreement in force",
            len(without),
        )
        found.append(Sign("warn", title, ", ".join(without[:5]), *steps))
    if ending:
        title = ngettext(
            "The agreement of %(num)s member ends within 60 days",
            "The agreements of %(num)s members end within 60 days",
            len(ending),
        )
        found.append(Sign("warn", title, ", ".join(ending[:5]), *steps))
    return found
