"""What a table found: written by the host, completed by those who were there, published, cited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from peewee import fn

from plugins.attendance import owning, rules
from plugins.attendance.models import (
    EMPLOYER,
    HIDDEN,
    NAME,
    NOTHING,
    SHOWN,
    WAITING,
    Comment,
    Consent,
    Outcome,
)
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import audit, db, objects, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _
from portal.organisations.service import new_public_id

SERIES = "roundtables_series"
KINDS = ("consortia_consortium", "agreements_agreement")
"""What may come of a round table, where the plugin for it is active."""
MOST_RELATED, MOST_COMMENTS, MOST_WAITING = 30, 10, 200
LONGEST_WINDOW = timedelta(days=365)


def of(table: Table) -> Outcome:
    """Return what a table found so far; version 0 when nothing was written."""
    found: Outcome | None = Outcome.get_or_none(Outcome.table_id == table.id)
    return found or Outcome(table_id=table.id)


def published(tables: Sequence[Table]) -> dict[int, Outcome]:
    """Return the published outcomes of tables, by the table's number."""
    rows = Outcome.select().where(
        Outcome.table_id.in_([one.id for one in tables]), Outcome.published_at.is_null(False)
    )
    return {row.table_id: row for row in rows}


def actions_of(row: Outcome) -> list[dict[str, Any]]:
    """Return what is done next; lines from before there were owners and days stand as they are."""
    before = rules.lines(row.findings.get("actions", ""))
    return row.actions or [{"what": line, "who": "", "due": "", "done": False} for line in before]


def write(
    ctx: Context,
    series: Series,
    table: Table,
    values: Mapping[str, Any],
    version: int | None,
) -> None:
    """Keep what a table found. `values` has the texts, `actions`, `related`, `comments_until` (a day).

    Raises Invalid with the field, Conflict before the table began (or its host said that it was held) and when somebody was faster.
    """
    permissions.check(ctx, "edit", series.row)
    if table.starts_at > ctx.clock.now() and series.state != roundtables.WAS_HELD:
        raise Conflict(_("This round table has not begun yet."))
    known = {key for key, _words in owning.choices(series, table)}
    actions = rules.actions(values.get("actions", ()), known)
    owners = owning.split(actions)
    kept = {
        "findings": {name: rules.text(values.get(name, ""), name) for name in rules.FOUND},
        "actions": actions,
        "related": _chosen(ctx, series, table, values.get("related", ())),
        "comments_until": _until(ctx, series, values.get("comments_until")),
    }
    with db.transaction():
        days = {one.get("id"): one["due"] for one in of(table).actions}
        moved = [
            one["id"] for one in actions if days.get(one.get("id"), "") not in ("", one["due"])
        ]
        Outcome.insert(
            table_id=table.id, findings={}, actions=[], related=[], version=0
        ).on_conflict_ignore().execute()
        here = Outcome.table_id == table.id
        if version is not None:
            here &= Outcome.version == version
        if not Outcome.update(version=Outcome.version + 1, **kept).where(here).execute():
            told = _("Somebody else saved this while you were writing. Nothing of yours is lost.")
            raise Conflict(told, version=of(table).version)
        owning.keep(ctx, series, table, owners, moved)
        audit.record(ctx, "outcomes.written", SERIES, series.id, table=table.id)


def _until(ctx: Context, series: Series, day: date | None) -> datetime | None:
    """Return the end of a day in the zone of the series."""
    if day is None:
        return None
    zone = ZoneInfo(series.zone)
    if not 2000 <= day.year <= 2200:
        raise Invalid(_("Choose a day of this century or the next."), "comments_until")
    found = datetime.combine(day, time(23, 59), zone).astimezone(ctx.clock.now().tzinfo)
    if found > ctx.clock.now() + LONGEST_WINDOW:
        raise Invalid(_("Let comments end within a year."), "comments_until")
    return found


def publish(ctx: Context, series: Series, table: Table, is_public: bool) -> None:
    """Publish the outcomes of a table, or take them back. Raises Conflict when there are none."""
    permissions.check(ctx, "run", series.row)
    row = of(table)
    if is_public and not (any(row.findings.values()) or row.actions):
        raise Conflict(_("Write the outcomes first."))
    with db.transaction():
        at = (row.published_at or ctx.clock.now()) if is_public else None
        Outcome.update(published_at=at).where(Outcome.table_id == table.id).execute()
        what = "outcomes.published" if is_public else "outcomes.taken_back"
        audit.record(ctx, what, SERIES, series.id, table=table.id)


# Consortia and agreements


def offered(ctx: Context, series: Series) -> list[tuple[str, str]]:
    """Return consortia and agreements of the host that the actor may see: key and name."""
    found = []
    for name in KINDS:
        kind = objects.types().get(name)
        if kind is None:
            continue
        model: Any = kind.model
        own = getattr(model, str(kind.owner_organisation)) == series.host.id
        rows = model.select().where(own, permissions.visible(ctx, model))
        found += [
            (f"{name} {row.public_id}", f"{kind.title}: {kind.label(row)}")
            for row in rows.order_by(model.id.desc()).limit(MOST_RELATED)
        ]
    return found


def _chosen(ctx: Context, series: Series, table: Table, keys: Collection[str]) -> list[str]:
    """Return what was chosen, and what another editor chose whom the actor does not see."""
    known = {key for key, _label in offered(ctx, series)}
    before = of(table).related
    unseen = [key for key in before if key not in known]
    return [*unseen, *(key for key in dict.fromkeys(keys) if key in known)][:MOST_RELATED]


def related(ctx: Context, row: Outcome) -> list[tuple[str, str]]:
    """Return name and address of what came of a table, as far as the actor may see it."""
    found = []
    for key in row.related:
        name, _blank, public_id = key.partition(" ")
        try:
            item = objects.find(name, public_id)
        except NotFound:
            continue
        if permissions.may(ctx, "view", item):
            kind = objects.types()[name]
            found.append((f"{kind.title}: {kind.label(item)}", str(kind.url(item))))
    return found


# Those who were there


def consent_of(table: Table, seat: Seat) -> str:
    """Return what the outcomes may say of somebody; nothing unless they said otherwise."""
    here = (Consent.table_id == table.id, Consent.interest_id == seat.interest_id)
    row: Consent | None = Consent.get_or_none(*here)
    return row.shows if row else NOTHING


def agree(ctx: Context, series: Series, table: Table, seat: Seat, shows: str) -> None:
    """Keep what the outcomes may say of somebody; it can be taken back at any time."""
    if shows not in (NOTHING, EMPLOYER, NAME):
        raise Invalid(_("Choose one of the three."), "shows")
    values = {"table_id": table.id, "interest_id": seat.interest_id}
    with db.transaction():
        here = (Consent.table_id == table.id, Consent.interest_id == seat.interest_id)
        Consent.delete().where(*here).execute()
        Consent.create(**values, shows=shows, said_at=ctx.clock.now())
        audit.record(ctx, "outcomes.consent", SERIES, series.id, shows=shows, role="participant")


def named(series: Series, table: Table) -> list[str]:
    """Return who was there and may be named, by organisation or by name and organisation."""
    here = {seat.interest_id: seat for seat in roundtables.seats(series, table.id)}
    found = set()
    for row in Consent.select().where(Consent.table_id == table.id, Consent.shows != NOTHING):
        seat = here.get(row.interest_id)
        if seat is None or seat.state != roundtables.ATTENDED:
            continue
        parts = [seat.name, seat.employer] if row.shows == NAME else [seat.employer]
        found.add(", ".join(filter(None, parts)))
    return sorted(found - {""})


def is_open(ctx: Context, row: Outcome) -> bool:
    """Whether those who were there can comment."""
    return row.comments_until is not None and ctx.clock.now() <= row.comments_until


def comment(
    ctx: Context, series: Series, table: Table, seat: Seat, value: str, is_named: bool
) -> None:
    """Add to the outcomes; the host reads it first. Raises Invalid, Conflict when comments ended."""
    kept = rules.text(value, "text", rules.LONGEST_COMMENT)
    if not kept:
        raise Invalid(_("Write what you would like to add."), "text")
    if not is_open(ctx, of(table)):
        raise Conflict(_("Comments on these outcomes are closed."))
    own = (Comment.table_id == table.id, Comment.interest_id == seat.interest_id)
    if Comment.select().where(*own).count() >= MOST_COMMENTS:
        raise Conflict(_("You wrote several comments already. Thank you."))
    with db.transaction():
        Comment.create(
            public_id=new_public_id(), table_id=table.id, interest_id=seat.interest_id, text=kept,
            lang=seat.lang, is_named=is_named, written_at=ctx.clock.now(),
        )  # fmt: skip
        audit.record(ctx, "outcomes.commented", SERIES, series.id, role="participant")


def moderate(ctx: Context, series: Series, table: Table, public_id: str, state: str) -> None:
    """Show a comment with the outcomes, or hide it. Raises NotFound."""
    permissions.check(ctx, "edit", series.row)
    if state not in (SHOWN, HIDDEN):
        raise NotFound
    here = (Comment.table_id == table.id, Comment.public_id == public_id)
    with db.transaction():
        if not Comment.update(state=state).where(*here).execute():
            raise roundtables.missing()
        audit.record(ctx, f"comment.{state}", SERIES, series.id, table=table.id)


def comments(series: Series, table: Table, *states: str) -> list[dict[str, Any]]:
    """Return comments with who wrote them where they want to be named, the first first."""
    here = {seat.interest_id: seat for seat in roundtables.seats(series, table.id)}
    rows = Comment.select().where(Comment.table_id == table.id, Comment.state.in_(states))
    found = []
    for row in rows.order_by(Comment.id):
        seat = here.get(row.interest_id)
        parts = (seat.name, seat.employer) if seat and row.is_named else ()
        found.append({"row": row, "who": ", ".join(filter(None, parts))})
    return found


def to_read(ctx: Context) -> list[tuple[Series, Table, datetime]]:
    """Return the tables of the actor's series with comments that wait, and since when, oldest first."""
    model: Any = objects.types()[SERIES].model
    own = {
        number
        for (number,) in model.select(model.id)
        .where(permissions.visible(ctx, model, "run"))
        .tuples()
    }
    if not own:
        return []
    of: Any = Comment
    rows = of.select(of.table_id, fn.MIN(of.written_at)).where(of.state == WAITING)
    since = dict(rows.group_by(of.table_id).limit(MOST_WAITING).tuples())
    shown = [(roundtables.of_table(number), number) for number in since]
    return [
        (series, next(one for one in series.tables if one.id == number), since[number])
        for series, number in shown
        if series is not None and series.id in own
    ]
