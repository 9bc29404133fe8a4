"""The way of a case: it waits for a reviewer, who accepts or declines it."""

from __future__ import annotations

from plugins.claims import labels
from plugins.claims.models import ACCEPTED, DECLINED, OPEN, Case
from plugins.claims.rules import PLANNED_DAYS
from portal.context import REVIEWER
from portal.hookspecs import ObjectType, State, Transition, Workflow
from portal.i18n import lazy_gettext as lazy

NAME = "claims_case"
ACCEPT = "accept"
DECLINE = "decline"


def _decision(name: str, title: str, target: str) -> Transition:
    return Transition(
        name,
        title,
        {OPEN},
        target,
        "review",
        comment_required=True,
        four_eyes=True,
        review=True,
        promised_days=PLANNED_DAYS,
    )


FLOW = Workflow(
    NAME,
    lazy("Requests about entries"),
    OPEN,
    (
        State(OPEN, lazy("waits for a reviewer"), {"review": {REVIEWER}}, tag="warn"),
        State(ACCEPTED, lazy("accepted"), {}, final=True, tag="ok"),
        State(DECLINED, lazy("declined"), {}, final=True, tag="bad"),
    ),
    (
        _decision(ACCEPT, lazy("Accept"), ACCEPTED),
        _decision(DECLINE, lazy("Decline"), DECLINED),
    ),
)


def _label(case: Case) -> str:
    return f"{labels.kind_name(case.kind)}: {labels.about_name(case)}"


TYPE = ObjectType(
    NAME,
    lazy("Request about an entry"),
    Case,
    label=_label,
    url=lambda case: f"/organisations/cases/{case.public_id}",
    workflow=NAME,
    owner_organisation="organisation",
    author="account",
    permissions={"view": {REVIEWER}, "history": {REVIEWER}},
)
