"""Pages of duplicates, for administrators."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.merging import labels, plan, queries, rules, service
from plugins.merging.plan import Choices
from plugins.setup.interface import page
from portal import undo
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, day, ngettext
from portal.organisations import labels as organisation_labels
from portal.organisations import queries as organisations
from portal.organisations.models import Organisation
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("merging", __name__, url_prefix="/setup/duplicates")
FOLDERS = ("organisations", "partners")
WHO = "administrators who do not act for one of the two; others get 403"


@blueprint.get("")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    """List entries that may be one organisation, and what was merged."""
    return page(
        "merging/index.html",
        _("Duplicates"),
        pairs=queries.pairs(),
        merges=queries.merges(),
        labels=labels,
        names=organisation_labels,
        typed={name: request.args.get(name, "") for name in ("keep", "other")},
        day=day,
    )


@blueprint.get("/preview")
@allow(ADMIN, owner=WHO)
def preview() -> ResponseReturnValue:
    """Show two entries side by side, with what would go where: `keep` and `other` are addresses."""
    if not (request.args.get("keep") and request.args.get("other")):
        return redirect(url_for(".index", keep=request.args.get("keep", "")))
    kept, gone = _both(request.args)
    return _page(kept, gone, _choices(request.args))


@blueprint.post("/merge")
@allow(ADMIN, owner=WHO)
def merge() -> ResponseReturnValue:
    """Make two entries one."""
    ctx, (kept, gone), choices = context(), _both(request.form), _choices(request.form)
    try:
        made = service.merge(ctx, kept, gone, choices, request.form.get("seen", ""))
    except (Conflict, Invalid) as error:
        return _page(kept, gone, choices if isinstance(error, Conflict) else Choices(), error)
    flash(_("The two entries are one now. The search and old addresses lead to it."))
    return redirect(url_for(".merged", public_id=made.public_id), 303)


@blueprint.get("/merges/<public_id>")
@allow(ADMIN)
def merged(public_id: str) -> ResponseReturnValue:
    """Show what a merge moved, with the way back."""
    return _merged(public_id)


@blueprint.post("/merges/<public_id>/undo")
@allow(ADMIN, owner=WHO)
def take_back(public_id: str) -> ResponseReturnValue:
    """Make two entries of one again."""
    try:
        left = service.undo(context(), queries.merge(public_id))
    except Conflict as error:
        return _merged(public_id, error)
    flash(_("The merge is undone: each entry has again what it had."))
    if left:
        told = ngettext(
            "%(num)s record was changed since and stays as it is now.",
            "%(num)s records were changed since and stay as they are now.",
            left,
        )
        flash(told)
    return redirect(url_for(".merged", public_id=public_id), 303)


@blueprint.post("/apart")
@allow(ADMIN, owner=WHO)
def apart() -> ResponseReturnValue:
    """Note that two entries are two organisations."""
    ctx, (one, other) = context(), _both(request.form)
    service.keep_apart(ctx, one, other)
    sentence = _("Noted: these are two organisations. They are not proposed again.")
    undo.offer(ctx, sentence, "merging.apart", first_id=one.id, second_id=other.id)
    return redirect(url_for(".index"), 303)


def _both(values: Any) -> tuple[Organisation, Organisation]:
    """Return the two entries by their addresses, whole ones too. Raises NotFound."""
    found = []
    for name in ("keep", "other"):
        slug = _slug(values.get(name, ""))
        if not slug:
            raise NotFound
        found.append(organisations.by_slug(slug))
    return found[0], found[1]


def _slug(typed: str) -> str:
    """Return the last part of an address, or what follows the folder of entries in a longer one."""
    parts = re.split(r"[?#]", typed.replace("\0", "").strip(), maxsplit=1)[0].strip("/").split("/")
    folder = next((at for at, part in enumerate(parts) if part in FOLDERS), len(parts) - 2)
    return parts[folder + 1] if folder + 1 < len(parts) else ""


def _choices(values: Any) -> Choices:
    """Read what was chosen; what is no choice is left out."""
    fields = {
        key.removeprefix("field-"): value
        for key, value in values.items()
        if key.startswith("field-") and value in {"kept", "gone"}
    }
    chosen = {
        key.removeprefix("role-"): value for key, value in values.items() if key.startswith("role-")
    }
    return Choices(fields, chosen)


def _page(
    kept: Organisation, gone: Organisation, choices: Choices, error: Any = None
) -> ResponseReturnValue:
    ctx = context()
    service.check(ctx, kept, gone)
    faults, found = rules.objections(kept, gone), None
    if not faults:
        try:
            found = service.preview(ctx, kept, gone, choices)
        except Conflict as refusal:
            faults = [refusal.message]
    return page(
        "merging/preview.html",
        _("Merge two entries"),
        [(_("Duplicates"), url_for(".index"))],
        error.status if error else 200,
        kept=kept,
        gone=gone,
        plan=found,
        is_public=bool(organisations.in_sight([kept])),
        faults=faults,
        said=error.message if error and error.message not in faults else "",
        reasons=[labels.reason(key) for key in queries.reasons(kept, gone)],
        sides=list(zip(labels.about(kept), labels.about(gone), strict=True)),
        labels=labels,
        names=organisation_labels,
    )


def _merged(public_id: str, error: Conflict | None = None) -> ResponseReturnValue:
    found = queries.merge(public_id)
    said = plan.references(context())
    rows: dict[str, dict[str, int]] = {}
    for kind, place, field, count in queries.moved(found):
        path = f"{place}.{field}" if kind == "moved" else f"{place}.organisation_id"
        title = str(said[path].title) if path in said else place
        title = _("Values of the entries") if place == "organisation" else title
        rows.setdefault(title, {})[kind] = rows.get(title, {}).get(kind, 0) + count
    return page(
        "merging/merged.html",
        _("Merge of %(name)s", name=found.gone.name),
        [(_("Duplicates"), url_for(".index"))],
        error.status if error else 200,
        merge=found,
        rows=rows,
        said=error.message if error else "",
        labels=labels,
    )


def _again(ctx: Context, first_id: int, second_id: int) -> None:
    service.propose_again(ctx, first_id, second_id)


undo.register("merging.apart", _again)
