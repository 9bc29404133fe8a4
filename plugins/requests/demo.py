"""The demonstration set: what made-up organisations look for, with days counted from today."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from plugins.requests import replying, service
from plugins.requests.models import PartnerRequest
from portal import db, workflow
from portal.context import Context
from portal.organisations.models import Organisation

FILE = Path(__file__).parent / "data" / "demo.json"


def load(ctx: Context) -> None:
    """Load the requests of those organisations that are there, unless there are requests already."""
    if PartnerRequest.select().exists():
        return
    with db.transaction():
        for entry in json.loads(FILE.read_text(encoding="utf-8")):
            owner = Organisation.get_or_none(
                Organisation.name == entry["organisation"], Organisation.is_fictional
            )
            if owner is not None:
                made = service.write(ctx, _values(ctx, entry), organisation=owner)
                workflow.move(ctx, made, "publish")
                for answer in entry.get("answers", ()):
                    _answer(ctx, PartnerRequest.get_by_id(made.id), answer)


def _answer(ctx: Context, request: PartnerRequest, answer: Mapping[str, Any]) -> None:
    own = Organisation.get_or_none(
        Organisation.name == answer["organisation"], Organisation.is_fictional
    )
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
