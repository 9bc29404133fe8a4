"""From versions and rows to what templates show: plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import current_app
from markupsafe import Markup, escape

from plugins.agreements import drafting, labels, library, queries, reading, rules, seats
from plugins.agreements.models import (
    FROZEN,
    NEGOTIATION,
    OPEN,
    WRITABLE,
    Agreement,
    Party,
    Signature,
    Version,
)
from plugins.agreements.seats import Seat
from plugins.agreements.workflow import FLOW
from plugins.evidence.interface import comparing, ready, showing
from portal.i18n import _, day, locale

MOST_PROBLEMS = 30
HOLES = ("\0page\0", "\0token\0", "\0key\0")


def names_of(parties: Sequence[Party]) -> dict[str, str]:
    """Return the names of parties by public id; persons' names stand in no version."""
    return {party.public_id: party.name for party in parties}


def differences(
    old: Mapping[str, Any], new: Mapping[str, Any], names: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the clauses in which two versions differ, compared word by word."""
    return showing.differences(old, new, names, library.role_name)


def party_page(
    agreement: Agreement, there: Sequence[Seat], asked: int, text: ready.Text | None = None
) -> dict[str, Any]:
    """Return the parties as a page lists them: some rows, and how far all of them are.

    `asked` is the page, counted from 1; 0 is for all of them. With a text the HTML of rows before
    the first signature is kept beside it.
    """
    shown, pager = _part(there, asked)
    signatures, slugs = seats.signatures(shown), seats.slugs(shown)
    place, key = ("parties", locale()), (agreement.number, *shown, *slugs.items())
    notes = text.notes if text and not signatures else {}
    made = notes.get(place)
    if made is None or made[0] != key:
        rows = [_party_row(seat, agreement, signatures.get(seat.id), slugs) for seat in shown]
        made = notes[place] = key, rows, _macros().party_rows(rows)
    return {
        "rows": made[1],
        "html": made[2],
        "all": len(there),
        "agreed": sum(seat.confirmed == agreement.number for seat in there),
        "signed": sum(seat.signature_id is not None for seat in there),
        "pager": pager,
    }


def clause_page(
    agreement: Agreement,
    text: ready.Text,
    there: Sequence[Seat],
    mine: Party | None,
    asked: int,
    tools: Tools | None = None,
) -> dict[str, Any]:
    """Return some clauses with what is said about them, and the contents; 0 is for all of them."""
    shown, pager = _part(text.cards, asked)
    rows = clause_rows(agreement, shown, there, mine)
    _add_html(agreement, text, rows, tools)
    return {
        "rows": rows,
        "all": len(text.cards),
        "pager": pager,
        "contents": text.contents if asked else "",
    }


def shown_clause(agreement: Agreement, key: str) -> showing.ShownClause:
    """Return a clause as the newest text has it; persons are not named in it."""
    said = drafting.content_of(queries.shown(agreement))
    one = [clause for clause in said["clauses"] if clause["id"] == key]
    return showing.document({**said, "clauses": one}, {})[0]


@dataclass(frozen=True)
class Tools:
    """What can be done with a clause on a page: to change it, to talk about it, to suggest words."""

    page: str
    talks: bool
    suggests: bool = False


def _add_html(
    agreement: Agreement, text: ready.Text, rows: Sequence[dict[str, Any]], tools: Tools | None
) -> None:
    """Put into rows of clauses their HTML as far as it depends on the text alone.

    It is made once for a text and language; what is of one page goes into its holes.
    """
    env: Any = current_app.jinja_env
    key = env.globals["form_key"](12)
    known: dict[str, str] = {
        "token": escape(env.globals["csrf_token"]()),
        "page": escape(tools.page if tools else ""),
    }
    is_open = agreement.state in (*WRITABLE, *FROZEN)
    for at, row in enumerate(rows):
        kind = tools if tools and (is_open or not row["card"].is_material) else None
        start, *rest = _html(text, row["card"], kind)
        known["key"] = f"{key}{at}"
        row["start"] = start
        row["tools"] = Markup("".join([known.get(part, part) for part in rest]))  # noqa: S704


def _html(text: ready.Text, card: ready.Card, tools: Tools | None) -> list[Any]:
    """Return how a clause begins, and what can be done with it, in pieces between its holes."""
    kind = (tools.talks, tools.suggests) if tools else None
    key = "html", card.id, locale(), kind
    if key not in text.notes:
        macros = _macros()
        html = str(macros.clause_tools(card, *HOLES, *kind)) if kind else ""
        text.notes[key] = [macros.clause_start(card), *html.split("\0")]
    found: list[Any] = text.notes[key]
    return found


def _part(rows: Sequence[Any], asked: int) -> tuple[Sequence[Any], dict[str, int] | None]:
    """Return a page of rows, the nearest to the one that was asked for, and where it stands."""
    size = ready.ON_A_PAGE
    if not asked or len(rows) <= size:
        return rows, None
    last = (len(rows) - 1) // size + 1
    page = min(max(asked, 1), last)
    found = rows[(page - 1) * size : page * size]
    first = (page - 1) * size + 1
    return found, {"page": page, "last": last, "from": first, "to": first + len(found) - 1}


def problem_list(
    text: ready.Text, problems: Sequence[rules.Problem], page: str, language: str
) -> Markup:
    """Return the first open points with where to mend them, drawn once for a text."""
    order, macros = list(text.titles), _macros()
    start = page if len(order) > ready.ON_A_PAGE else ""
    place = "open points", start, language, locale()
    made = text.notes.get(place)
    if made is None or made[0] is not problems:
        rows = [
            (item.text, text.titles.get(item.clause, ""), reading.jump_in(order, item.clause))
            for item in problems[:MOST_PROBLEMS]
        ]
        html = macros.problem_list(rows, len(problems), language, start) if rows else Markup()
        made = text.notes[place] = problems, html
    return made[1]  # type: ignore[no-any-return]


def _macros() -> Any:
    return current_app.jinja_env.get_template("agreements/_parts.html").module


def _party_row(
    seat: Seat, agreement: Agreement, signature: Signature | None, slugs: Mapping[int, str]
) -> dict[str, Any]:
    """Return a party with what it did so far."""
    return {
        "party": seat,
        "slug": slugs.get(seat.organisation_id or 0, ""),
        "name": seat.name,
        "role": library.role_name(seat.role),
        "by_link": seat.organisation_id is None,
        "agreed": bool(agreement.number) and seat.confirmed == agreement.number,
        "signature": signature_row(signature) if signature else None,
    }


def signature_row(row: Signature) -> dict[str, Any]:
    """Return a signature as everybody of a party sees it."""
    kind = "link" if row.evidence.get("by") == "link" else row.level
    name, means = labels.level(kind)
    return {
        "row": row,
        "name": row.name,
        "position": row.position,
        "level": name,
        "means": means,
        "day": day(row.signed_at, "medium"),
        "digest": row.digest,
        "has_scan": bool(row.scan_type),
        "certificate": row.evidence.get("certificate"),
        "issuer": row.evidence.get("issuer", ""),
        "is_trusted": bool(row.evidence.get("is_trusted")),
        "voided": row.voided_at is not None,
    }


def clause_rows(
    agreement: Agreement,
    cards: Sequence[ready.Card],
    there: Sequence[Seat],
    mine: Party | None,
) -> list[dict[str, Any]]:
    """Return clauses with what is said about them: remarks, who accepted, whether mine did."""
    known = queries.clause_marks(agreement, [card.id for card in cards])
    changed = [mark.id for mark in known.values() if mark.version > 1]
    is_asked = agreement.state == NEGOTIATION
    accepted = queries.accepted(changed) if is_asked and changed else {}
    remarks = queries.remarks([mark.id for mark in known.values() if mark.remarks])
    found = []
    for card in cards:
        mark = known[card.id]
        who = accepted.get(mark.id, set())
        found.append(
            {
                "card": card,
                "version": mark.version,
                "remarks": [_remark(item, mark, card) for item in remarks.get(mark.id, ())],
                "accepted": [seat.name for seat in there if seat.id in who] if who else [],
                "is_changed": mark.version > 1,
                "is_mine": mine is not None and mine.id in who,
            }
        )
    return found


def _remark(item: Any, mark: queries.Mark, card: ready.Card) -> dict[str, Any]:
    now = card.wording
    return {
        "row": item,
        "name": item.party.name,
        "day": day(item.created_at, "medium"),
        "text": item.text,
        "pieces": [
            (code, comparing.compared(now.get(code, ""), text))
            for code, text in item.proposal.items()
        ],
        "is_open": item.state == OPEN and bool(item.proposal),
        "state": item.state if item.proposal else "",
        "is_stale": item.base != mark.version,
    }


def card(agreement: Agreement, parties: Sequence[Party]) -> dict[str, Any]:
    """Return an agreement as a register lists it."""
    return {
        "url": f"/agreements/{agreement.public_id}",
        "title": agreement.title,
        "kind": labels.kind(agreement.kind),
        "state": labels.state(agreement.state),
        "others": [
            party.name for party in parties if party.organisation_id != agreement.organisation_id
        ],
        "parties": [party.name for party in parties],
        "starts_on": _shown_day(agreement.starts_on),
        "ends_on": _shown_day(agreement.ends_on),
        "is_fictional": bool(agreement.organisation.is_fictional),
    }


def _shown_day(text: str) -> str:
    return day(date.fromisoformat(text), "medium") if text else ""


def version_row(row: Version, titles: Mapping[str, str]) -> dict[str, Any]:
    """Return a version as a list of them shows it."""
    return {
        "number": row.number,
        "digest": row.digest,
        "why": labels.why(row.why),
        "clause": titles.get(row.clause, ""),
        "party": row.party.name if row.party_id else "",
        "at": row.created_at,
    }


def titles_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return the titles of clauses by id, in the first language."""
    first = content["languages"][0]
    return {clause["id"]: clause["title"].get(first, "") for clause in content["clauses"]}


def steps(past: Sequence[Any]) -> list[tuple[str, Any]]:
    """Return what happened to an agreement, each step with its name."""
    titles = {"": _("Begun"), **{step.name: step.title for step in FLOW.transitions}}
    return [(titles.get(entry.transition, entry.transition), entry) for entry in past]
