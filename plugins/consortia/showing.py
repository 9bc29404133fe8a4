"""Who belongs to a consortium, as its page shows it: drawn once for the same members, then kept."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from typing import Any, NamedTuple

from flask import current_app
from markupsafe import Markup

from plugins.consortia import labels, rules
from plugins.consortia.models import RUNNING, Consortium
from plugins.consortia.queries import Line
from portal import objects
from portal.i18n import _, country_name, locale

MOST_SHOWN = 20
"""So many members, and so many countries, the page shows at first."""
KEPT = 300


class Who(NamedTuple):
    """The members: two tables, how many and from how many countries, and for search engines."""

    tables: Markup
    members: int
    countries: int
    described: str


def who(row: Consortium, lines: tuple[Line, ...], is_whole: bool) -> Who:
    """Return who belongs to a consortium: the first of many, or all of them."""
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    make = _who.__wrapped__ if is_whole and len(lines) > MOST_SHOWN else _who
    return make(
        (objects.registry().generation, locale(), base), row.slug, row.lead_id, lines, is_whole
    )


@lru_cache(maxsize=KEPT)
def _who(place: tuple[Any, ...], slug: str, lead: int, lines: tuple[Line, ...], whole: bool) -> Who:
    """Draw the tables; everything that they depend on stands in the arguments."""
    countries = _matrix(lead, lines)
    most = len(lines) if whole else MOST_SHOWN
    tables = current_app.jinja_env.get_template("consortia/who.html").render(
        slug=slug,
        rows=[_member(lead, line) for line in lines[:most]],
        matrix=countries if whole else countries[:MOST_SHOWN],
        hidden=max(0, len(lines) - most),
        folded=0 if whole else max(0, len(countries) - MOST_SHOWN),
        total=len(lines),
    )
    described = [
        {"@type": "Organization", "name": line.name, "url": f"{place[-1]}/partners/{line.slug}"}
        for line in lines
    ]
    return Who(Markup(tables), len(lines), len(countries), json.dumps(described))  # noqa: S704


def forget() -> None:
    """Draw everything anew, for measuring."""
    _who.cache_clear()


def _member(lead: int, line: Line) -> dict[str, Any]:
    parts = [labels.part(part) for part in json.loads(line.parts)]
    return {
        "slug": line.slug,
        "name": line.name,
        "lang": line.name_lang,
        "is_fictional": line.is_fictional,
        "country": country_name(line.country),
        "role": labels.role(line.role, line.id == lead),
        "parts": ", ".join(parts),
    }


def _matrix(lead: int, lines: tuple[Line, ...]) -> list[dict[str, Any]]:
    """Count members by country and role; those countries first that have most."""
    table: dict[str, Counter[str]] = {}
    for line in lines:
        role = "lead" if line.id == lead else line.role
        table.setdefault(line.country, Counter())[role] += 1
    rows = sorted(table.items(), key=lambda item: (-item[1].total(), item[0]))
    return [
        {
            "code": code,
            "label": country_name(code),
            "cells": [
                (str(count[role] or "·"), _shade(role, count[role]))
                for role in ("lead", *rules.ROLES)
            ],
            "note": _("hangs on one member") if count.total() == 1 else "",
        }
        for code, count in rows
    ]


def _shade(role: str, count: int) -> Any:
    return "" if not count else "lead" if role == "lead" else min(count, 5)


def json_ld(row: Consortium, members: str) -> Markup:
    """Return the schema.org description of a real consortium that is public; none of made-up ones."""
    if row.is_fictional or row.state != RUNNING:
        return Markup("")
    base = current_app.config["PORTAL"].base_url.rstrip("/")
    described = {
        "@context": "https://schema.org",
        "@type": "Consortium",
        "name": row.name,
        "description": row.purpose,
        "url": row.website or f"{base}/consortia/{row.slug}",
        "foundingDate": row.starts_on,
    }
    head = json.dumps({key: value for key, value in described.items() if value})
    text = f'{head[:-1]}, "member": {members}}}'
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704  escaped
