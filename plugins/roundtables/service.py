"""What a host does with a series and its tables: write, copy, publish, change, cancel."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from plugins.calendars.interface import joining_link, moment
from plugins.roundtables import checking, groups, models, placing, queries, tokens
from plugins.roundtables.models import Interest, RoundTable, Series
from portal import audit, db, events, permissions, settings, workflow
from portal.context import Context
from portal.errors import Conflict, Invalid, NotFound, TooMany
from portal.hookspecs import EventType, Transition
from portal.i18n import _, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation, OrganisationMember
from portal.organisations.service import new_public_id

MOST_DRAFTS = 50
NAME = "roundtables_series"
FIXED = ("groups", "own_groups", "weights", "org_cap", "seats_per_person", "zone", "opens_at")
"""What nobody changes once people can register: they decided knowing it."""
SEATS = ("capacity", "reserved", "overbooked")
EVENTS = tuple(
    EventType(f"round_tables.{name}", title, {}, NAME)
    for name, title in (
        ("published", lazy("A series of round tables was published")),
        ("tried", lazy("An allocation of round tables was tried out")),
        ("allocated", lazy("The places of a series of round tables were allocated")),
        ("cancelled", lazy("A series of round tables was cancelled")),
        ("held", lazy("A series of round tables was held")),
    )
)


def write(
    ctx: Context,
    values: Mapping[str, Any],
    *,
    organisation: Organisation | None = None,
    series: Series | None = None,
    version: int | None = None,
    joint: Mapping[str, Any] | None = None,
) -> Series:
    """Write a new series for a host (in the name of a `joint` group that it leads), or change one.

    Once people can register, groups, caps and the opening stay as they are, and the deadline can
    only be moved while it has not passed. Raises Invalid with the field, NotFound for strangers,
    Conflict when somebody was faster.
    """
    kept = _checked(ctx, values, series)
    with db.transaction():
        if series is None:
            if organisation is None:
                raise NotFound
            named = (
                {f"host_{name}": joint[name] for name in ("key", "title", "url")} if joint else {}
            )
            return _create(ctx, organisation, {**kept, **named})
        permissions.check(ctx, "edit", series)
        if series.state != models.DRAFT:
            kept = _without_fixed(ctx, series, kept)
        _update(Series, series.id, version, kept)
        permissions.forget()
        audit.record(ctx, "round_tables.changed", NAME, series.id)
        changed: Series = Series.get_by_id(series.id)
        return changed


def _update(model: Any, number: int, version: int | None, values: Mapping[str, Any]) -> None:
    here = model.id == number
    if version is not None:
        here &= model.version == version
    if not model.update(version=model.version + 1, **values).where(here).execute():
        now = model.get_by_id(number)
        told = _("Somebody else saved this while you were writing. Nothing of yours is lost.")
        raise Conflict(told, version=now.version)


def set_rules(
    ctx: Context, series: Series, values: Mapping[str, Any], version: int | None = None
) -> None:
    """Set weights, own groups and limits of a draft, and how much breadth may be given up.

    The last can be set until a draw is committed. Raises Invalid with the field, NotFound for
    strangers, Conflict when it is too late or somebody was faster.
    """
    permissions.check(ctx, "edit", series)
    kept: dict[str, Any] = {"loss": checking.whole(values["loss"], "loss", 1, checking.MOST_LOSS)}
    with db.transaction():
        state = placing.hold(series)
        if state == models.DRAFT:
            kept |= _rules(values, series.groups)
        if queries.draw_of(series) or state not in (models.DRAFT, models.PUBLISHED, models.CLOSED):
            raise Conflict(_("The draw is committed. Its rules stay as they are."))
        _update(Series, series.id, version, kept)
        audit.record(ctx, "round_tables.ruled", NAME, series.id, **kept)


def _rules(values: Mapping[str, Any], wanted: Collection[str]) -> dict[str, Any]:
    own = checking.own_groups(values["own_groups"])
    named = [*wanted, *(f"{groups.OWN}{at}" for at in range(1, len(own) + 1))]
    if not named:
        raise Invalid(_("Choose at least one group that counts for breadth."), "own_groups")
    return {
        "own_groups": own,
        "weights": checking.weights(values.get("weights", {}), named),
        "org_cap": checking.whole(values["org_cap"], "org_cap", 1, 20),
        "seats_per_person": checking.whole(values["seats_per_person"], "seats_per_person", 1, 10),
    }


def _checked(ctx: Context, values: Mapping[str, Any], series: Series | None) -> dict[str, Any]:
    zone = values["zone"]
    opens_at = moment(values["opens_on"], values["opens_time"], zone, "opens_on")
    closes_at = moment(values["closes_on"], values["closes_time"], zone, "closes_on")
    checking.window(opens_at, closes_at)
    wanted = [key for key in groups.offered() if key in values["groups"]]
    if not wanted and not (series and series.own_groups) and not values.get("own_groups"):
        raise Invalid(_("Choose at least one group that counts for breadth."), "groups")
    kept = _rules(values, wanted) if "own_groups" in values else {}
    if series and not kept:
        all_of = {*wanted, *groups.own_keys(series)}
        kept = {"weights": {key: at for key, at in series.weights.items() if key in all_of}}
    grace = timedelta(minutes=settings.of(ctx, "roundtables")["grace_minutes"])
    return {
        "title": checking.line(values["title"], "title", _("Give the series a title.")),
        "purpose": checking.block(
            values["purpose"], "purpose", _("Say what the round tables are for.")
        ),
        "questions": checking.block(values["questions"], "questions"), "lang": values["lang"],
        "zone": zone, "opens_at": opens_at, "closes_at": closes_at,
        "freezes_at": closes_at + grace, "groups": wanted, **kept,
        "offer_hours": checking.whole(values["offer_hours"], "offer_hours", 4, 336),
    }  # fmt: skip


def _without_fixed(ctx: Context, series: Series, kept: dict[str, Any]) -> dict[str, Any]:
    changed = {name: value for name, value in kept.items() if name not in FIXED}
    if series.state != models.PUBLISHED or ctx.clock.now() > series.closes_at:
        changed.pop("closes_at"), changed.pop("freezes_at")
    elif changed["closes_at"] <= ctx.clock.now():
        raise Invalid(_("Choose a deadline that is still to come."), "closes_on")
    elif any(row.starts_at <= changed["freezes_at"] for row in queries.tables(series)):
        raise Invalid(_("A round table begins before this deadline."), "closes_on")
    return changed


def _create(ctx: Context, host: Organisation, kept: Mapping[str, Any]) -> Series:
    own = {item.id for item in queries.own_organisations(ctx)}
    if host.id not in own and not ctx.actor.system:
        raise NotFound
    of: Any = Series
    if (
        of.select().where(of.organisation == host.id, of.state == models.DRAFT).count()
        >= MOST_DRAFTS
    ):
        raise TooMany(_("Publish or discard some of your drafts first."), retry_after=3_600)
    public_id = new_public_id()
    made: Series = Series.create(
        public_id=public_id, slug=public_id, organisation=host.id, account=ctx.actor.account_id,
        contact=ctx.actor.account_id, created_at=ctx.clock.now(), **kept,
    )  # fmt: skip
    workflow.start(ctx, made)
    audit.record(ctx, "round_tables.written", NAME, made.id, by=host.id)
    return made


def choose_contact(ctx: Context, series: Series, account_id: int) -> None:
    """Choose who alone reads what people need for access: somebody of the host."""
    permissions.check(ctx, "run", series)
    member: Any = OrganisationMember
    own = member.select().where(
        member.organisation == series.organisation_id, member.account == account_id
    )
    if not own.exists():
        raise Invalid(_("Choose somebody of your organisation."), "contact")
    with db.transaction():
        Series.update(contact=account_id).where(Series.id == series.id).execute()
        audit.record(ctx, "round_tables.contact_chosen", NAME, series.id, account=account_id)


def copy(ctx: Context, series: Series, weeks: int) -> Series:
    """Make a draft like a series, so many weeks later at the same time of day; nobody comes along."""
    permissions.check(ctx, "run", series)
    weeks = checking.whole(weeks, "weeks", 1, 104)
    same = (
        "purpose", "questions", "lang", "zone", "groups", "own_groups", "weights", "org_cap",
        "seats_per_person", "loss", "offer_hours", "title", "host_key", "host_title", "host_url",
    )  # fmt: skip
    kept = {name: getattr(series, name) for name in same}
    for name in ("opens_at", "closes_at", "freezes_at"):
        kept[name] = _later(getattr(series, name), series.zone, weeks)
    with db.transaction():
        made = _create(ctx, series.organisation, kept)
        Series.update(contact=series.contact_id).where(Series.id == made.id).execute()
        for row in queries.tables(series):
            RoundTable.create(
                public_id=new_public_id(), series=made.id,
                starts_at=_later(row.starts_at, series.zone, weeks), number=row.number,
                **_again(row),
            )  # fmt: skip
    return made


def _again(row: RoundTable) -> dict[str, Any]:
    names = ("topic", "lang", "minutes", "rapporteur", "supports", "note", *SEATS)
    return {name: getattr(row, name) for name in names}


def repeat(ctx: Context, series: Series, table: RoundTable, starts: Sequence[datetime]) -> None:
    """Add tables like one at other moments, with its joining link. Raises Invalid, Conflict, TooMany."""
    permissions.check(ctx, "edit", series)
    least = ctx.clock.now() if series.state == models.DRAFT else series.freezes_at
    with db.transaction():
        placing.hold(series)
        for at in starts:
            if at <= max(least, ctx.clock.now()):
                raise Invalid(_("A round table can't begin before registration ends."), "day")
            _add_table(ctx, series, {**_again(table), "joining": table.joining, "starts_at": at})


def _later(moment: datetime, zone: str, weeks: int) -> datetime:
    """Return the same time of day so many weeks later, whatever clocks did in between."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) + timedelta(weeks=weeks)
    return local.replace(tzinfo=ZoneInfo(zone)).astimezone(moment.tzinfo)


# Tables


def write_table(
    ctx: Context,
    series: Series,
    values: Mapping[str, Any],
    table: RoundTable | None = None,
    version: int | None = None,
) -> RoundTable:
    """Write a table of a series, or change one; who has a place gets the new time.

    Raises Invalid with the field, Conflict when somebody was faster or the table is over.
    """
    permissions.check(ctx, "edit", series)
    kept = _checked_table(ctx, series, values)
    with db.transaction():
        placing.hold(series)
        if table is None:
            return _add_table(ctx, series, kept)
        if table.cancelled_at is not None or table.ends_at < ctx.clock.now():
            raise Conflict(_("This round table is over. Write a new one."))
        taken = queries.taken(series).get(table.id, 0)
        if kept["capacity"] - kept["reserved"] + kept["overbooked"] < taken:
            told = _("%(num)s places are given already. Write at least so many.", num=taken)
            raise Invalid(told, "capacity")
        is_other = any(getattr(table, name) != kept[name] for name in SEATS)
        if is_other and series.state == models.CLOSED and queries.draw_of(series):
            told = _("A draw with these seats is committed. Change them once it is published.")
            raise Conflict(told)
        if values.get("joining") is None:
            kept.pop("joining")
        is_moved = any(
            getattr(table, name) != kept[name] for name in ("starts_at", "minutes", "topic")
        )
        _update(RoundTable, table.id, version, kept)
        audit.record(ctx, "round_table.changed", NAME, series.id, table=table.id)
        changed: RoundTable = RoundTable.get_by_id(table.id)
        if is_moved and series.state in {models.PUBLISHED, models.CLOSED, models.PLACED}:
            placing.moved(ctx, series, changed)
        if series.state == models.PLACED:
            placing.refill(ctx, series)
        return changed


def _checked_table(ctx: Context, series: Series, values: Mapping[str, Any]) -> dict[str, Any]:
    starts_at = moment(values["day"], values["time"], series.zone, "day")
    if starts_at <= ctx.clock.now():
        raise Invalid(_("Choose a day that is still to come."), "day")
    if series.state != models.DRAFT and starts_at <= series.freezes_at:
        raise Invalid(_("A round table can't begin before registration ends."), "day")
    capacity = checking.whole(values["capacity"], "capacity", 1, checking.MOST_SEATS)
    more = checking.whole(values.get("overbooked") or 0, "overbooked", 0, capacity // 2)
    return {
        "topic": checking.line(values["topic"], "topic", _("Give the round table a topic.")),
        "lang": values["lang"],
        "starts_at": starts_at,
        "minutes": checking.whole(values["minutes"], "minutes", 5, checking.MOST_MINUTES),
        "capacity": capacity,
        "reserved": checking.whole(values["reserved"] or 0, "reserved", 0, capacity),
        "overbooked": more,
        "joining": tokens.seal(joining_link(values.get("joining") or "")),
        "supports": [key for key in checking.SUPPORTS if key in values["supports"]],
        "note": checking.block(values["note"], "note", longest=1_000),
        "rapporteur": checking.line(values.get("rapporteur") or "", "rapporteur", ""),
    }


def _add_table(ctx: Context, series: Series, kept: Mapping[str, Any]) -> RoundTable:
    if series.state not in {models.DRAFT, models.PUBLISHED}:
        raise Conflict(_("Registration is over. Copy the series for more round tables."))
    rows = RoundTable.select().where(RoundTable.series == series.id)
    numbers = [row.number for row in rows]
    if len(numbers) >= checking.MOST_TABLES:
        raise TooMany(_("A series has at most %(num)s tables.", num=checking.MOST_TABLES), 3_600)
    made: RoundTable = RoundTable.create(
        public_id=new_public_id(), series=series.id, number=max(numbers, default=0) + 1, **kept
    )
    audit.record(ctx, "round_table.added", NAME, series.id, table=made.id)
    return made


def remove_table(ctx: Context, series: Series, table: RoundTable) -> None:
    """Take a table out of a draft. Raises Conflict once the series is published."""
    permissions.check(ctx, "edit", series)
    if series.state != models.DRAFT:
        raise Conflict(_("People may have chosen this table. Cancel it instead."))
    with db.transaction():
        RoundTable.delete().where(RoundTable.id == table.id).execute()


def cancel_table(ctx: Context, series: Series, table: RoundTable, reason: str) -> None:
    """Cancel a table; everybody who has a place, or asked for one, is told. Raises Invalid, Conflict."""
    permissions.check(ctx, "run", series)
    reason = checking.block(reason, "comment", _("Write the reason; people will read it."), 1_000)
    with db.transaction():
        placing.hold(series)
        fresh: RoundTable = RoundTable.get_by_id(table.id)
        if fresh.cancelled_at is not None or fresh.ends_at < ctx.clock.now():
            raise Conflict(_("This round table is over already."))
        placing.cancel(ctx, series, fresh, reason)
        audit.record(ctx, "round_table.cancelled", NAME, series.id, table=table.id)
        if series.state == models.PLACED:
            placing.refill(ctx, series)


# What follows from a step of the workflow


def carry_out(ctx: Context, series: Series, step: Transition, entry: Any) -> None:
    """Do what follows from a step, inside its transaction, whichever page it was taken on."""
    now = ctx.clock.now()
    if step.target == models.PUBLISHED:
        _check_open(ctx, series)
        slug = checking.slug_of(series.title, series.public_id)
        Series.update(published_at=now, slug=slug).where(Series.id == series.id).execute()
        events.emit(ctx, "round_tables.published", NAME, series.id)
    elif step.target == models.CANCELLED:
        placing.hold(series)
        for table in queries.tables(series):
            if table.ends_at > now:
                placing.cancel(ctx, series, table, entry.comment, is_alone=False)
        placing.tell_all(ctx, series, entry.comment)
        _end(series, now)
        events.emit(ctx, "round_tables.cancelled", NAME, series.id)
    elif step.name == "hold":
        counts = queries.counts(series)
        Series.update(counts=counts).where(Series.id == series.id).execute()
        last = max((row.ends_at for row in queries.tables(series)), default=now)
        _end(series, max(last, now))
        events.emit(ctx, "round_tables.held", NAME, series.id)


def _end(series: Series, at: datetime) -> None:
    """Say from when on names and addresses are no longer needed."""
    Series.update(over_at=at).where(Series.id == series.id).execute()
    Interest.update(over_at=at).where(Interest.series == series.id).execute()


def _check_open(ctx: Context, series: Series) -> None:
    most = settings.of(ctx, "roundtables")["most_open"]
    of: Any = Series
    own = of.select().where(of.organisation == series.organisation_id)
    if own.where(of.state.in_((models.PUBLISHED, models.CLOSED, models.PLACED))).count() > most:
        told = ngettext(
            "Your organisation has a series under way already.",
            "Your organisation has %(num)s series under way already.", most,
        )  # fmt: skip
        raise TooMany(told, retry_after=3_600)


def new_mark() -> str:
    """Return random letters for a link; who has the link before the last can't use it any more."""
    return secrets.token_hex(12)
