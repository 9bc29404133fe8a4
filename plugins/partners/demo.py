"""The demonstration set: made-up organisations that say so; others add facts about real ones."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from typing import Any

from plugins.directory.interface import keep_source
from plugins.partners import publishing, service, workflow
from plugins.partners.codes import DATA
from plugins.partners.models import Commitment
from portal import db, objects
from portal.context import Context
from portal.organisations.models import Organisation, OrganisationName, Source
from portal.organisations.service import announce, create_organisation

FOLDER = DATA / "demo"


def load(ctx: Context) -> None:
    """Load everything, unless there are organisations already."""
    if Organisation.select().exists():
        return
    objects.registry().hooks.call("partners_demo_load", ctx)
    with db.transaction():
        for source in _sources():
            keep_source(source)
        for entry in json.loads((FOLDER / "fictional.json").read_text(encoding="utf-8")):
            _fictional(ctx, entry)


def _sources() -> list[Source]:
    raw = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    wanted = ("title", "publisher", "licence", "url", "note")
    return [
        Source(key=key, **{name: item.get(name, "") for name in wanted})
        for key, item in raw.items()
    ]


def _fictional(ctx: Context, entry: Mapping[str, Any]) -> None:
    made = create_organisation(
        ctx,
        name=entry["name"],
        country=entry["country"],
        type=entry["type"],
        city=entry["town"] or "",
        region=entry["region"] or "",
        is_fictional=True,
    )
    Organisation.update(
        state="claimed", name_lang=entry["language"], registered_name=entry["registered_name"] or ""
    ).where(Organisation.id == made.id).execute()
    for other in entry["names"]:
        OrganisationName.create(
            organisation=made, kind=other["kind"], lang=other["language"] or "", name=other["text"]
        )
    if "publication" in entry:
        publishing.start(ctx, made.id, made.public_id, workflow.DRAFT)
    service.save_profile(ctx, made.id, _profile(entry), None)
    for promise in entry["commitments"]:
        _promise(made.id, promise)
    announce(ctx, [made.id])
    if entry.get("publication") == workflow.PENDING:
        _submit(ctx, "profile", made.id)
    if "changed_promises" in entry:
        service.propose(ctx, made.id, sorted(entry["changed_promises"]))
        _submit(ctx, "change", made.id)


def _submit(ctx: Context, what: str, organisation_id: int) -> None:
    """Let something wait for a reviewer, as if its people had agreed and submitted it."""
    found = publishing.find(what, organisation_id)
    type(found).update(agreed_at=ctx.clock.now()).where(type(found).id == found.id).execute()
    publishing.take_step(ctx, found, "submit", "", None, has_agreed=True)


def _promise(organisation_id: int, promise: Mapping[str, str]) -> None:
    Commitment.insert(
        organisation=organisation_id,
        standard=promise["key"],
        subscribed_on=promise["subscribed_on"],
    ).execute()


def _profile(entry: Mapping[str, Any]) -> dict[str, Any]:
    same = (
        "roles", "fields", "occupations", "modes", "targets", "inclusion", "accommodation",
        "services", "months", "group_min", "group_max", "places_a_year", "minimum_age",
        "accompanying_max", "accompanying_free",
    )  # fmt: skip
    values = {name: entry[name] for name in same}
    return values | {
        "languages": [[item["language"], item["level"]] for item in entry["languages"]],
        "stay_min_weeks": entry["stay_weeks_min"],
        "stay_max_weeks": entry["stay_weeks_max"],
        "summaries": entry["summary"],
        "original": entry["language"],
    }
