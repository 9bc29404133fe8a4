"""What plugins use that build on round tables: series, tables, who has a seat.

Nothing here ever holds the joining link. Access needs and "fewer opportunities" stay inside too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugins.allocation.interface import Pool, Settings, settings_from
from plugins.roundtables import (
    checking,
    demo,
    drawing,
    groups,
    models,
    pages,
    placing,
    queries,
    registering,
    service,
    telling,
    tokens,
    workflow,
)  # fmt: skip
from plugins.roundtables.models import Interest, Place, RoundTable
from portal import objects, permissions
from portal.context import Context
from portal.organisations.models import Organisation

ACCEPTED, ATTENDED, ABSENT, EXCUSED = SEATED = models.SEATED
HELD, WAS_HELD = ("placed", "held"), models.HELD
moment, missing, load_demo = pages.moment, queries.missing, demo.load
FLOW, SPOKEN = workflow.FLOW, groups.SPOKEN


@dataclass(frozen=True)
class Table:
    """A round table."""

    id: int
    public_id: str
    number: int
    topic: str
    lang: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    cancelled_at: datetime | None
    seats: int = 0
    supports: Sequence[str] = ()
    note: str = ""


@dataclass(frozen=True)
class Series:
    """A series with its host and what the asking actor may do with it."""

    id: int
    public_id: str
    slug: str
    title: str
    lang: str
    zone: str
    state: str
    opens_at: datetime
    closes_at: datetime
    host: Organisation
    host_name: str
    tables: tuple[Table, ...]
    rights: frozenset[str] = frozenset()
    row: Any = field(default=None, repr=False, compare=False)

    def table(self, public_id: str) -> Table:
        """Return one of its tables that was not cancelled. Raises NotFound."""
        found = [one for one in self.tables if one.public_id == public_id]
        if not found or found[0].cancelled_at is not None:
            raise missing()
        return found[0]


@dataclass(frozen=True)
class Seat:
    """A person's seat, as the host may see it; `groups` are those that count, "" for not said."""

    id: int
    public_id: str
    interest_id: int
    table_id: int
    state: str
    name: str
    employer: str
    email: str
    lang: str
    is_listed: bool
    attended_at: datetime | None
    groups: Mapping[str, str]
    is_withdrawn: bool = False


def series(ctx: Context, slug: str, *rights: str) -> Series:
    """Return a series by its address for those with one of these rights, for all without any.

    `rights` are view, inside, edit, run. Raises the NotFound of a missing one for others.
    """
    found = queries.find(ctx, slug)
    if rights and not found.may(*rights):
        raise missing()
    return series_of(found.series, found.rights)


def listed(ctx: Context, is_past: bool = False) -> list[Series]:
    """Return the series in sight of everybody: the next first, or those held, the last first."""
    rows = queries.past(ctx) if is_past else queries.upcoming(ctx)
    found = queries.tables_of(rows)
    return [series_of(row, tables=found[row.id]) for row in rows]


def public_facts(of: Series) -> dict[str, Any]:
    """Return texts and rules of a series that everybody may read, as plain values."""
    names = ("purpose", "questions", "org_cap", "seats_per_person", "offer_hours")
    return {name: getattr(of.row, name) for name in names} | {"groups": groups.keys(of.row)}


def add_table(ctx: Context, of: Series, values: Mapping[str, Any]) -> None:
    """Add a table; `values` as its form has them. Raises Invalid, NotFound, Conflict, TooMany."""
    service.write_table(ctx, of.row, values)


def series_of(row: models.Series, rights: Any = frozenset(), tables: Any = None) -> Series:
    """Return a stored series as others see it; `tables` where they are known already."""
    rows = queries.tables(row, with_cancelled=True) if tables is None else tables
    names = "id public_id slug title lang zone state host_name opens_at closes_at"
    shown = {name: getattr(row, name) for name in names.split()}
    made = tuple(_table(one) for one in rows)
    return Series(**shown, host=row.organisation, tables=made, rights=rights, row=row)


def _table(row: RoundTable) -> Table:
    return Table(**{name: getattr(row, name) for name in Table.__dataclass_fields__})


def of_table(table_id: int) -> Series | None:
    """Return the series of a table, whoever asks; None when it is gone."""
    row = RoundTable.get_or_none(RoundTable.id == table_id)
    return series_of(row.series) if row else None


def by_id(number: int) -> Series | None:
    """Return a series, whoever asks; None when it is gone."""
    row = models.Series.get_or_none(models.Series.id == number)
    return series_of(row) if row else None


def is_open(ctx: Context, of: Series) -> bool:
    """Whether people can confirm an interest now, in time or late while places are left."""
    return registering.window(ctx, of.row) in (registering.OPEN, registering.LATE)


def hold_open(ctx: Context, of: Series) -> None:
    """Let a host enter people with `enter`, inside a transaction. Raises Conflict, NotFound."""
    registering.hold_open(ctx, of.row)


def enter(ctx: Context, of: Series, values: Mapping[str, Any]) -> None:
    """Let somebody count who wrote to the host; they get their link by mail. Raises Invalid.

    `values` are name, email, employer, lang, groups (by key) and choices (public ids, best first).
    """
    registering.enter(ctx, of.row, values)


def asked(of: Series) -> dict[str, tuple[str, dict[str, str]]]:
    """Return the groups that count: their titles, and the values that may be said with their names."""
    row = of.row
    return {
        key: (groups.title(row, key), dict(groups.choices(row, key))) for key in groups.keys(row)
    }


def addresses(of: Series) -> dict[str, str]:
    """Return who confirmed an interest: addresses with interested or withdrawn."""
    rows = queries.people(of.row, models.WITHDRAWN, models.INTERESTED)
    return {row.email: row.state for row in sorted(rows, key=lambda row: row.state, reverse=True)}


def guest(ctx: Context, row: models.Series, token: str) -> Mapping[str, Any]:
    """Return who opens the form by a mailed link; see `roundtables_guests`."""
    each, asked = objects.registry().hooks.each, {"series": row.id, "token": token}
    return next(iter(each("roundtables_guests", ctx, **asked) if token else ()), {})


def held(limit: int = 50, states: Collection[str] = HELD) -> list[Series]:
    """Return series whose places are allocated, the newest first, whoever asks: for regular work."""
    of: Any = models.Series
    rows = of.select().where(of.state.in_(states)).order_by(of.id.desc()).limit(limit)
    return [series_of(row) for row in rows]


def seats(of: Series, table_id: int | None = None) -> list[Seat]:
    """Return the taken seats of a series or of one table, by name."""
    rows = [row for row in queries.places(of.row) if table_id in (None, row.table_id)]
    found = (_seat(of, row) for row in rows if row.state in SEATED)
    return sorted(found, key=lambda one: (one.name, one.id))


def _seat(of: Series, row: Place) -> Seat:
    person: Interest = row.interest
    names = ("name", "employer", "email", "lang", "is_listed")
    counted = {key: str(person.groups.get(key, "")) for key in group_titles(of)}
    return Seat(
        id=row.id, public_id=row.public_id, interest_id=person.id, table_id=row.table_id,
        state=row.state, attended_at=row.attended_at, groups=counted,
        is_withdrawn=person.state == models.WITHDRAWN,
        **{name: getattr(person, name) for name in names},
    )  # fmt: skip


def by_link(token: str, seat: str) -> tuple[Series, Seat]:
    """Return the seat that the link to a person's own page opens. Raises NotFound."""
    person = tokens.find_interest(token)
    for row in queries.places_of(person):
        if row.public_id == seat and row.state in SEATED:
            found = series_of(models.Series.get_by_id(person.series_id))
            return found, _seat(found, row)
    raise missing()


def page_of(seat: Seat) -> str:
    """Return the page of somebody's seat behind the link to their own page, for a mail to them."""
    return f"{tokens.mine(Interest.get_by_id(seat.interest_id))}/tables/{seat.public_id}"


@dataclass(frozen=True)
class Person:
    """Somebody behind the link to their own page; `is_out` gave a place back or let it pass."""

    is_waiting: bool
    is_out: bool
    choices: tuple[int, ...]
    row: Any = field(repr=False, compare=False)

    def can_come(self, table: Table) -> bool:
        """Whether a table is at no time that they excluded."""
        return checking.can_come(self.row.away, table.starts_at, table.ends_at)


def person(token: str) -> tuple[Series, Person]:
    """Return who opens their own page with a link, and its series. Raises NotFound."""
    row = tokens.find_interest(token)
    states = {place.state for place in queries.places_of(row)}
    is_waiting = row.state == models.INTERESTED and not states & set(models.TAKING)
    is_out = bool(states & {models.DECLINED, models.EXPIRED, models.LEFT})
    found = series_of(models.Series.get_by_id(row.series_id))
    return found, Person(is_waiting, is_out, tuple(row.choices), row)


def room(ctx: Context, of: Series) -> dict[int, int]:
    """Return how many places tables have left for those who come late, by the table's number."""
    return queries.free(of.row, ctx.clock.now() + placing.LAST_OFFER)


def is_in(who: Person, of: Series) -> bool:
    """Whether somebody confirmed an interest in a series, or was asked to."""
    return queries.of_address(of.row, who.row.email) is not None


def move_on(ctx: Context, who: Person, of: Series, table: Table, network: str) -> str:
    """Let somebody without a place stand in line for another table, of their series or another one.

    Returns the address of their page there. Raises Conflict when it takes nobody, TooMany.
    """
    row = queries.table(of.row, table.public_id)
    if who.row.series_id == of.id:
        registering.choose_too(ctx, who.row, row)
        return tokens.mine(who.row)
    return tokens.mine(registering.take_over(ctx, who.row, of.row, row, network))


def repeat(ctx: Context, of: Series, table: Table, starts: Sequence[datetime]) -> None:
    """Add tables like one at other moments. Raises Invalid, Conflict, TooMany."""
    service.repeat(ctx, of.row, queries.table(of.row, table.public_id), starts)


@dataclass(frozen=True)
class Try:
    """The newest try at an allocation that is done: its settings, and what it found."""

    public_id: str
    settings: Settings
    figures: Mapping[str, Any]
    row: Any = field(repr=False, compare=False)

    def pool(self) -> Pool | None:
        """Return the people as the try saw them; None once they are deleted."""
        return drawing.pool_of(self.row)


def newest_try(of: Series) -> Try | None:
    """Return the newest try of a series, whoever asks; None before one is done."""
    made = next((row for row in queries.tries(of.row) if row.figures.get("points")), None)
    return Try(made.public_id, settings_from(made.settings), made.figures, made) if made else None


def by_seat(ctx: Context, public_id: str, *rights: str) -> tuple[Series, Seat]:
    """Return a seat by its public id for those with one of these rights. Raises NotFound."""
    row = Place.get_or_none(Place.public_id == public_id, Place.state.in_(SEATED))
    if row is None:
        raise missing()
    found = series(ctx, row.table.series.slug, *rights)
    return found, _seat(found, row)


def mark(ctx: Context, of: Series, seat: Seat, state: str) -> None:
    """Note who came: attended, absent, excused, or accepted for not known yet. Raises Conflict."""
    placing.mark(ctx, of.row, Place.get_by_id(seat.id), state)


def group_titles(of: Series) -> dict[str, str]:
    """Return what the groups that count are called; "fewer opportunities" is not among them."""
    keys = (key for key in groups.keys(of.row) if key != groups.FEWER)
    return {key: groups.title(of.row, key) for key in keys}


def counts(of: Series) -> list[dict[str, Any]]:
    """Return how many of each group registered, were offered a place and came; small ones together.

    Each is a mapping with `title`, `rows` (name and shown counts) and `raw` (the counts).
    """
    return pages.counts(of.row)


def rules(of: Series) -> dict[str, Any]:
    """Return what the draw of a series follows, as it is stored now.

    `version`, `groups` (titles of those that count), `weights` by group, `own_groups` as it is typed,
    `org_cap`, `seats_per_person` and `loss`. Only `loss` can be set once people can register
    (`is_published`), nothing once the draw is committed (`is_committed`).
    """
    row = models.Series.get_by_id(of.id)
    titles = {key: groups.title(row, key) for key in groups.keys(row)}
    return {
        **{name: getattr(row, name) for name in ("version", "org_cap", "seats_per_person", "loss")},
        "groups": titles,
        "weights": {key: row.weights.get(key, 1) for key in titles},
        "own_groups": "\n".join(f"{one}: {', '.join(values)}" for one, values in row.own_groups),
        "is_published": row.state != models.DRAFT,
        "is_committed": row.state in models.OVER or queries.draw_of(row) is not None,
    }


def set_rules(ctx: Context, of: Series, values: Mapping[str, Any], version: int | None) -> None:
    """Set them: weights, own_groups, org_cap, seats_per_person, loss. Raises Invalid, Conflict."""
    service.set_rules(ctx, of.row, values, version)


def hosts(ctx: Context, own: Collection[Organisation]) -> dict[str, Mapping[str, Any]]:
    """Return in whose name the actor may write, led by one of these; see `roundtables_hosts`."""
    numbers = {item.id for item in own}
    found = objects.registry().hooks.each("roundtables_hosts", ctx)
    return {one["key"]: one for one in found if one["organisation"] in numbers}


def host_keys(prefix: str) -> list[str]:
    """Return what stands for the groups in whose name series are, of those that begin so."""
    of: Any = models.Series
    rows = of.select(of.host_key).where(of.host_key.startswith(prefix)).distinct()
    return sorted(key for (key,) in rows.tuples())


def of_host(ctx: Context, key: str) -> list[Series]:
    """Return the series in the name of a group that the actor may see, the newest first."""
    of: Any = models.Series
    seen = permissions.visible(ctx, of, "view")
    rows = of.select().where(of.host_key == key, of.state != models.DISCARDED, seen)
    return [series_of(row) for row in rows.order_by(of.id.desc()).limit(50)]


def may_run(ctx: Context, of: Series) -> bool:
    """Whether the actor runs a series."""
    return permissions.may(ctx, "run", of.row)


def tell_host(
    ctx: Context, of: Series, kind: str, title: Any, body: Any, url: str, mark: str
) -> None:
    """Tell the people of the host something, of the same `mark` once."""
    telling.tell_host(ctx, of.row, kind, title, body, url, mark)


def give_host(of: Series, joint: Mapping[str, Any]) -> None:
    """Put a series into the name of a group that its host leads, for demonstrations."""
    named = {f"host_{name}": joint[name] for name in ("key", "title", "url")}
    models.Series.update(**named).where(models.Series.id == of.id).execute()


def keep_host(joint: Mapping[str, Any]) -> int:
    """Let series follow their group: its name, its page, who leads it; returns how many changed.

    Another lead chooses anew who reads access needs. Inside the caller's transaction.
    """
    of: Any = models.Series
    here, lead = of.host_key == joint["key"], joint["organisation"]
    told = {"host_title": joint["title"], "host_url": joint["url"]}
    of.update(**told).where(here, of.host_title != joint["title"]).execute()
    moved = of.update(organisation=lead, contact=None, account=None)
    return int(moved.where(here, of.organisation != lead).execute())


def ways(ctx: Context, page: str, row: models.Series, token: str = "") -> list[Mapping[str, Any]]:
    """Return what other plugins offer beyond a page; see `roundtables_sections`."""
    each, asked = objects.registry().hooks.each, {"page": page, "token": token}
    return list(each("roundtables_sections", ctx, series=series_of(row), **asked))


def gone(numbers: Collection[int]) -> set[int]:
    """Return which of these interests are deleted by now."""
    of: Any = Interest
    rows = of.select(of.id).where(of.id.in_(list(numbers))).tuples()
    return set(numbers) - {number for (number,) in rows}
