"""How a consortium is: each sign a plain sentence with a next step, the measure behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from plugins.consortia.rules import Balance
from portal.i18n import _, country_name, ngettext, number, percent

CARRIED = 70
"""So many hundredths of the places are looked at: who carries them."""
SILENT_DAYS = 14
LOPSIDED = 5
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


@dataclass(frozen=True)
class Fact:
    """A member as health looks at it; `contacts` counts who acts for it, `until` ends of agreements."""

    id: int
    name: str
    country: str
    contacts: int
    is_claimed: bool
    until: tuple[str, ...] | None = None


def gini(values: Sequence[int]) -> float:
    """Return how unevenly something is shared: 0 all alike, towards 1 one has it all.

    The mean difference of all pairs over twice the mean. 0 for nothing at all.
    """
    ordered, total = sorted(values), sum(values)
    if not total:
        return 0.0
    weighted = sum(at * value for at, value in enumerate(ordered, 1))
    return (2 * weighted) / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)


def carriers(loads: Mapping[int, int], share: int = CARRIED) -> list[int]:
    """Return the fewest members that carry such a share of all, those with most first."""
    total, found, sum_so_far = sum(loads.values()), [], 0
    for member, load in sorted(loads.items(), key=lambda item: (-item[1], item[0])):
        if not total or sum_so_far * 100 >= share * total:
            break
        found.append(member)
        sum_so_far += load
    return found


def single(facts: Sequence[Fact]) -> list[str]:
    """Return the countries that hang on one member, where there are several countries."""
    counts = Counter(fact.country for fact in facts)
    return sorted(code for code, count in counts.items() if count == 1) if len(counts) > 1 else []


def signs(
    facts: Sequence[Fact],
    balances: Mapping[int, Balance],
    *,
    gaps: Sequence[str],
    silent: Sequence[tuple[str, int]],
    today: date,
    answered: Sequence[int] = (),
) -> list[Sign]:
    """Return what to know, the worst first."""
    names = {fact.id: fact.name for fact in facts}
    found = [
        *_gaps(gaps),
        *_silent(silent),
        *_answers(answered),
        *_load(names, balances),
        *_countries(facts),
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
    few = carriers(loads)
    share = round(100 * sum(loads[key] for key in few) / total)
    measure = _(
        "Each place counts for who sends and who hosts. Gini %(gini)s: 0 is all alike, 1 is one for "
        "all.",
        gini=number(round(gini(list(loads.values())), 2), 2),
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


def _countries(facts: Sequence[Fact]) -> list[Sign]:
    alone = single(facts)
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
