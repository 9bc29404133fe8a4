"""Confirming an interest: for people with and without an account, before and after the deadline."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import peewee

from plugins.calendars.interface import Moment
from plugins.roundtables import checking, groups, models, placing, queries, telling, tokens
from plugins.roundtables.models import Interest, RoundTable, Series
from portal import audit, db, permissions
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid
from portal.i18n import SHIPPED, _
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id
from portal.people import throttle
from portal.people.models import Account
from portal.people.rules import normal_address, normal_name

NAME = "roundtables_series"
FROM_NETWORK = throttle.Limit("round-table-network", 60, 3_600)
"""Interests from one network in an hour: a school behind one address still gets in."""
FOR_ADDRESS = throttle.Limit("round-table-address", 6, 3_600)
"""Mails that strangers can have sent to one address in an hour."""
AGREED = ("is_listed", "is_recordable", "is_flexible")
TIMES = ("choices", "is_flexible", "away")
"""What somebody says about tables, and changes as long as there are places to give."""
OPEN, LATE, BEFORE, OVER = "open", "late", "before", "over"


def window(ctx: Context, series: Series) -> str:
    """Say whether interest can be confirmed: before, open, late (places remain) or over."""
    now = ctx.clock.now()
    if series.state == models.PUBLISHED and now <= series.freezes_at:
        return OPEN if now >= series.opens_at else BEFORE
    if series.state == models.PLACED and any(
        queries.free(series, now + placing.LAST_OFFER).values()
    ):
        return LATE
    return OVER


def check_open(ctx: Context, series: Series) -> str:
    """Return whether the window is open or late. Raises Conflict, saying why, when it is neither."""
    state = window(ctx, series)
    if state == BEFORE:
        when = Moment(series.opens_at, series.zone)
        raise Conflict(_("Registration opens on %(when)s. Please come back then.", when=when))
    if state == OVER:
        if series.state == "cancelled":
            raise Conflict(_("These round tables are cancelled."))
        when = Moment(series.closes_at, series.zone)
        raise Conflict(
            _(
                "Registration closed on %(when)s, and no places are left for late interest.",
                when=when,
            )
        )
    return state


def express(
    ctx: Context, series: Series, values: Mapping[str, Any], network: str, proven: str = ""
) -> Interest | None:
    """Take up an interest; a mail asks to prove the address, unless an account has done so.

    `proven` is the address of somebody who came by a link mailed to it.
    Returns the interest of these and of signed-in people, which counts at once; None for everybody
    else, who all get the same answer: who registered before is only told by mail. Raises Invalid, Conflict, TooMany.
    """
    state = check_open(ctx, series)
    throttle.spend(ctx, FROM_NETWORK, network)
    kept, sealed = _checked(ctx, series, values)
    own = _own_account(ctx)
    email = proven or (own.email if own else normal_address(values["email"]))
    counts = own is not None or bool(proven)
    if not values.get("agrees"):
        raise Invalid(_("Without this we can't take up your interest."), "agrees")
    throttle.spend(ctx, FOR_ADDRESS, email)
    with db.transaction():
        placing.hold(series)
        before = queries.of_address(series, email)
        if before is None:
            row = _create(ctx, series, email, kept, own)
            groups.keep_sealed(row, *sealed)
        elif before.state == models.ASKED:
            _set(before, **kept, account=own.id if own else before.account_id)
            groups.keep_sealed(before, *sealed)
            row = before
        elif counts:
            raise Conflict(_("You are registered already. Change it on your page."))
        else:
            row = before
        row.series = series
        if counts:
            _count(ctx, series, row, state)
            return row
        letter = "link_again" if row.state == models.INTERESTED else "asked"
        telling.tell(ctx, row, letter)
    return None


def _own_account(ctx: Context) -> Account | None:
    me: Account | None = Account.get_or_none(Account.id == ctx.actor.account_id)
    return me if me is not None and me.verified_at is not None else None


def _checked(
    ctx: Context, series: Series, values: Mapping[str, Any]
) -> tuple[dict[str, Any], tuple[str | None, str]]:
    """Return the columns of an interest, and what is kept sealed: needs, fewer opportunities."""
    host = values.get("of") or _organisation(ctx, values.get("organisation", ""))
    told = values.get("groups", {})
    found: dict[str, str] = {}
    for key in groups.keys(series):
        value = str(told.get(key, "") or "")
        if value and value not in dict(groups.choices(series, key)):
            raise Invalid(_("Choose from the list."), f"group_{key}")
        found[key] = value
    known = groups.from_profile(host)
    found |= {key: value for key, value in known.items() if key in found}
    openly, fewer = groups.apart(found)
    needs = values.get("needs")
    if needs is not None:
        needs = checking.block(needs, "needs", longest=checking.NEEDS_LENGTH)
    employer = host.name if host else checking.line(values.get("employer", ""), "employer", "")
    lang = values.get("lang", "en")
    choices, away = _ranked(ctx, series, values["choices"]), checking.spans(values.get("away", ()))
    for row in queries.tables(series):
        if row.id in choices and not checking.can_come(away, row.starts_at, row.ends_at):
            told = _("You chose “%(topic)s”, but can't come then. Change one of the two.")
            raise Invalid(told % {"topic": row.topic}, "away")
    agreed = {name: bool(values.get(name)) for name in AGREED}
    kept = {"name": normal_name(values["name"]), "lang": lang if lang in SHIPPED else "en"}
    kept |= {"organisation": host.id if host else None, "employer": employer, "groups": openly}
    return {**kept, **agreed, "choices": choices, "away": away}, (needs, fewer)


def _organisation(ctx: Context, slug: str) -> Organisation | None:
    """Return the organisation that somebody says they act for, if they do."""
    if not slug:
        return None
    found = own_organisation(ctx, slug)
    if found is None:
        raise Invalid(_("Choose one of your organisations."), "organisation")
    return found


def own_organisation(ctx: Context, slug: str) -> Organisation | None:
    """Return one of the organisations for which the actor acts, by its address."""
    if ctx.actor.account_id is None:
        return None
    own = permissions.memberships(ctx.actor.account_id)
    found: Organisation | None = Organisation.get_or_none(
        Organisation.slug == slug, Organisation.id.in_(own), Organisation.hidden_at.is_null()
    )
    return found


def _ranked(ctx: Context, series: Series, wanted: Sequence[str]) -> list[int]:
    now = ctx.clock.now()
    known = {row.public_id: row.id for row in queries.tables(series) if row.starts_at > now}
    return checking.ranked(list(wanted)[: checking.MOST_CHOICES], known)


def _create(
    ctx: Context, series: Series, email: str, kept: Mapping[str, Any], own: Account | None
) -> Interest:
    return Interest.create(  # type: ignore[no-any-return]
        public_id=new_public_id(), series=series.id, account=own.id if own else None, email=email,
        mark=secrets.token_hex(12), receipt=tokens.new_receipt(), salt=secrets.token_hex(16),
        created_at=ctx.clock.now(), **kept,
    )  # fmt: skip


def _set(row: Interest, **values: Any) -> None:
    Interest.update(version=Interest.version + 1, **values).where(Interest.id == row.id).execute()
    for name, value in values.items():
        setattr(row, name, value)


def _count(
    ctx: Context, series: Series, row: Interest, state: str, letter: str = "confirmed"
) -> None:
    """Let an interest count, inside the transaction that holds the series."""
    of: Any = Interest
    last = of.select(peewee.fn.MAX(of.position)).where(of.series == series.id).scalar() or 0
    _set(row, state=models.INTERESTED, position=last + 1, confirmed_at=ctx.clock.now())
    audit.record(ctx, "interest.confirmed", NAME, series.id, interest=row.id, role="participant")
    telling.tell(ctx, row, letter)
    if state == LATE:
        placing.refill(ctx, series)


def hold_open(ctx: Context, series: Series) -> None:
    """Let a host enter people, inside a transaction that holds the series. Raises Conflict."""
    permissions.check(ctx, "run", series)
    if placing.hold(series) != models.PUBLISHED or ctx.clock.now() > series.freezes_at:
        raise Conflict(_("Registration is over. The draw would be no longer fair to the others."))


def enter(ctx: Context, series: Series, values: Mapping[str, Any]) -> None:
    """Let somebody count who wrote to the host by mail, after `hold_open`. Raises Invalid."""
    email = normal_address(values["email"])
    if queries.of_address(series, email) is not None:
        raise Invalid(_("This address is registered already."), "email")
    kept, (_needs, fewer) = _checked(ctx, series, values)
    row = _create(ctx, series, email, {**kept, "source": "mail"}, None)
    groups.keep_sealed(row, None, fewer)
    row.series = series
    _count(ctx, series, row, OPEN, "imported")


def confirm(ctx: Context, interest: Interest) -> None:
    """Prove the address: from now on the interest counts. Doing it twice is harmless.

    Raises Conflict after the deadline, when no places are left for late interest.
    """
    series: Series = Series.get_by_id(interest.series_id)
    with db.transaction():
        placing.hold(series)
        row: Interest = Interest.get_by_id(interest.id)
        row.series = series
        if row.state == models.INTERESTED:
            return
        if row.state == models.WITHDRAWN:
            raise Conflict(_("You withdrew this interest. Confirm it anew on the series' page."))
        _count(ctx, series, row, check_open(ctx, series))


def may_change(ctx: Context, series: Series) -> str:
    """Say what a person may still change: all, choices (for those in line), or details alone."""
    if series.state == models.PUBLISHED and ctx.clock.now() <= series.freezes_at:
        return "all"
    return "choices" if series.state == models.PLACED else "details"


def change(
    ctx: Context, interest: Interest, values: Mapping[str, Any], version: int | None = None
) -> None:
    """Change an interest. After the deadline groups stay as they were, and choices count for the line.

    Raises Invalid, Conflict when the page was older than what is stored.
    """
    series: Series = Series.get_by_id(interest.series_id)
    with db.transaction():
        placing.hold(series)
        row: Interest = Interest.get_by_id(interest.id)
        row.series = series
        if row.state == models.WITHDRAWN or series.state not in {
            models.PUBLISHED,
            models.CLOSED,
            models.PLACED,
        }:
            raise Conflict(_("This interest can't be changed any more."))
        if version not in {None, row.version}:
            raise Conflict(
                _("You changed this in another window meanwhile. Look at it as it is now."),
                version=row.version,
            )
        extent = may_change(ctx, series)
        if extent == "details":
            values = {**values, "choices": _kept(row)}
        kept, (needs, fewer) = _checked(ctx, series, values)
        if kept["organisation"] is None and row.organisation_id and not ctx.actor.signed_in:
            kept |= {"organisation": row.organisation_id, "employer": row.employer}
            known = groups.from_profile(row.organisation)
            kept["groups"] |= {key: known[key] for key in known if key in kept["groups"]}
        if extent != "all":
            kept = {name: kept[name] for name in ("name", "lang", "choices", "away", *AGREED)}
            fewer = groups.all_of(series, [row])[row.id].get(groups.FEWER, "")
        if extent == "details":
            kept = {name: value for name, value in kept.items() if name not in TIMES}
        _set(row, **kept)
        groups.keep_sealed(row, needs, fewer)
        audit.record(ctx, "interest.changed", NAME, series.id, interest=row.id, role="participant")
        if extent == "choices":
            placing.refill(ctx, series)


def choose_too(ctx: Context, interest: Interest, table: RoundTable) -> None:
    """Let somebody without a place stand in line for one more table; the rule decides at once.

    Raises Conflict when places are not given any more.
    """
    series: Series = Series.get_by_id(interest.series_id)
    with db.transaction():
        state = placing.hold(series)
        row: Interest = Interest.get_by_id(interest.id)
        if row.state != models.INTERESTED or state != models.PLACED:
            raise Conflict(_("This interest can't be changed any more."))
        if table.id not in row.choices:
            _set(row, choices=[*row.choices, table.id])
            audit.record(
                ctx, "interest.changed", NAME, series.id, interest=row.id, role="participant"
            )
            placing.refill(ctx, series)


def take_over(
    ctx: Context, interest: Interest, series: Series, table: RoundTable, network: str
) -> Interest:
    """Confirm somebody's interest in a table of another series, with what they said in theirs.

    Access needs and what only the other series asks stay behind. Raises Conflict, TooMany.
    """
    own = ctx.actor.account_id is not None and ctx.actor.account_id == interest.account_id
    values = {name: getattr(interest, name) for name in ("name", "email", "lang", "employer")}
    shared = set(groups.TITLES) & set(groups.keys(series))
    said = {key: value for key, value in interest.groups.items() if key in shared}
    values |= {"of": interest.organisation, "groups": said, "choices": [table.public_id]}
    asked = {**values, "agrees": True}
    with db.transaction():
        made = express(
            ctx if own else ctx.as_actor(ANONYMOUS), series, asked, network, interest.email
        )
        assert made is not None
        _set(made, account=interest.account_id)
    return made


def _kept(row: Interest) -> list[str]:
    rows = RoundTable.select().where(RoundTable.id.in_(row.choices))
    by_id = {item.id: item.public_id for item in rows}
    return [by_id[number] for number in row.choices if number in by_id]


def withdraw(ctx: Context, interest: Interest) -> None:
    """Take an interest back, with all places; the next in line get them. Twice is harmless."""
    series: Series = Series.get_by_id(interest.series_id)
    with db.transaction():
        placing.hold(series)
        row: Interest = Interest.get_by_id(interest.id)
        row.series = series
        if row.state == models.WITHDRAWN:
            return
        placing.leave(ctx, series, row)
        audit.record(
            ctx, "interest.withdrawn", NAME, series.id, interest=row.id, role="participant"
        )
        placing.refill(ctx, series)


def send_link(ctx: Context, series: Series, email: str, network: str) -> None:
    """Mail a person the link to their own page; strangers learn nothing. Raises Invalid, TooMany."""
    address = normal_address(email)
    throttle.spend(ctx, FROM_NETWORK, network)
    throttle.spend(ctx, FOR_ADDRESS, address)
    row = queries.of_address(series, address)
    if row is None:
        return
    row.series = series
    with db.transaction():
        telling.tell(ctx, row, "asked" if row.state == models.ASKED else "link_again")
