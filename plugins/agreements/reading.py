"""The text that pages show: which one it is, ready to be shown, what stands against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from plugins.agreements import drafting, library, rules
from plugins.agreements.models import Agreement, Version
from plugins.agreements.queries import missing
from plugins.agreements.seats import Seat
from plugins.evidence.interface import ready
from portal import db
from portal.i18n import locale

_NEWEST = "SELECT id, digest FROM agreements_version WHERE agreement_id = ? AND number = ?"


class Newest(NamedTuple):
    """Which text is shown, without its bytes."""

    id: int
    digest: str
    number: int


def newest(agreement: Agreement) -> Newest:
    """Return which text of an agreement is shown now. Raises NotFound when there is none."""
    found = db.query(_NEWEST, (agreement.id, agreement.number))
    if not found:
        raise missing()
    ((number, digest),) = found
    return Newest(number, digest, agreement.number)


def of(agreement: Agreement, text: Newest, there: Sequence[Seat]) -> ready.Text:
    """Return a text ready to be shown, with the parties' names of today."""
    names: Mapping[str, str] = {seat.public_id: seat.name for seat in there}
    return ready.text(
        text.digest,
        names,
        lambda: bytes(Version.get_by_id(text.id).content),
        lambda said: drafting.opened_text(agreement.id, said),
    )


def problems(
    agreement: Agreement, text: ready.Text, there: Sequence[Seat], today: date
) -> list[rules.Problem]:
    """Name what stands against agreeing to a text today; worked out once a day and language."""
    key = "problems", today, locale()
    found: list[rules.Problem] | None = text.notes.get(key)
    if found is None:
        named = [(seat.role, seat.public_id, seat.name) for seat in there]
        form = library.template(agreement.kind, agreement.template_version)
        found = text.notes[key] = rules.problems(form, text.values, named, today)
    return found


def jump(agreement: Agreement, key: str) -> str:
    """Return what leads to a clause behind the address of an agreement: "?page=3#clause-aims"."""
    form = library.template(agreement.kind, agreement.template_version)
    return jump_in([item.id for item in form.clauses], key)


def jump_in(order: Sequence[str], key: str) -> str:
    """Return what leads to one of the clauses in this order; nothing where there is no such one."""
    if key not in order:
        return ""
    page = order.index(key) // ready.ON_A_PAGE + 1
    return f"?page={page}#clause-{key}" if page > 1 else f"#clause-{key}"
