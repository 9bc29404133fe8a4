"""Profiles on their way to the public: begun, taken on by a step, with what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.partners import documents, history, queries, workflow
from plugins.partners.models import Change, Commitment, Profile, Publication
from portal import db, mail, permissions, versions
from portal import workflow as engine
from portal.context import Context
from portal.errors import NotFound
from portal.hookspecs import Transition
from portal.organisations.models import UNCLAIMED, Organisation, OrganisationMember
from portal.organisations.service import announce
from portal.people.models import Account

TOLD = {"publish", "send_back", "suspend"}
"""Steps of which the people of the organisation get a mail."""

MOST_PAST = 10
"""Published changes of promises whose history the page shows."""

_CLAIMED = (
    "SELECT o.id, o.public_id, o.version, o.batch_id, d.object_id FROM organisation o "
    "LEFT JOIN partners_publication b ON b.organisation_id = o.id "
    "LEFT JOIN search_document d ON d.kind = ? AND d.object_id = o.id "
    f"WHERE o.state <> '{UNCLAIMED}' AND b.id IS NULL AND o.id IN ({{marks}}) ORDER BY o.id"
)


def begin(ctx: Context, ids: Sequence[int], are_new: bool = False) -> None:
    """Give claimed organisations their publication, inside the transaction that changed them.

    What a person adds begins as a draft, and with `are_new` (added while the plugin was off) what
    no import brought; who was found by the public before stays published.
    """
    for at in range(0, len(ids), documents.BATCH):
        part = list(ids[at : at + documents.BATCH])
        rows = db.query(
            _CLAIMED.replace("{marks}", ", ".join("?" * len(part))), [documents.KIND, *part]
        )
        for number, public_id, version, batch, found in rows:
            is_own = are_new or (ctx.actor.signed_in and version == 1)
            is_new = is_own and batch is None and found is None
            start(ctx, number, public_id, workflow.DRAFT if is_new else workflow.PUBLISHED)


def start(ctx: Context, organisation_id: int, public_id: str, state: str) -> None:
    """Begin an organisation's publication in a state."""
    with db.transaction():
        made = Publication.create(
            public_id=public_id,
            organisation=organisation_id,
            state=state,
            created_at=ctx.clock.now(),
        )
        engine.start(ctx, made)


def take_step(
    ctx: Context, obj: Any, step: str, comment: str, version: int | None, has_agreed: bool
) -> None:
    """Take a step of a profile or of a change of its promises; raises as `portal.workflow.move`.

    `has_agreed` notes, for those who may submit, that the promises will be kept and ratings taken.
    """
    with db.transaction():
        if step == "submit" and has_agreed and obj.agreed_at is None:
            permissions.check(ctx, "submit", obj)
            model = type(obj)
            model.update(agreed_at=ctx.clock.now()).where(model.id == obj.id).execute()
        engine.move(ctx, obj, step, comment, version)


def carry_out(ctx: Context, obj: Any, step: Transition, comment: str) -> None:
    """Do what follows from a step, inside its transaction: promises, search, news for members."""
    number = obj.organisation_id
    if isinstance(obj, Publication):
        documents.refresh(ctx, [number])
    elif step.name == "publish":
        promise(ctx, number, obj.promises)
        announce(ctx, [number])
    elif step.name == "discard":
        _note_version(ctx, number, obj)
    if step.name in TOLD:
        _tell(ctx, obj, step.name, comment)


def promise(ctx: Context, organisation_id: int, wanted: Sequence[str]) -> None:
    """Make promises everybody's to see: those that stay keep their day, new ones are of today."""
    own = Commitment.organisation == organisation_id
    Commitment.delete().where(own, Commitment.standard.not_in(list(wanted) or [""])).execute()
    today = ctx.clock.now().date().isoformat()
    for standard in wanted:
        Commitment.insert(
            organisation=organisation_id, standard=standard, subscribed_on=today
        ).on_conflict_ignore().execute()


def _note_version(ctx: Context, organisation_id: int, gone: Change) -> None:
    """Count a profile up whose working copy is gone: who still edits it must see that."""
    number, data = history.dump(organisation_id)
    before = number, {**data, "commitments": sorted(gone.promises)}
    mine = Profile.organisation == organisation_id
    Profile.update(version=Profile.version + 1).where(mine).execute()
    versions.tell(ctx, history.TYPE, organisation_id, before, (number + 1, data))


def _tell(ctx: Context, obj: Any, step: str, comment: str) -> None:
    organisation: Organisation = obj.organisation
    member: Any = OrganisationMember
    editors = (
        member.select(member, Account)
        .join(Account)
        .where(
            member.organisation == organisation.id,
            member.role.in_(sorted(history.EDITORS)),
            Account.disabled_at.is_null(),
        )
        .order_by(member.id)
    )
    for person in editors:
        mail.enqueue(
            ctx,
            person.account.email,
            "partners/decided",
            step=step,
            is_change=isinstance(obj, Change),
            organisation=organisation.name,
            comment=comment,
            path=workflow.path(organisation.slug),
        )


def find(what: str, organisation_id: int) -> Any:
    """Return an organisation's publication, or the working copy of its promises. Raises NotFound."""
    ask = queries.publication if what == "profile" else queries.open_change
    found = ask(organisation_id)
    if found is None:
        raise NotFound
    return found


def page(ctx: Context, organisation_id: int) -> dict[str, Any]:
    """Return state, steps and history of a profile and of the changes of its promises."""
    of: Any = Change
    copy, task = queries.open_change(organisation_id), engine.ReviewTask
    mine = of.select().where(of.organisation == organisation_id, of.state == workflow.PUBLISHED)
    profile = find("profile", organisation_id)
    waiting = {workflow.PROFILE: profile.id, workflow.CHANGE: copy.id if copy else 0}
    due = {
        name: task.get_or_none(task.object_type == name, task.object_id == number)
        for name, number in waiting.items()
    }
    shown = engine.panel(ctx, profile)
    shown["steps"] = [step for step in shown["steps"] if step.name != workflow.RESUBMIT]
    return {
        "profile": shown,
        "change": engine.panel(ctx, copy) if copy else None,
        "due": {name: row.due_at for name, row in due.items() if row},
        "past": [engine.panel(ctx, row) for row in mine.order_by(of.id.desc()).limit(MOST_PAST)],
    }


def forget(ids: Sequence[int]) -> None:
    """Delete what people wrote with the steps of organisations that are about to be deleted."""
    for name, model in ((workflow.PROFILE, Publication), (workflow.CHANGE, Change)):
        of: Any = model
        found = of.select(of.id).where(of.organisation.in_(ids)).tuples()
        engine.forget_comments(name, [number for (number,) in found])
