"""Turns requests into what pages show: plain rows, facets, facts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import quote_plus

from werkzeug.datastructures import MultiDict

from plugins.partners.interface import ROLES, clean, field_name, key_name, name_of, printable
from plugins.requests import labels, reasons, rules
from plugins.requests.documents import FACETS
from plugins.requests.models import PartnerRequest, Reply
from plugins.requests.rules import Point
from plugins.search.interface import Query, Result, index
from portal.i18n import _, country_name, day, language_name, locale, number
from portal.organisations.models import Organisation

KIND = "request"
PAGE_SIZE = 20
MOST_PAGE = 10_000
LONGEST_TEXT = 200
MOST_VALUES = 40
MONTH = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Filters:
    """What somebody looks for among the open requests; all of it stands in the address."""

    text: str = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    page: int = 1
    page_size: int = PAGE_SIZE

    def url(self, path: str = "/requests") -> str:
        """Return the address of this list."""
        pairs = [("q", self.text)] if self.text else []
        pairs += [(name, value) for name in FACETS for value in self.facets.get(name, ())]
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        joined = "&".join(f"{name}={quote_plus(value)}" for name, value in pairs)
        return f"{path}?{joined}" if joined else path

    def less(self, name: str, value: str) -> Filters:
        """Return the list without one value of a facet, from its first page."""
        left = tuple(item for item in self.facets.get(name, ()) if item != value)
        others = {key: values for key, values in self.facets.items() if key != name}
        return replace(self, facets=others | ({name: left} if left else {}), page=1)


def parse(args: MultiDict[str, str], page_size: int = PAGE_SIZE) -> Filters:
    """Read an address. What can't be read is left out: a page never fails for a parameter."""
    facets = {}
    for name in FACETS:
        raw = args.getlist(name)[:MOST_VALUES]
        kind = "country" if name == "from" else name
        values = [value for value in (clean(kind, text) for text in raw) if value]
        if name == "month":
            values = [value for value in values if MONTH.fullmatch(value)]
        if values:
            facets[name] = tuple(dict.fromkeys(values))
    page = args.get("page", "")[:6]
    text = " ".join(printable(args.get("q", ""))[:LONGEST_TEXT].split())
    at = int(page) if page.isascii() and page.isdigit() else 1
    return Filters(text, facets, max(1, min(at, MOST_PAGE)), page_size)


def search(filters: Filters, seq: int, counted: bool = True) -> Result:
    """Find open requests, the newest first."""
    catalogue = index(KIND)
    catalogue.refresh(seq)
    return catalogue.search(replace(question(filters), facet_names=FACETS if counted else ()))


def question(filters: Filters) -> Query:
    """Return what a list asks of the engine."""
    return Query(
        text=filters.text,
        facets=filters.facets,
        sort="newest",
        offset=(filters.page - 1) * filters.page_size,
        limit=filters.page_size,
        prefix_last=bool(filters.text),
    )


def value_label(name: str, value: str) -> str:
    """Return the name of a facet's value in the current language."""
    if name in {"country", "from"}:
        return country_name(value)
    if name == "field":
        return field_name(value)
    if name == "role":
        return labels.looks_for(value) if value in ROLES else value
    if name == "month":
        return labels.month_name(value) if MONTH.fullmatch(value) else value
    return key_name(name, value)


def facet_titles() -> dict[str, str]:
    """Return the legends of the facets."""
    return {
        "field": _("Field"),
        "country": _("Looks in"),
        "role": _("Looks for"),
        "month": _("Month"),
        "mode": _("Mode"),
        "from": _("Asks from"),
    }


def facets(filters: Filters, counts: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return the facets of the page with their rows; of fields the broad ones and chosen ones."""
    shown = []
    for name, title in facet_titles().items():
        picked = filters.facets.get(name, ())
        found = {**dict.fromkeys(picked, 0), **counts.get(name, {})}
        if name == "field":
            found = {
                v: n for v, n in found.items() if len(v) == 2 or v in picked or _below(v, picked)
            }
        order = sorted(found) if name == "month" else _frequent(found)
        rows = [
            {
                "value": value,
                "label": value_label(name, value),
                "count": found[value],
                "shown": number(found[value]),
                "chosen": value in picked,
            }
            for value in order
        ]
        if rows:
            shown.append({"name": name, "title": title, "rows": rows})
    return shown


def _frequent(found: Mapping[str, int]) -> list[str]:
    return sorted(found, key=lambda value: (-found[value], value))


def _below(value: str, picked: tuple[str, ...]) -> bool:
    return any(value.startswith(code) and value != code for code in picked)


def applied(filters: Filters) -> list[dict[str, str]]:
    """Return the chosen values as chips that take themselves away."""
    return [
        {"label": value_label(name, value), "remove_url": filters.less(name, value).url()}
        for name in FACETS
        for value in filters.facets.get(name, ())
    ]


def card(found: Mapping[str, Any]) -> dict[str, Any]:
    """Return one of the list of open requests."""
    facts = [
        labels.period(found["starts_on"], found["ends_on"]),
        _("%(num)s places", num=number(found["places"])) if found["places"] else "",
        ", ".join(country_name(code) for code in found["countries"][:4])
        + (" …" if len(found["countries"]) > 4 else ""),
        ", ".join(field_name(code) for code in found["fields"][:3]),
    ]
    return {
        **found,
        "url": f"/requests/{found['slug']}",
        "looks_for": labels.looks_for(found["role"]),
        "country": country_name(found["from"]),
        "facts": [fact for fact in facts if fact],
        "until": day(date.fromisoformat(found["closes_on"]), "medium"),
    }


def facts(request: PartnerRequest) -> list[tuple[str, str]]:
    """Return what a request asks for, for its page."""
    lists = {
        "modes": ("mode", _("Mode")),
        "inclusion": ("inclusion", _("Access and support that is needed")),
    }
    rows = [
        (_("Looks for"), name_of(ROLES, request.role)),
        (_("Fields"), ", ".join(map(field_name, request.fields))),
        (_("Occupations"), ", ".join(pair[0] for pair in request.occupations)),
        (
            _("Countries"),
            ", ".join(country_name(code) for code in request.countries) or _("any country"),
        ),
        (_("When"), labels.period(request.starts_on, request.ends_on)),
        (_("Places, or size of the group"), str(request.places or "")),
        (_("Age of the youngest"), str(request.youngest_age or "")),
        (
            _("Languages that help"),
            ", ".join(language_name(tag, locale()) for tag in request.languages),
        ),
    ]
    for name, (kind, label) in lists.items():
        rows.append((label, ", ".join(key_name(kind, key) for key in getattr(request, name))))
    return rows


def own(request: PartnerRequest) -> dict[str, Any]:
    """Return one of the list of the person's own requests."""
    owner: Organisation = request.organisation
    return {
        "url": f"/requests/{request.slug}",
        "title": request.title,
        "lang": request.lang,
        "state": request.state,
        "asker": owner.name,
        "until": day(request.closes_on, "medium"),
    }


def own_reply(reply: Reply) -> dict[str, Any]:
    """Return one of the list of the person's own answers."""
    request: PartnerRequest = reply.request
    return {
        "url": f"/requests/{request.slug}/reply?organisation={reply.organisation.slug}",
        "title": request.title,
        "lang": request.lang,
        "asker": reply.organisation.name,
        "state": labels.reply_state(reply.state),
    }


def comparison(asked: Sequence[Point], replies: Sequence[Reply]) -> list[tuple[str, list[str]]]:
    """Return the lines of the comparison of answers: a label, then a cell for each answer."""
    points = rules.answerable(asked)
    summary = [
        _("%(covered)s of %(asked)s points", covered=_count(points, reply), asked=len(points))
        for reply in replies
    ]
    lines = [(_("Covers"), summary)]
    for point in points:
        key = rules.point_id(point)
        cells = [_("yes") if key in reply.covers else _("not named") for reply in replies]
        lines.append((reasons.point_title(point), cells))
    stated = _("not stated yet")
    lines += [
        (_("When"), [labels.period(r.starts_on, r.ends_on) or stated for r in replies]),
        (_("Places"), [str(r.places or stated) for r in replies]),
        (_("Costs"), [r.price_note or stated for r in replies]),
    ]
    return lines


def _count(points: Sequence[Point], reply: Reply) -> int:
    return sum(rules.point_id(point) in reply.covers for point in points)
