"""The demonstration set: what made-up organisations look for, with days counted from today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from plugins.requests import enquiring, replying, rules, service
from plugins.requests.models import Enquiry, Message, PartnerRequest
from portal import db, workflow
from portal.context import Context
from portal.organisations.models import Organisation

DATA = Path(__file__).parent / "data"


def load(ctx: Context) -> None:
    """Load requests and enquiries of those organisations that are there, unless there are some."""
    if PartnerRequest.select().exists():
        return
    with db.transaction():
        for entry in _read("demo.json"):
            owner = _made_up(entry["organisation"])
            if owner is not None:
                made = service.write(ctx, _values(ctx, entry), organisation=owner)
                workflow.move(ctx, made, "publish")
                for answer in entry.get("answers", ()):
                    _answer(ctx, PartnerRequest.get_by_id(made.id), answer)
        for entry in _read("demo_enquiries.json"):
            _enquiry(ctx, entry)


def _read(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((DATA / name).read_text(encoding="utf-8"))
    return found


def _made_up(name: str) -> Organisation | None:
    found: Organisation | None = Organisation.get_or_none(
        Organisation.name == name, Organisation.is_fictional
    )
    return found


def _enquiry(ctx: Context, entry: Mapping[str, Any]) -> None:
    """Let two write in turns, as if it had been so many days ago."""
    asker, receiver = _made_up(entry["asker"]), _made_up(entry["receiver"])
    if asker is None or receiver is None:
        return
    first, *others = entry["texts"]
    made = enquiring.ask(ctx, asker, receiver, first)
    for at, text in enumerate(others):
        enquiring.go_on(ctx, made, text, is_answer=at % 2 == 0)
    if entry.get("closed"):
        workflow.move(ctx, made, "close")
    times = [ctx.clock.now() - timedelta(days=days) for days in entry["days_ago"]]
    rows = Message.select().where(Message.enquiry == made.id).order_by(Message.id)
    for message, moment in zip(rows, times, strict=True):
        Message.update(created_at=moment).where(Message.id == message.id).execute()
    Enquiry.update(
        created_at=times[0],
        waits_since=times[-1],
        last_at=times[-1],
        answered_at=times[1] if others else None,
        closes_at=times[-1] + rules.LAPSES_AFTER,
    ).where(Enquiry.id == made.id).execute()


def _answer(ctx: Context, request: PartnerRequest, answer: Mapping[str, Any]) -> None:
    own = _made_up(answer["organisation"])
    if own is not None:
        days = {
            name: date.fromisoformat(getattr(request, name)) for name in ("starts_on", "ends_on")
        }
        same = {name: answer[name] for name in ("covers", "places", "price_note", "text")}
        replying.answer(ctx, request, own, same | days)


def _values(ctx: Context, entry: Mapping[str, Any]) -> dict[str, Any]:
    today = ctx.clock.now().date()
    days = {
        name: today + timedelta(days=entry[key])
        for name, key in (
            ("starts_on", "starts_in_days"),
            ("ends_on", "ends_in_days"),
            ("closes_on", "closes_in_days"),
        )
    }
    same = (
        "title", "text", "lang", "role", "fields", "occupations", "countries", "languages", "modes",
        "inclusion", "places", "youngest_age",
    )  # fmt: skip
    return {name: entry[name] for name in same} | days
