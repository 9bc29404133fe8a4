"""Puts partners side by side and says where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.partners import profiles
from plugins.partners.queries import Partner
from plugins.partners.rules import differs
from portal import objects
from portal.context import Context
from portal.i18n import _, country_name, ngettext, number


def groups(ctx: Context, found: Sequence[Partner]) -> list[tuple[str, list[tuple[str, list[str]]]]]:
    """Return groups of rows: label and one text for each partner, empty when unknown."""
    offered = [dict(profiles.offers(item)) for item in found]
    rows = [(label, [item[label] for item in offered]) for label in (offered[0] if offered else {})]
    identity = [
        (_("Kind of organisation"), [profiles.kind_name(item) for item in found]),
        (_("Country"), [country_name(item.country) for item in found]),
        (_("Town"), [item.city for item in found]),
        (
            _("Entry"),
            [_("claimed") if item.claimed else _("unclaimed, facts only") for item in found],
        ),
        (
            _("Projects"),
            [
                ", ".join(dict.fromkeys(row[0] or row[1] for row in profiles.projects(item)))
                for item in found
            ],
        ),
    ]
    promised = [
        (
            _("Quality promises"),
            [number(len(item.commitments)) if item.commitments else "" for item in found],
        )
    ]
    services = [
        (
            _("Services and fees"),
            [
                "; ".join(f"{row['name']}: {row['fee']}" for row in profiles.services(item))
                for item in found
            ],
        )
    ]
    told = [profiles.shown(item) for item in found]
    rated = [
        (label, list(texts))
        for label, texts in objects.registry().hooks.each("partners_compared", ctx, shown=told)
    ]
    return [
        (_("Who they are"), identity),
        (_("What they offer"), [*rows, *services]),
        (_("Promises"), promised),
        *([(_("How it went"), rated)] if rated else []),
    ]


def page(ctx: Context, found: Sequence[Partner], only_differences: bool) -> dict[str, Any]:
    """Return what the comparison page shows."""
    shown, different, alike = [], 0, 0
    for title, rows in groups(ctx, found):
        kept = []
        for label, values in rows:
            marks = differs(values)
            different += any(marks)
            alike += not any(marks)
            if any(marks) or not only_differences:
                kept.append((label, list(zip(values, marks, strict=True))))
        if kept:
            shown.append((title, kept))
    slugs = [item.slug for item in found]
    return {
        "partners": [
            {
                "slug": item.slug,
                "name": item.name,
                "lang": item.name_lang,
                "country": item.country,
                "country_name": country_name(item.country),
                "demo": item.is_fictional,
                "out": _address([slug for slug in slugs if slug != item.slug], only_differences),
            }
            for item in found
        ],
        "groups": shown,
        "differences": ngettext(
            "They differ on %(num)s row.", "They differ on %(num)s rows.", different
        ),
        "agreements": ngettext("They agree on %(num)s row.", "They agree on %(num)s rows.", alike),
        "only": only_differences,
        "toggle_url": _address(slugs, not only_differences),
        "file_url": f"{_address(slugs, False)}&as=csv",
        "has_demo": any(item.is_fictional for item in found),
    }


def as_table(ctx: Context, found: Sequence[Partner]) -> tuple[list[str], list[list[str]]]:
    """Return the comparison as heads and rows, for a file."""
    rows = [[label, *values] for _title, part in groups(ctx, found) for label, values in part]
    names = [item.name for item in found]
    heads = [
        item.name if names.count(item.name) == 1 else f"{item.name} ({item.slug})" for item in found
    ]
    return ["", *heads], rows


def _address(slugs: Sequence[str], only: bool) -> str:
    pairs = "&".join(f"partner={slug}" for slug in slugs)
    return f"/partners/compare?{pairs}{'&only=1' if only else ''}"
