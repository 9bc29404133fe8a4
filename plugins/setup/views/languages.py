"""Languages: which the site speaks, how complete each catalogue is, what countries speak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import acts, coverage, frame, queries, service
from plugins.setup.views.base import blueprint
from portal import settings
from portal.errors import Invalid, NotFound
from portal.i18n import SHIPPED, _, catalogues, country_name, language_name, locale, own_name
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/languages")
@allow(ADMIN)
def languages() -> ResponseReturnValue:
    """Show the languages with coverage and reviewer, and the countries of the organisations."""
    site = settings.of(context())
    folders = _folders()
    rows = [_row(code, site, folders) for code in SHIPPED]
    if frame.wants("csv"):
        heads = [_("Language"), _("Part"), _("Translated"), _("Texts"), _("Read by")]
        cells = ((r["code"], n, c.done, c.total, c.reviewer) for r in rows for n, c in r["parts"])
        return frame.as_csv("languages", heads, cells)
    return frame.page(
        "setup/languages.html",
        _("Languages"),
        rows=rows,
        countries=_countries(site["languages"]),
        csv_url=frame.here(format="csv"),
    )


@blueprint.post("/languages/<code>")
@allow(ADMIN)
def switch_language(code: str) -> ResponseReturnValue:
    """Offer a language, or no longer."""
    if code not in SHIPPED:
        raise NotFound
    offered = list(settings.of(context())["languages"])
    is_on = code in offered
    wanted = [one for one in SHIPPED if (one in offered) != (one == code)]
    try:
        service.save_settings(context(), settings.PORTAL, {"languages": wanted})
    except Invalid as error:
        flash(f"{own_name(code)}: {error.message}", "error")
    else:
        name = own_name(code)
        flash(_("%(name)s is off.", name=name) if is_on else _("%(name)s is on.", name=name))
    return redirect(url_for(".languages"), 303)


def _folders() -> list[tuple[str, Path]]:
    """Return what has catalogues of its own: the core first, then plugins that are loaded."""
    registry = acts.plugins()
    found = [(_("The core"), catalogues.folders[0])]
    for manifest in registry.ordered():
        if manifest.id in registry.modules:
            found.append((_(manifest.title), manifest.folder / "translations"))
    return found


def _row(code: str, site: Any, folders: list[tuple[str, Path]]) -> dict[str, Any]:
    parts = [(name, coverage.of(folder, code)) for name, folder in folders]
    done, total = sum(c.done for _n, c in parts), sum(c.total for _n, c in parts)
    return {
        "code": code,
        "name": own_name(code),
        "is_source": coverage.is_source(code),
        "is_on": code in site["languages"],
        "is_default": code == site["default_language"],
        "share": 100 * done // total if total else 100,
        "drafts": sum(c.is_draft and c.total > 0 for _n, c in parts),
        "parts": parts,
        "reviewers": sorted({c.reviewer for _n, c in parts if c.reviewer}),
    }


def _countries(offered: Any) -> list[tuple[str, str, int, list[tuple[str, str]]]]:
    """Return countries by how many organisations are there, with their languages and state."""
    counts = queries.countries()
    found = []
    for country, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        spoken = [
            (
                language_name(code, locale()),
                "on" if code in offered else "off" if code in SHIPPED else "none",
            )
            for code in coverage.languages_of(country)
        ]
        found.append((country, country_name(country), count, spoken))
    return found
