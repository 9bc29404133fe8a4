"""One click deeper: programme rules."""

from __future__ import annotations

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import eligibility, forms, labels
from plugins.consortia.views.base import STRANGERS, back, blueprint, find, led, page
from portal.i18n import _
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/consortia/<slug>/rules", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def programme(slug: str) -> ResponseReturnValue:
    """Say how the consortium stands by its rule; the lead chooses which."""
    found = find(slug, "inside", "run")
    offered = eligibility.offered()
    form = forms.RuleForm(request.form or None, offered=offered, row=found.row)
    if request.method == "POST" and led(slug) and form.validate():
        eligibility.choose(g.ctx, found.row, form.rule.data or "")
        flash(_("Saved."))
        return back(found, "rules")
    return page(  # type: ignore[no-any-return]
        "rules",
        found,
        "rules",
        422 if request.method == "POST" else 200,
        form=form,
        standing=eligibility.standing(found.row),
        labels=labels,
    )
