"""The frame of Site Setup: side menu, breadcrumbs, one heading; and what pages share."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.setup import labels, queries
from plugins.setup.acts import plugins
from portal.hookspecs import SetupItem
from portal.i18n import _, lazy_pgettext, moment
from portal.i18n import lazy_gettext as lazy
from portal.web.frame import plugin_url
from portal.web.heartbeat import context

PAGES = (
    SetupItem(lazy("Add-ons"), "setup.addons", "", 10),
    SetupItem(lazy("Settings"), "setup.settings_index", "", 20),
    SetupItem(lazy("People"), "setup.people", "", 30),
    SetupItem(lazy("Organisations"), "setup.organisations", "", 40),
    SetupItem(lazy("Roles"), "setup.roles", "", 50),
    SetupItem(lazy("Workflows"), "setup.workflows", "", 60),
    SetupItem(lazy("Languages"), "setup.languages", "", 80),
    SetupItem(lazy("Mail"), "setup.mails", "", 90),
    SetupItem(lazy("Jobs"), "setup.job_list", "", 100),
    SetupItem(lazy("Audit"), "setup.audit_log", "", 110),
    SetupItem(lazy("Access"), "setup.access", "", 120),
    SetupItem(lazy_pgettext("portal", "Health"), "setup.health", "", 130),
)


@dataclass(frozen=True)
class Entry:
    """A line of the side menu; `count` is what waits there for an administrator."""

    label: str
    url: str
    current: bool
    count: int


def menu() -> list[list[Entry]]:
    """Return the side menu, a list for each section."""
    registry = plugins()
    waiting = queries.waiting() | {
        "setup.addons": sum(
            status.state in labels.NEED_YOU for status in registry.statuses().values()
        )
    }
    items = [*PAGES, *registry.hooks.each("setup_list", context())]
    here = request.path
    sections: dict[str, list[Entry]] = {}
    for item in sorted(items, key=lambda item: item.order):
        url = plugin_url(item.endpoint)
        if url:
            is_here = here == url or here.startswith(f"{url.rstrip('/')}/")
            entry = Entry(str(item.label), url, is_here, waiting.get(item.endpoint, 0))
            sections.setdefault(item.section, []).append(entry)
    return list(sections.values())


def page(
    template: str,
    title: str,
    crumbs: Sequence[tuple[str, str]] = (),
    status: int = 200,
    **values: Any,
) -> ResponseReturnValue:
    """Render a page in the frame; `crumbs` are the pages between Site Setup and this one."""
    home = url_for("setup.home")
    way = [(_("Site Setup"), home), *crumbs, (title, None)] if request.path != home else []
    values |= {"title": title, "crumbs": way, "setup_menu": menu(), "moment": moment}
    return render_template(template, **values), status


def wants(kind: str) -> bool:
    """Whether the table is asked for as a file: csv or json."""
    return request.args.get("format") == kind


def as_csv(name: str, heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a table as a CSV file; what a spreadsheet would take for a formula is disarmed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(heads)
    for row in rows:
        writer.writerow([_disarmed(cell) for cell in row])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def _disarmed(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def here(**changed: Any) -> str:
    """Return the address of this page with some of its parameters changed; None drops one."""
    asked = {k: v for k, v in request.args.items() if k[:1] != "_" and k != "endpoint"}
    values: Mapping[str, Any] = {**asked, **(request.view_args or {})}
    kept = {key: value for key, value in {**values, **changed}.items() if value not in (None, "")}
    return url_for(request.endpoint or "", **kept)


def after() -> int | None:
    """Return the key behind which this page of a list begins."""
    text = request.args.get("after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None
