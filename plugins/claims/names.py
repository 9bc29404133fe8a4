"""Names that look like others: noticed when organisations and people choose them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.claims import service
from plugins.directory import interface as directory
from portal import db, settings
from portal.context import Context
from portal.organisations.models import Organisation
from portal.organisations.policy import role_of
from portal.people.models import Account
from portal.people.rules import ROLES

SAME = "same"
MEMBER, *OFFICES = ROLES


def watch(ctx: Context, ids: Sequence[int]) -> None:
    """Have a reviewer look at a name that a person just chose for an organisation, if it is odd.

    What imports and the portal itself bring is not looked at. Called inside the transaction.
    """
    if ctx.actor.account_id is None or len(ids) != 1:
        return
    new = directory.note_names(ids).get(ids[0])
    if not new:
        return
    organisation: Organisation = Organisation.get_by_id(ids[0])
    for name in new:
        signs = directory.oddities(name)
        others = directory.resembling([name], organisation.country, organisation.id)
        strangers = [other for other in others if not role_of(ctx.actor, other)]
        if strangers:
            signs.append(SAME)
        if signs:
            service.open_name(
                ctx,
                name,
                " ".join(signs),
                organisation=organisation,
                resembles=strangers[0] if strangers else None,
                account_id=ctx.actor.account_id,
            )
            return


def watch_person(ctx: Context, account_id: int) -> None:
    """Have a reviewer look at a name that a person chose for themselves, if it is odd.

    One that looks like the site's, or like that of somebody who runs it, is.
    """
    account = Account.get_or_none(Account.id == account_id)
    if account is None or account.role != MEMBER:
        return
    signs, shown = directory.oddities(account.name), directory.form(account.name)
    of = Account
    staff: Any = of.select(of.name).where(of.role.in_(OFFICES), of.id != account_id).tuples()
    site = directory.form(settings.of(ctx)["site_name"])
    if shown in {directory.form(name) for (name,) in staff} - {""} or (site and site in shown):
        signs.append(SAME)
    if signs:
        with db.transaction():
            service.open_name(ctx, account.name, " ".join(signs), account_id=account_id)
