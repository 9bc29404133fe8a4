"""What administrators do with duplicates: look, merge, undo, find that two entries stay two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from plugins.directory import interface as directory
from plugins.merging import moving, plan, rules
from plugins.merging.models import Apart, Change, Merge
from plugins.merging.moving import Mover
from plugins.merging.plan import Choices, Plan
from portal import audit, db, events, objects, permissions, versions
from portal.context import Context
from portal.errors import Conflict, NotAllowed
from portal.hookspecs import EventType
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as core
from portal.organisations.models import Organisation, OrganisationMember

MERGED, UNDONE = "merging.merged", "merging.undone"
KINDS = (
    {"kind": MERGED, "title": lazy("An entry was merged with your organisation's")},
    {"kind": UNDONE, "title": lazy("A merge with your organisation's entry was undone")},
)
EVENTS = (
    EventType(
        "organisation.merged",
        lazy("Two entries became one"),
        {"other": "number of the entry that went"},
        "organisation",
    ),
    EventType(
        "organisation.merge_undone",
        lazy("Two entries are two again"),
        {"other": "number of the entry that came back"},
        "organisation",
    ),
)


def check(ctx: Context, *both: Organisation) -> None:
    """Raise NotAllowed for others than administrators, and about their own organisations."""
    if not ctx.actor.is_admin:
        raise NotAllowed
    for organisation in both:
        directory.check_other(ctx, organisation)


def preview(ctx: Context, kept: Organisation, gone: Organisation, choices: Choices) -> Plan:
    """Return what a merge would do: it is done and taken back. Raises as `merge`."""
    check(ctx, kept, gone)
    _refuse(kept, gone)
    with db.transaction(), db.database.savepoint() as point:
        found = plan.carry_out(ctx, Mover(kept.id, gone.id), kept, gone, choices)
        point.rollback()
    found.seen = plan.fingerprint(found, kept, gone)
    return found


def merge(
    ctx: Context,
    kept: Organisation,
    gone: Organisation,
    choices: Choices,
    seen: str | None = None,
) -> Merge:
    """Make two entries one; what refers to the second leads to the first from then on.

    `seen` is that of the preview which was looked at; None merges in any case. Raises NotAllowed,
    Invalid for a role, Conflict when they can't be one or something changed since the preview.
    """
    check(ctx, kept, gone)
    with db.transaction():
        kept, gone = _held(kept, gone)
        _refuse(kept, gone)
        mover = Mover(kept.id, gone.id)
        with _telling(ctx, kept, gone):
            done = plan.carry_out(ctx, mover, kept, gone, choices)
            if seen is not None and seen != plan.fingerprint(done, kept, gone):
                raise Conflict(_("Something changed since you looked. Look at both once more."))
            _count_up(ctx, kept, gone)
        made = Merge.create(
            public_id=core.new_public_id(),
            kept=kept.id,
            gone=gone.id,
            account=ctx.actor.account_id,
            merged_at=ctx.clock.now(),
        )
        for start in range(0, len(mover.changes), 100):
            part = mover.changes[start : start + 100]
            Change.insert_many([{**change, "merge": made.id} for change in part]).execute()
        moved = {item.column.path: item.moved for item in done.outcomes if item.moved}
        audit.record(
            ctx, "organisation.merged", "organisation", kept.id, other=gone.id, moved=moved
        )
        events.emit(ctx, "organisation.merged", "organisation", kept.id, other=gone.id)
        for person in done.people:
            _rights(ctx, "removed", gone.id, person.account_id)
            if person.gets and not person.has:
                _rights(ctx, "added", kept.id, person.account_id, role=person.gets)
        _tell_merged(ctx, kept.id, gone, done)
        core.announce(ctx, [kept.id, gone.id])
    permissions.forget()
    return made  # type: ignore[no-any-return]


def undo(ctx: Context, merged: Merge) -> int:
    """Make two entries of one again; returns how many records stay since somebody changed them.

    Raises NotAllowed, Conflict when it was undone before, a later merge stands on it, or the entry
    that stays would be left without an administrator.
    """
    kept, gone = merged.kept, merged.gone
    check(ctx, kept, gone)
    with db.transaction():
        kept, gone = _held(kept, gone)
        _check_undo(Merge.get_by_id(merged.id))
        before = {item.id: _roles(item.id) for item in (kept, gone)}
        with _telling(ctx, kept, gone):
            changes = list(Change.select().where(Change.merge == merged.id))
            left = moving.take_back(kept.id, gone.id, changes)
            plan.count_up(ctx, kept.id, changes)
            _count_up(ctx, kept, gone)
        _check_led(kept, before[kept.id])
        Merge.update(undone_at=ctx.clock.now(), undone_by=ctx.actor.account_id).where(
            Merge.id == merged.id
        ).execute()
        details: dict[str, Any] = {"other": gone.id}
        audit.record(
            ctx, "organisation.merge_undone", "organisation", kept.id, left=len(left), **details
        )
        events.emit(ctx, "organisation.merge_undone", "organisation", kept.id, **details)
        for number, roles in before.items():
            _tell_undone(ctx, number, roles)
        core.announce(ctx, [kept.id, gone.id])
    permissions.forget()
    return len(left)


def keep_apart(ctx: Context, one: Organisation, other: Organisation) -> None:
    """Note that two entries are two organisations; they are not proposed again."""
    check(ctx, one, other)
    first, second = sorted((one.id, other.id))
    if first == second:
        raise Conflict(_("These are one entry already."))
    with db.transaction():
        noted = {"account": ctx.actor.account_id, "decided_at": ctx.clock.now()}
        Apart.insert(first=first, second=second, **noted).on_conflict_ignore().execute()
        audit.record(ctx, "organisation.kept_apart", "organisation", first, other=second)


def propose_again(ctx: Context, first_id: int, second_id: int) -> None:
    """Take back that two entries were found to be two; the undo of `keep_apart`."""
    if not ctx.actor.is_admin:
        raise NotAllowed
    with db.transaction():
        both = (Apart.first == min(first_id, second_id), Apart.second == max(first_id, second_id))
        Apart.delete().where(*both).execute()
        audit.record(ctx, "organisation.proposed_again", "organisation", first_id, other=second_id)


def check_shown(ids: Sequence[int]) -> None:
    """Raise Conflict when what is left of a merged entry would be shown again."""
    standing: Any = (
        Merge.select(Merge, Organisation)
        .join(Organisation, on=(Merge.gone == Organisation.id))
        .where(Merge.gone.in_(list(ids)), Merge.undone_at.is_null())
    )
    for found in standing:
        if found.gone.hidden_at is None:
            raise Conflict(_("This entry was merged with another. Undo the merge instead."))


def in_use(ids: Sequence[int]) -> dict[int, str]:
    """Say which organisations belong to a merge that stands, so that no import takes them back."""
    rows = Merge.select().where(
        Merge.undone_at.is_null(), Merge.kept.in_(list(ids)) | Merge.gone.in_(list(ids))
    )
    return {
        number: _("it was merged with another entry")
        for row in rows
        for number in (row.kept.id, row.gone.id)
        if number in ids
    }


def _refuse(kept: Organisation, gone: Organisation) -> None:
    for fault in rules.objections(kept, gone):
        raise Conflict(fault)


def _held(kept: Organisation, gone: Organisation) -> list[Organisation]:
    """Return both as they are now; nobody refers anew to either of them meanwhile."""
    ids = sorted((kept.id, gone.id))
    if db.is_postgres():
        db.query("SELECT id FROM organisation WHERE id IN (?, ?) ORDER BY id FOR UPDATE", ids)
    return [Organisation.get_by_id(item.id) for item in (kept, gone)]


@contextmanager
def _telling(ctx: Context, kept: Organisation, gone: Organisation) -> Iterator[None]:
    """Keep versions as they were and are, so that histories show what happened.

    Of what only one of them has nothing is kept: it moves as a whole, with its number.
    """
    with ExitStack() as stack:
        for kind in (core.VERSIONED, directory.VERSIONED):
            for item in (kept, gone):
                stack.enter_context(versions.changing(ctx, kind, item.id))
        for kind in plan.records(ctx):
            if kind.dump(kept.id)[0] and kind.dump(gone.id)[0]:
                stack.enter_context(versions.changing(ctx, kind, kept.id))
        yield


def _count_up(ctx: Context, *both: Organisation) -> None:
    row = Organisation
    row.update(version=row.version + 1, updated_at=ctx.clock.now()).where(
        row.id.in_([item.id for item in both])
    ).execute()


def _check_undo(merged: Merge) -> None:
    if merged.undone_at is not None:
        raise Conflict(_("This merge was undone before."))
    both = [merged.kept.id, merged.gone.id]
    later = Merge.select().where(
        Merge.id > merged.id,
        Merge.undone_at.is_null(),
        Merge.kept.in_(both) | Merge.gone.in_(both),
    )
    if later.exists():
        raise Conflict(_("One of the entries was merged again since. Undo that merge first."))


def _check_led(kept: Organisation, before: dict[int, str]) -> None:
    """Refuse to leave an organisation without an administrator that has one."""
    if "OrgAdmin" in before.values() and "OrgAdmin" not in _roles(kept.id).values():
        raise Conflict(_("Make somebody else an administrator first: the last one has to stay."))


# What people hear


def _roles(organisation_id: int) -> dict[int, str]:
    of: Any = OrganisationMember
    found = of.select(of.account, of.role).where(of.organisation == organisation_id)
    return dict(found.order_by(of.id).tuples())


def _rights(ctx: Context, what: str, organisation_id: int, account: int, **more: str) -> None:
    """Note who may act for what: in the log, and for rules and notices."""
    told: dict[str, Any] = {"account": account, **more}
    audit.record(ctx, f"member.{what}", "organisation", organisation_id, **told)
    if what == "added":
        events.emit(ctx, "member.added", "organisation", organisation_id, **told)


def _tell_merged(ctx: Context, kept_id: int, gone: Organisation, done: Plan) -> None:
    kept = Organisation.get_by_id(kept_id)
    named = {"kept": kept.name, "gone": gone.name}
    title = lazy("%(gone)s and %(kept)s are one entry now", **named)
    here, along = _roles(kept.id), {person.account_id for person in done.newcomers}
    plain = lazy("What belonged to %(gone)s stands with %(kept)s now.", **named)
    more = lazy("People of %(gone)s act for %(kept)s now: look who they are.", **named)
    bodies = dict.fromkeys(here, more if along else plain)
    own = lazy("You act for %(kept)s now, with all that belonged to %(gone)s.", **named)
    bodies |= dict.fromkeys(along, own)
    out = {person.account_id for person in done.people} - here.keys()
    bodies |= dict.fromkeys(out, lazy("You no longer act for it. Ask its people to add you."))
    for account_id, body in bodies.items():
        _notify(ctx, account_id, MERGED, title, body, kept)


def _tell_undone(ctx: Context, organisation_id: int, before: dict[int, str]) -> None:
    organisation, now = Organisation.get_by_id(organisation_id), _roles(organisation_id)
    for account_id in before.keys() - now.keys():
        _rights(ctx, "removed", organisation_id, account_id)
    for account_id in now.keys() - before.keys():
        _rights(ctx, "added", organisation_id, account_id, role=now[account_id])
    title = lazy("%(name)s is an entry of its own again", name=organisation.name)
    body = lazy("Two entries had been merged; that was undone. Look who acts for which.")
    for account_id in sorted(now):
        _notify(ctx, account_id, UNDONE, title, body, organisation)


def _notify(
    ctx: Context, account_id: int, kind: str, title: Any, body: Any, about: Organisation
) -> None:
    url = f"/organisations/{about.slug}/"
    notice = {"kind": kind, "title": title, "body": body, "url": url}
    objects.registry().hooks.call("notice_tell", ctx, account_id=account_id, notice=notice)
