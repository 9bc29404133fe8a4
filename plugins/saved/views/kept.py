"""The shortlist of an organisation, with the notes of its people."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.partners.interface import FILE_KINDS, KIND, heads, respond, row_of
from plugins.saved import labels, queries, rules, shortlists
from plugins.saved.models import Entry
from plugins.saved.views.base import blueprint, partner_page, spend
from plugins.saved.views.shortlist import address
from plugins.search.interface import cards_of
from portal import undo
from portal.errors import Invalid, NotFound
from portal.i18n import _, day
from portal.organisations.models import Organisation
from portal.web.access import SIGNED_IN, allow

PATH = "/organisations/<slug>/shortlist"
PEOPLE = "people of the organisation; others get 404"


def _rows(owner: Organisation, role: str) -> list[dict[str, Any]]:
    """Return the partners that can be found, with their notes; three statements."""
    entries = queries.entries(owner.id)
    cards = cards_of(KIND, [entry.partner_id for entry in entries])
    notes = queries.notes([entry.id for entry in entries])
    shown = []
    for entry in entries:
        if entry.partner_id in cards:
            card = cards[entry.partner_id]
            found = [_note(note, role) for note in notes.get(entry.id, ())]
            (row,) = labels.partners(partner_page(), [card])
            shown.append({**row, "card": card, "by": _who(entry), "notes": found})
    return shown


def _who(row: Any) -> str:
    """Return who added or wrote something, and when."""
    on = day(row.added_at if isinstance(row, Entry) else row.written_at, "medium")
    if row.account is None:
        return on
    return _("%(name)s, %(day)s", name=row.account.name, day=on)


def _note(note: Any, role: str) -> dict[str, Any]:
    is_own = note.account_id == g.ctx.actor.account_id
    return {
        "number": note.public_id,
        "text": note.text,
        "by": _who(note),
        "may_remove": is_own or role == "OrgAdmin",
    }


@blueprint.get(PATH)
@allow(SIGNED_IN, owner=PEOPLE)
def kept(slug: str) -> ResponseReturnValue:
    """Show the shortlist of an organisation to its people."""
    owner, role = queries.owner(g.ctx, slug)
    return _page(owner, role)


def _page(owner: Organisation, role: str, refused: tuple[str, str, str] = ("", "", "")) -> str:
    """Show the list; `refused` is a note that can't be taken: partner, text, why."""
    rows = _rows(owner, role)
    return render_template(
        "saved/kept.html",
        owner=owner,
        rows=rows,
        files=[(kind, f"/organisations/{owner.slug}/shortlist.{kind}") for kind in FILE_KINDS],
        share_url=address([row["slug"] for row in rows][: rules.MOST_IN_ADDRESS]),
        has_demo=any(row["demo"] for row in rows),
        most=rules.LONGEST_NOTE,
        refused=refused,
    )


@blueprint.get(f"{PATH}.<kind>")
@allow(SIGNED_IN, owner=PEOPLE)
def kept_export(slug: str, kind: str) -> ResponseReturnValue:
    """Save the shortlist as a file, with the notes in a column of their own."""
    owner, role = queries.owner(g.ctx, slug)
    if kind not in FILE_KINDS:
        raise NotFound
    table = [
        [*row_of(row["card"]), "\n".join(f"{note['text']} ({note['by']})" for note in row["notes"])]
        for row in _rows(owner, role)
    ]
    return respond(kind, "shortlist", [*heads(), _("Notes")], table)


@blueprint.post(f"{PATH}/<partner>/remove")
@allow(SIGNED_IN, owner=PEOPLE)
def remove(slug: str, partner: str) -> ResponseReturnValue:
    """Take a partner from the shortlist."""
    owner, _role = queries.owner(g.ctx, slug)
    shortlists.remove(g.ctx, queries.entry(owner.id, partner))
    undo.offer(
        g.ctx, _("The partner is no longer on the shortlist."), "saved.entry",
        organisation=slug, partner=partner,
    )  # fmt: skip
    return redirect(f"/organisations/{slug}/shortlist", 303)


@blueprint.post(f"{PATH}/<partner>/notes")
@allow(SIGNED_IN, owner=PEOPLE, rate="saved-writing")
def write_note(slug: str, partner: str) -> ResponseReturnValue:
    """Note something about a partner."""
    owner, role = queries.owner(g.ctx, slug)
    entry, text = queries.entry(owner.id, partner), request.form.get("text", "")
    spend()
    try:
        shortlists.write(g.ctx, entry, text)
    except Invalid as error:
        return _page(owner, role, (partner, text, error.message)), 422
    flash(_("The note is kept. Your organisation's people see it, nobody else."))
    return redirect(f"/organisations/{slug}/shortlist#{partner}", 303)


@blueprint.post(f"{PATH}/notes/<number>/remove")
@allow(SIGNED_IN, owner="whoever wrote it, and OrgAdmin of the organisation; others get 404")
def remove_note(slug: str, number: str) -> ResponseReturnValue:
    """Remove a note."""
    owner, role = queries.owner(g.ctx, slug)
    shortlists.remove_note(g.ctx, owner, role, number)
    undo.offer(g.ctx, _("The note is removed."), "saved.note", organisation=slug, note=number)
    return redirect(f"/organisations/{slug}/shortlist", 303)
