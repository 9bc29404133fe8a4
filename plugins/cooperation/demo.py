"""The demonstration set: what made-up organisations say of their made-up past; months counted from today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from plugins.cooperation import documents, references, sealing, service
from plugins.cooperation.models import REFERENCE, REPLY, Record, Reference, Text
from plugins.cooperation.rules import last_day
from portal import db, workflow
from portal.context import Context
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

DATA = Path(__file__).parent / "data" / "demo.json"


def load(ctx: Context) -> None:
    """Load what the first made-up organisation and its partners say, unless somebody said something."""
    of: Any = Organisation
    known = {row.name: row for row in of.select().where(of.is_fictional).order_by(of.id)}
    if not known or Record.select().exists():
        return
    own = next(iter(known.values()))
    data = json.loads(DATA.read_text(encoding="utf-8"))
    with db.transaction():
        for entry in data["records"]:
            if entry["partner"] in known:
                _record(ctx, own, known[entry["partner"]], entry)
        for entry in data["references"]:
            _reference(ctx, own, known.get(entry.get("giver", "")), entry)


def _month(today: date, ago: int) -> str:
    months = today.year * 12 + today.month - 1 - ago
    return f"{months // 12}-{months % 12 + 1:02}"


def _record(
    ctx: Context, own: Organisation, partner: Organisation, entry: Mapping[str, Any]
) -> None:
    today = ctx.clock.now().date()
    first, last = (_month(today, ago) for ago in entry["months_ago"])
    values = {
        "project": entry["project"],
        "first_month": first,
        "last_month": last,
        "participants": entry["participants"],
        "we_sent": entry.get("sent", False),
    }
    sides = (partner, own) if entry.get("waits") else (own, partner)
    row = service.propose(ctx, *sides, values)
    if entry.get("waits"):
        return
    workflow.move(ctx, row, "confirm")
    if entry.get("document") and sealing.can_seal():
        content = b"%PDF-1.4\n% A made-up document of a made-up stay.\n"
        day = last_day(last)
        made = documents.hand_in(ctx, row, own, entry["document"], min(day, today), content)
        workflow.move(ctx, made, "accept")


def _reference(
    ctx: Context, own: Organisation, giver: Organisation | None, entry: Mapping[str, Any]
) -> None:
    """Let somebody write a reference; without an organisation as if by a mailed link."""
    if giver is not None:
        row = references.ask(ctx, own, giver=giver)
        text = references.write(ctx, row, entry["worked"], entry["text"])
    else:
        row = Reference.create(
            public_id=new_public_id(),
            organisation=own.id,
            domain=entry["domain"],
            asked_at=ctx.clock.now(),
        )
        text = _say(ctx, row, REFERENCE, None, entry["text"], entry["worked"])
    if not entry.get("waits"):
        workflow.move(ctx, text, "show")
    if entry.get("reply"):
        workflow.move(ctx, _say(ctx, row, REPLY, own, entry["reply"]), "show")


def _say(
    ctx: Context, row: Reference, kind: str, whose: Organisation | None, text: str, worked: str = ""
) -> Text:
    made: Text = Text.create(
        public_id=new_public_id(), reference=row.id, kind=kind, organisation=whose, worked=worked,
        text=text, lang="en", written_at=ctx.clock.now(),
    )  # fmt: skip
    workflow.start(ctx, made)
    return made
