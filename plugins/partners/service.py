"""What people do with profiles: save, import, promise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app

from plugins.partners import codes, documents, history, publishing, queries, workflow
from plugins.partners.models import Change, Profile
from portal import db, objects, versions
from portal import workflow as engine
from portal.context import Context
from portal.errors import Invalid, NotAllowed
from portal.i18n import _
from portal.organisations.service import announce, new_public_id

LEVELS = ("A1", "A2", "B1", "B2", "C1", "C2", "native")


def may_edit(ctx: Context, organisation_id: int) -> bool:
    """Whether the actor may edit the profile of an organisation."""
    found = queries.publication(organisation_id)
    return "edit" in queries.rights(ctx, organisation_id, found.id if found else None)


def save_profile(
    ctx: Context, organisation_id: int, values: Mapping[str, Any], version: int | None
) -> None:
    """Save a profile with its promises; those of a published one go to a working copy.

    One in review goes to the reviewer again: what they looked at is no longer what there is.

    `version` is the one that was shown, 0 when there was none yet, None to save in any case.
    Without `commitments` the promises stay. Raises NotAllowed, Invalid, or Conflict
    with both texts when someone was faster.
    """
    if not may_edit(ctx, organisation_id):
        raise NotAllowed
    columns = {name: value for name, value in values.items() if name != "commitments"}
    _check(columns)
    with db.transaction(), versions.changing(ctx, VERSIONED, organisation_id):
        if db.is_postgres():  # no step is taken meanwhile
            mine = "SELECT id FROM partners_publication WHERE organisation_id = ? FOR UPDATE"
            db.query(mine, (organisation_id,))
        found = queries.publication(organisation_id)
        if found and found.state in workflow.LOCKED and not ctx.actor.system:
            raise NotAllowed(
                _("The profile is archived. It can't be changed before it is a draft again.")
            )
        row = Profile.get_or_none(Profile.organisation == organisation_id)
        if row is None:
            Profile.insert(
                organisation=organisation_id, updated_at=ctx.clock.now(), **columns
            ).execute()
        else:
            if version is not None and row.version != version:
                raise versions.conflict(VERSIONED, organisation_id, version, values)
            Profile.update(
                updated_at=ctx.clock.now(), version=Profile.version + 1, **columns
            ).where(Profile.organisation == organisation_id).execute()
        wanted = values.get("commitments")
        if wanted is not None:
            if ctx.actor.system or (found and found.state in (workflow.DRAFT, workflow.PENDING)):
                publishing.promise(ctx, organisation_id, wanted)
            else:
                propose(ctx, organisation_id, sorted(set(wanted)))
        if found and found.state == workflow.PENDING and not ctx.actor.system:
            engine.move(ctx, found, workflow.RESUBMIT)
        announce(ctx, [organisation_id])


def _restore(ctx: Context, organisation_id: int, data: Mapping[str, Any]) -> None:
    promises = history.dump(organisation_id)[1]["commitments"]
    if data["commitments"] == promises:  # then a change that waits is no hindrance
        data = {name: value for name, value in data.items() if name != "commitments"}
    save_profile(ctx, organisation_id, data, None)


VERSIONED = history.versioned(_restore)


def propose(ctx: Context, organisation_id: int, wanted: list[str]) -> None:
    """Write promises into the working copy; what everybody sees stays until it is published."""
    copy = queries.open_change(organisation_id)
    if copy and sorted(copy.promises) == wanted:
        return
    if copy and copy.state == workflow.PENDING:
        raise Invalid(
            _("The promises wait for a reviewer. Withdraw that change first, then change them."),
            field="commitments",
        )
    if sorted(queries.stated(organisation_id)[1]) == wanted:
        if copy:
            engine.move(ctx, copy, "discard")
    elif copy:
        Change.update(promises=wanted, version=Change.version + 1).where(
            Change.id == copy.id
        ).execute()
    else:
        made = Change.create(
            public_id=new_public_id(),
            organisation=organisation_id,
            promises=wanted,
            state=workflow.DRAFT,
            created_at=ctx.clock.now(),
        )
        engine.start(ctx, made)


def _check(values: Mapping[str, Any]) -> None:
    for code in values.get("fields", ()):
        if not codes.is_field(code):
            raise Invalid(_("%(code)s is no field of ISCED-F 2013.", code=code), field="fields")
    pairs = (
        ("group_min", "group_max", _("The largest group can't be smaller than the smallest.")),
        (
            "stay_min_weeks",
            "stay_max_weeks",
            _("The longest stay can't be shorter than the shortest."),
        ),
        (
            "accompanying_free",
            "accompanying_max",
            _("More persons are without charge than may come."),
        ),
    )
    for low, high, message in pairs:
        least, most = values.get(low), values.get(high)
        if least is not None and most is not None and least > most:
            raise Invalid(message, field=high)


# The profile's part of an organisations file.


def catch_up(ctx: Context) -> int:
    """Learn of organisations that changed while the plugin was off; returns how many.

    Nobody told the search then: who asked to be removed would still be found.
    """
    ids = documents.stale()
    publishing.begin(ctx, ids, are_new=True)
    return _refresh(ctx, ids) + _let_go(ctx)


def _let_go(ctx: Context) -> int:
    """Take projects and scores out of the search, once after plugins were switched."""
    generation = objects.registry().generation
    if current_app.extensions.get("partners.generation") == generation:
        return 0
    count = _refresh(ctx, documents.outdated())
    current_app.extensions["partners.generation"] = generation
    return count


def refresh_all(ctx: Context) -> int:
    """Put every organisation's document anew; returns how many."""
    return _refresh(ctx, [row[0] for row in db.query("SELECT id FROM organisation ORDER BY id")])


def _refresh(ctx: Context, ids: Sequence[int]) -> int:
    for at in range(0, len(ids), 2_000):
        with db.transaction():
            documents.refresh(ctx, ids[at : at + 2_000])
    return len(ids)
