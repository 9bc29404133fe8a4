"""Who leads: the page of handing over, and of replacing a lead that has fallen silent."""

from __future__ import annotations

from typing import Any

from flask import flash, g, request
from flask.typing import ResponseReturnValue

from plugins.consortia import forms, leading, queries, service
from plugins.consortia.models import ACTIVE, Motion
from plugins.consortia.queries import Found
from plugins.consortia.views.base import STRANGERS, back, blueprint, find, member_named, page, spend
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import Organisation
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow


@blueprint.route("/consortia/<slug>/lead", methods=["GET", "POST"])
@allow(SIGNED_IN, owner=STRANGERS)
def lead(slug: str) -> ResponseReturnValue:
    """Propose who shall lead: the lead hands over, members replace a silent one."""
    found = find(slug, "inside", "run")
    others = [
        row
        for row in queries.members(found.row, ACTIVE)
        if row.organisation_id != found.row.lead_id
    ]
    form = forms.LeadForm(request.form or None, members=others)
    if request.method == "POST" and form.validate():
        spend()
        try:
            candidate = member_named(form.candidate.data, "candidate")
            if found.may("run"):
                leading.hand_over(g.ctx, found.row, candidate)
                flash(_("%(name)s is asked. You lead until it accepts.", name=candidate.name))
            else:
                leading.replace(g.ctx, found.row, candidate)
                flash(_("All members are told, the lead too."))
            return back(found, "lead")
        except Invalid as error:
            mark(form, error)
    motion = leading.open_motion(found.row)
    return page(  # type: ignore[no-any-return]
        "lead",
        found,
        "members",
        422 if request.method == "POST" else 200,
        form=form,
        others=others,
        motion=motion,
        is_candidate=bool(
            motion and motion.candidate_id in {item.id for item in service.own_organisations(g.ctx)}
        ),
        votes=_votes(motion),
        needed=leading.needed(found.row),
        may_vote=bool(leading.own_voices(g.ctx, found.row)),
        has_voted=bool(
            motion and set(leading.own_voices(g.ctx, found.row)) <= set(leading.supporters(motion))
        ),
    )


def _votes(motion: Motion | None) -> list[str]:
    ids = leading.supporters(motion) if motion else []
    of: Any = Organisation
    rows = of.select(of.name).where(of.id.in_(ids)).order_by(of.folded_name).tuples()
    return [name for (name,) in rows]


@blueprint.post("/consortia/<slug>/lead/<any(accept, refuse, stop, vote):step>")
@allow(
    SIGNED_IN, owner="the proposed organisation, the lead, voting members; others get 404 or 403"
)
def lead_step(slug: str, step: str) -> ResponseReturnValue:
    """Accept or refuse the lead, take an offer back, vote."""
    spend()
    found = find(slug, "inside", "run")
    motion = _motion(found)
    if step in {"accept", "refuse"}:
        leading.answer(g.ctx, motion, step == "accept")
    elif step == "stop":
        leading.take_back(g.ctx, motion)
    else:
        leading.support(g.ctx, motion)
        leading.decide(g.ctx, motion)
    flash(_("Done."))
    return back(find(slug), "lead")


def _motion(found: Found) -> Motion:
    motion = leading.open_motion(found.row)
    if motion is None:
        raise queries.missing()
    return motion
