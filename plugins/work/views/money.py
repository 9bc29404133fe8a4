"""The budget of a plan and the shares of its packages."""

from __future__ import annotations

from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue
from wtforms import StringField

from plugins.consortia import interface as consortia
from plugins.consortia.interface import ACTIVE, LEAD, LEADS, STRANGERS, Seen, spend
from plugins.partners.interface import respond
from plugins.work import budget, forms, labels, queries, rules
from plugins.work.models import Package
from plugins.work.views.base import BASE, back, blueprint, find, led, page
from portal.errors import Conflict, Invalid
from portal.i18n import _, money
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route(f"{BASE}/budget", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def budget_page(slug: str) -> ResponseReturnValue:
    """Show how the money is shared out; the lead says how much there is."""
    seen = find(slug)
    read = budget.read(seen, queries.whole(seen.id).packages)
    form = _total(read, bool(request.form))
    if request.method == "POST" and led(slug) and form.validate():
        spend()
        try:
            cents = rules.cents(form.cents.data or "", "cents")
            budget.set_total(g.ctx, seen, cents, form.version.data or None)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now = _total(budget.read(seen, []), False)
            error.forms = form, now, None, seen.is_fictional
            raise
        else:
            flash(_("The budget is saved."))
            return back(seen, "/budget")
    status = 422 if request.method == "POST" else 200
    return page(
        seen,
        "budget",
        status,
        form=form,
        budget=read,
        number=labels.number,
        money=money,
        differences=budget.differences(read),
        is_led=seen.part == LEAD,
    )


def _total(read: budget.Budget, typed: bool) -> forms.TotalForm:
    kept = {"version": read.version, "cents": forms.amount(read.total)}
    return forms.TotalForm(request.form if typed else None, data=kept)


@blueprint.get(f"{BASE}/budget.csv")
@allow(SIGNED_IN, owner=STRANGERS)
def budget_csv(slug: str) -> ResponseReturnValue:
    """Give the shares as a sheet: a line for each package and member."""
    seen = find(slug)
    read = budget.read(seen, queries.whole(seen.id).packages)
    lines = [
        [labels.number(row), row.title, member.name, f"{amounts[at] / 100:.2f}"]
        for row, amounts, _gap in read.rows
        for at, member in enumerate(read.members)
        if amounts[at]
    ]
    heads = [_("Work package"), _("Title"), _("Member"), _("Euro")]
    return respond("csv", f"budget-{seen.slug}", heads, lines)


@blueprint.route(f"{BASE}/budget/<public_id>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=LEADS)
def shares(slug: str, public_id: str) -> ResponseReturnValue:
    """Share the budget of a package out among members."""
    seen = led(slug)
    row = queries.package(seen.id, public_id)
    form, names = _shares(seen, row, bool(request.form))
    if request.method == "POST" and form.validate():
        spend()
        try:
            amounts = {
                number: rules.cents(form[name].data or "", name) for name, number in names.items()
            }
            cents = rules.cents(form.cents.data or "", "cents")
            budget.set_shares(g.ctx, seen, row, cents, amounts, form.version.data or None)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            now, _names = _shares(seen, Package.get_by_id(row.id), False)
            error.forms = form, now, None, seen.is_fictional
            raise
        else:
            flash(_("The shares are saved."))
            return back(seen, "/budget")
    status = 422 if request.method == "POST" else 200
    return page(
        seen, "shares", status, form=form, names=list(names), package=row, number=labels.number(row)
    )


def _shares(seen: Seen, row: Package, typed: bool) -> tuple[Any, dict[str, int]]:
    """Return the form of a package's shares, and whose each of its fields is."""
    members = consortia.members(seen, ACTIVE)
    kept = queries.shares([row.id])
    names = {f"share_{item.organisation.public_id}": item.organisation_id for item in members}
    data = {"version": row.version, "cents": forms.amount(row.cents)} | {
        name: forms.amount(kept.get((row.id, number), 0)) for name, number in names.items()
    }
    fields = {
        name: StringField(item.organisation.name) for name, item in zip(names, members, strict=True)
    }
    kind: Any = type("OneSharesForm", (forms.SharesForm,), fields)
    return kind(request.form if typed else None, data=data), names
