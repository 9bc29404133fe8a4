"""Groups to talk in: made by the rules, changed by the host, shown to those who sit in them."""

from __future__ import annotations

from plugins.attendance import breakouts
from plugins.attendance.models import Group
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import audit, db, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _, ngettext

MOST_GROUPS, MOST_ROUNDS = 40, 6
LANGUAGE = "lang"


def people(series: Series, table: Table) -> list[Seat]:
    """Return who is to be expected in the groups: everybody with a seat who is not away."""
    away = (roundtables.ABSENT, roundtables.EXCUSED)
    return [seat for seat in roundtables.seats(series, table.id) if seat.state not in away]


def make(
    ctx: Context, series: Series, table: Table, groups: int, rounds: int, together: str = ""
) -> list[list[list[str]]]:
    """Share everybody out over so many groups in so many rounds; what was there is replaced.

    `together` is a group that counts, or "lang": people of one value sit together as far as there is
    room. Raises Invalid with the field, also for fewer than two people a group.
    """
    permissions.check(ctx, "run", series.row)
    seats = {seat.public_id: seat for seat in people(series, table)}
    if not 2 <= groups <= MOST_GROUPS or groups * 2 > len(seats):
        most = min(MOST_GROUPS, len(seats) // 2)
        if most < 2:
            raise Invalid(_("There are too few people for groups: four at least."), "groups")
        told = _("Write the number as digits, %(least)s to %(most)s.", least=2, most=most)
        raise Invalid(told, "groups")
    if not 1 <= rounds <= MOST_ROUNDS:
        told = _("Write the number as digits, %(least)s to %(most)s.", least=1, most=MOST_ROUNDS)
        raise Invalid(told, "rounds")
    blocks: dict[str, list[str]] = {}
    for key, seat in seats.items():
        value = seat.lang if together == LANGUAGE else seat.groups.get(together, "")
        if together and value:
            blocks.setdefault(value, []).append(key)
    mix = {key: seat.groups for key, seat in sorted(seats.items())}
    made = breakouts.rounds(mix, groups, rounds, list(blocks.values()), table.public_id)
    with db.transaction():
        Group.delete().where(Group.table_id == table.id).execute()
        rows = [
            {
                "table_id": table.id, "round": at, "number": number,
                "interest_id": seats[key].interest_id,
            }
            for at, groups_of in enumerate(made, 1)
            for number, members in enumerate(groups_of, 1)
            for key in members
        ]  # fmt: skip
        Group.insert_many(rows).execute()
        audit.record(
            ctx, "round_table.grouped", "roundtables_series", series.id, table=table.id,
            groups=groups, rounds=rounds,
        )  # fmt: skip
    return made


def swap(ctx: Context, series: Series, table: Table, at: int, one: str, other: str) -> None:
    """Let two people of a round change places. Raises Invalid, Conflict."""
    permissions.check(ctx, "run", series.row)
    seats = {seat.public_id: seat.interest_id for seat in people(series, table)}
    if one == other or one not in seats or other not in seats:
        raise Invalid(_("Choose two people of this round."), "other")
    with db.transaction():
        rows = {
            row.interest_id: row
            for row in Group.select().where(
                Group.table_id == table.id,
                Group.round == at,
                Group.interest_id.in_([seats[one], seats[other]]),
            )
        }
        if len(rows) != 2:
            raise Conflict(_("One of the two is in no group of this round. Make the groups again."))
        left, right = rows[seats[one]], rows[seats[other]]
        Group.update(number=right.number).where(Group.id == left.id).execute()
        Group.update(number=left.number).where(Group.id == right.id).execute()
        audit.record(ctx, "round_table.swapped", "roundtables_series", series.id, table=table.id)


def shown(series: Series, table: Table) -> list[list[list[Seat]]]:
    """Return the rounds with their groups, of people who are still expected."""
    seats = {seat.interest_id: seat for seat in people(series, table)}
    found: list[list[list[Seat]]] = []
    rows = Group.select().where(Group.table_id == table.id)
    for row in rows.order_by(Group.round, Group.number, Group.id):
        while len(found) < row.round:
            found.append([])
        while len(found[row.round - 1]) < row.number:
            found[row.round - 1].append([])
        if row.interest_id in seats:
            found[row.round - 1][row.number - 1].append(seats[row.interest_id])
    return found


def left_out(series: Series, table: Table, rounds: list[list[list[Seat]]]) -> list[Seat]:
    """Return who is expected and in no group, because they came later."""
    known = {seat.id for groups in rounds[:1] for members in groups for seat in members}
    return [seat for seat in people(series, table) if rounds and seat.id not in known]


def own(series: Series, table: Table, seat: Seat) -> list[tuple[int, list[str]]]:
    """Return somebody's group in each round, with those there who let the others see their name."""
    found = []
    for groups in shown(series, table):
        for number, members in enumerate(groups, 1):
            if any(one.id == seat.id for one in members):
                names = [one.name for one in members if one.is_listed and one.id != seat.id]
                found.append((number, names))
    return found


def met_again(rounds: list[list[list[Seat]]]) -> str:
    """Say how many encounters of the rounds are not the first."""
    plain = [[[seat.public_id for seat in members] for members in groups] for groups in rounds]
    count = breakouts.repeated(plain)
    if not count:
        return _("Nobody meets the same person twice.")
    return ngettext("%(num)s pair meets a second time.", "%(num)s times a pair meets again.", count)
