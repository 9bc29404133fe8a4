"""Pages of versions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.versions import service
from portal.errors import NotFound
from portal.hookspecs import Versioned
from portal.i18n import _
from portal.organisations.service import hooks
from portal.versions import Version
from portal.web.access import SIGNED_IN, allow

blueprint = Blueprint("versions", __name__, url_prefix="/versions")
WHO = "members of the organisation and administrators; others get 404"


@blueprint.get("/<name>/<public_id>")
@allow(SIGNED_IN, owner=WHO)
def index(name: str, public_id: str) -> ResponseReturnValue:
    """List the versions of an object and show what differs between two of them."""
    kind = _kind(name)
    found = kind.find(g.ctx, public_id)
    rows = service.list_of(kind.type, found.id)
    newer = _chosen(rows, "to", 0)
    older = _chosen(rows, "from", min(len(rows) - 1, rows.index(newer) + 1) if newer else 0)
    return render_template(
        "versions/index.html",
        found=found,
        kinds=[(other.type, other.type == name) for other in _kinds()],
        public_id=public_id,
        name=name,
        rows=_rows(kind, rows),
        newer=newer,
        older=older,
        differences=_differences(kind, older, newer),
    )


@blueprint.post("/<name>/<public_id>/restore")
@allow(SIGNED_IN, owner="editors of the organisation; others get 404 or 403")
def restore(name: str, public_id: str) -> ResponseReturnValue:
    """Make an older version the newest one."""
    kind = _kind(name)
    found = kind.find(g.ctx, public_id)
    number = request.form.get("number", "")
    service.restore(g.ctx, kind, found.id, int(number) if _is_number(number) else -1)
    flash(_("Version %(number)s is back; the one before it is kept too.", number=number))
    return redirect(url_for(".index", name=name, public_id=public_id), 303)


def _kinds() -> list[Versioned]:
    return sorted(hooks().each("version_list", g.ctx), key=lambda kind: kind.type)


def _kind(name: str) -> Versioned:
    for kind in _kinds():
        if kind.type == name:
            return kind
    raise NotFound


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9


def _chosen(rows: Sequence[Version], name: str, otherwise: int) -> Version | None:
    """Return the version that the address names, else the one at a place of the list."""
    asked = request.args.get(name, "")
    named = [row for row in rows if asked == str(row.number)]
    return next(iter(named or rows[otherwise : otherwise + 1]), None)


def _rows(kind: Versioned, rows: Sequence[Version]) -> list[tuple[Version, str]]:
    """Return the versions with the names of the fields that each of them changed."""
    changed = [
        ", ".join(kind.field_name(name) for name, *_both in service.difference(old.data, new.data))
        for new, old in pairwise(rows)
    ]
    return list(zip(rows, [*changed, ""], strict=True)) if rows else []


def _differences(
    kind: Versioned, older: Version | None, newer: Version | None
) -> list[tuple[str, Any, Any]]:
    if older is None or newer is None:
        return []
    return [
        (kind.field_name(name), kind.show(name, was), kind.show(name, now))
        for name, was, now in service.difference(older.data, newer.data)
    ]
