"""From rows to the one text: what is hashed, shown and signed, as plain values and as bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.agreements import library, rules
from plugins.agreements.models import Agreement, Clause, Party, Version
from plugins.agreements.workflow import AGREEMENT, parties
from plugins.evidence.interface import canonical, keeping
from portal import audit, db
from portal.context import Context
from portal.i18n import _


def words_of(template: library.Template, key: str, languages: Sequence[str]) -> dict[str, Any]:
    """Return title, text and labels of a clause as its template has them, by language."""
    form = template.clause(key)
    return {
        "title": {code: template.clause_title(key, code) for code in languages},
        "text": {code: template.clause_text(key, code) for code in languages},
        "labels": {
            item.id: {code: template.label(key, item.id, code) for code in languages}
            for item in form.fields
        },
    }


def clauses(agreement: Agreement) -> list[Clause]:
    """Return the clauses of an agreement in the order of its template."""
    form = library.template(agreement.kind, agreement.template_version)
    order = {item.id: at for at, item in enumerate(form.clauses)}
    found = Clause.select().where(Clause.agreement == agreement.id)
    return sorted(found, key=lambda row: order.get(row.key, len(order)))


def plain(agreement: Agreement, number: int) -> dict[str, Any]:
    """Return an agreement as it is now, as the plain values of its canonical text."""
    form = library.template(agreement.kind, agreement.template_version)
    return {
        "kind": agreement.kind,
        "template": agreement.kind,
        "template_version": agreement.template_version,
        "public_id": agreement.public_id,
        "version": number,
        "title": agreement.title,
        "languages": list(agreement.languages),
        "clauses": [
            {
                "id": row.key,
                "block": form.clause(row.key).block,
                "material": form.clause(row.key).material,
                "title": row.texts["title"],
                "text": row.texts["text"],
                "labels": row.texts["labels"],
                "order": [item.id for item in form.clause(row.key).fields],
                "values": row.data,
            }
            for row in clauses(agreement)
        ],
        "parties": [
            {
                "role": party.role,
                "organisation": party.name if party.organisation_id else "",
                "public_id": party.public_id,
            }
            for party in parties(agreement.id)
        ],
    }


def hidden(
    ctx: Context, agreement: Agreement, form: library.ClauseForm, data: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values of a clause as they are stored, with commitments for personal ones."""
    personal = [item.id for item in form.fields if item.personal]
    if not personal:
        return dict(data)
    emails = {party.public_id: party.email for party in parties(agreement.id)}
    return keeping.hide(ctx, (AGREEMENT, agreement.id), form.id, data, personal, emails)


def opened(agreement: Agreement, row: Clause) -> dict[str, Any]:
    """Return the values of a clause as they were typed, without those that were erased."""
    content = {"clauses": [{"id": row.key, "values": row.data}]}
    found = keeping.shown((AGREEMENT, agreement.id), content)["clauses"][0]["values"]
    return {name: value for name, value in found.items() if value != ""}


def store(
    ctx: Context,
    agreement: Agreement,
    why: str,
    clause: str = "",
    party: Party | None = None,
    by: str = "account",
) -> Version:
    """Keep the text as it is now as the newest version, inside the caller's transaction.

    Returns the version before where nothing changed.
    """
    before = newest(agreement)
    if before is not None and same(before, plain(agreement, before.number)):
        return before
    number = agreement.number + 1
    content = canonical.document(plain(agreement, number))
    row: Version = Version.create(
        agreement=agreement.id, number=number, digest=canonical.digest(content),
        material=canonical.digest(canonical.material(content)), content=content, why=why,
        clause=clause, account=ctx.actor.account_id, party=party.id if party else None,
        created_at=ctx.clock.now(),
    )  # fmt: skip
    audit.record(
        ctx, "agreement.text_kept", AGREEMENT, agreement.id, version=number, digest=row.digest,
        why=why, clause=clause, party=party.public_id if party else "",
        at=db.utc_text(row.created_at), by=by,
    )  # fmt: skip
    stated = rules.days_of({item.key: item.data for item in clauses(agreement)})
    Agreement.update(number=number, **stated).where(Agreement.id == agreement.id).execute()
    for name, value in {"number": number, **stated}.items():
        setattr(agreement, name, value)
    return row


def same(version: Version, content: dict[str, Any]) -> bool:
    """Whether a stored version says what these plain values say."""
    return bytes(version.content) == canonical.document(content)


def newest(agreement: Agreement) -> Version | None:
    """Return the newest version of an agreement, None before the first one."""
    return version(agreement, agreement.number)


def version(agreement: Agreement, number: int) -> Version | None:
    """Return a version of an agreement by its number."""
    found: Version | None = Version.get_or_none(
        Version.agreement == agreement.id, Version.number == number
    )
    return found


def content_of(row: Version) -> dict[str, Any]:
    """Return what a version says, as it was checked when it was stored, with personal values."""
    return opened_text(row.agreement_id, json.loads(bytes(row.content)))


def opened_text(agreement_id: int, said: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a text says with its personal values, as far as they were not erased."""
    return keeping.shown((AGREEMENT, agreement_id), said, _("erased"))


def problems(ctx: Context, agreement: Agreement) -> list[rules.Problem]:
    """Name what stands against agreeing to the text as it is now."""
    form = library.template(agreement.kind, agreement.template_version)
    data = {row.key: row.data for row in clauses(agreement)}
    named = [(party.role, party.public_id, party.name) for party in parties(agreement.id)]
    return rules.problems(form, data, named, ctx.clock.now().date())
