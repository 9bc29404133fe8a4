"""The way of a profile to the public, and that of a change of its quality promises.

Source: the states and roles follow the catalogue of workflows that the portal was designed by.
"""

from __future__ import annotations

from typing import Any

from plugins.partners import queries
from plugins.partners.models import Change, Publication
from plugins.partners.rules import lacking
from portal.context import REVIEWER, SITE_ADMIN, Context
from portal.hookspecs import ObjectType, State, Transition, Workflow
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy

PROFILE = "partners_profile"
CHANGE = "partners_change"
DRAFT, PENDING, PUBLISHED = "draft", "pending", "published"
SUSPENDED, ARCHIVED, DISCARDED = "suspended", "archived", "discarded"
LOCKED = (PENDING, ARCHIVED)
"""States in which the profile can't be edited."""

PROMISED_DAYS = 5
PEOPLE = {"OrgMember", REVIEWER}
EDITORS = {"OrgEditor", "OrgAdmin"}
ADMINS = {"OrgAdmin"}
BOTH = {"OrgAdmin", SITE_ADMIN}


def _complete(_ctx: Context, obj: Any) -> list[str]:
    missing = lacking(*queries.stated(obj.organisation_id))
    names = ", ".join(str(item.label) for item in missing)
    return [_("Fill these in first: %(fields)s.", fields=names)] if missing else []


def _agreed(_ctx: Context, obj: Any) -> list[str]:
    if obj.agreed_at:
        return []
    return [_("Agree to keep what you promise and to be rated; tick the box to say so.")]


def _unchanged(_ctx: Context, obj: Any) -> list[str]:
    if not queries.has_change(obj.organisation_id):
        return []
    return [_("A change of the quality promises is under way. Withdraw and discard it first.")]


def _stranger(ctx: Context, obj: Any) -> list[str]:
    if not queries.role_in(ctx, obj.organisation_id):
        return []
    return [_("You belong to this organisation. Another reviewer must decide this.")]


def _review(name: str, title: Any, target: str, comment: bool = False) -> Transition:
    return Transition(
        name,
        title,
        {PENDING},
        target,
        "review",
        comment_required=comment,
        four_eyes=True,
        review=True,
        promised_days=PROMISED_DAYS,
    )


_OWN = {"view": PEOPLE, "history": PEOPLE}
FLOW = Workflow(
    PROFILE,
    lazy("Partner profiles"),
    DRAFT,
    (
        State(
            DRAFT,
            lazy("draft"),
            {**_OWN, "edit": EDITORS, "submit": ADMINS, "delete": BOTH},
            tag="warn",
        ),
        State(
            PENDING, lazy("in review"), {**_OWN, "submit": ADMINS, "review": {REVIEWER}}, tag="act"
        ),
        State(
            PUBLISHED,
            lazy("published"),
            {
                "view": {"Anonymous"},
                "history": PEOPLE,
                "edit": EDITORS,
                "submit": ADMINS,
                "review": {REVIEWER},
                "delete": BOTH,
            },
            tag="ok",
        ),
        State(
            SUSPENDED,
            lazy("suspended"),
            {**_OWN, "edit": EDITORS, "review": {REVIEWER}, "delete": BOTH},
            tag="bad",
        ),
        State(
            ARCHIVED,
            lazy("archived"),
            {"view": {"OrgMember", SITE_ADMIN}, "history": BOTH, "delete": {SITE_ADMIN}},
            final=True,
        ),
    ),
    (
        Transition(
            "submit",
            lazy("Submit for review"),
            {DRAFT},
            PENDING,
            "submit",
            guards=("complete", "agreed"),
        ),
        Transition("withdraw", lazy("Withdraw from review"), {PENDING}, DRAFT, "submit"),
        _review("publish", lazy("Publish"), PUBLISHED),
        _review("send_back", lazy("Send back"), DRAFT, comment=True),
        Transition(
            "retract",
            lazy("Take back to draft"),
            {PUBLISHED},
            DRAFT,
            "submit",
            comment_required=True,
            guards=("unchanged",),
        ),
        Transition(
            "suspend",
            lazy("Suspend"),
            {PUBLISHED},
            SUSPENDED,
            "review",
            comment_required=True,
            guards=("stranger",),
        ),
        Transition(
            "reinstate",
            lazy("Show again"),
            {SUSPENDED},
            PUBLISHED,
            "review",
            guards=("stranger",),
        ),
        Transition(
            "archive",
            lazy("Archive"),
            {DRAFT, PUBLISHED, SUSPENDED},
            ARCHIVED,
            "delete",
            guards=("unchanged",),
        ),
        Transition("restore", lazy("Restore as a draft"), {ARCHIVED}, DRAFT, "delete"),
    ),
    {"complete": _complete, "agreed": _agreed, "unchanged": _unchanged, "stranger": _stranger},
)

CHANGE_FLOW = Workflow(
    CHANGE,
    lazy("Changes of quality promises"),
    DRAFT,
    (
        State(DRAFT, lazy("not submitted yet"), {"edit": EDITORS, "submit": ADMINS}, tag="warn"),
        State(PENDING, lazy("in review"), {"submit": ADMINS, "review": {REVIEWER}}, tag="act"),
        State(PUBLISHED, lazy("published"), {}, final=True, tag="ok"),
        State(DISCARDED, lazy("discarded"), {}, final=True),
    ),
    (
        Transition(
            "submit", lazy("Submit the change"), {DRAFT}, PENDING, "submit", guards=("agreed",)
        ),
        Transition("discard", lazy("Discard the change"), {DRAFT}, DISCARDED, "edit"),
        Transition("withdraw", lazy("Withdraw the change"), {PENDING}, DRAFT, "submit"),
        _review("publish", lazy("Publish the change"), PUBLISHED),
        _review("send_back", lazy("Send the change back"), DRAFT, comment=True),
    ),
    {"agreed": _agreed},
)


def path(slug: str) -> str:
    """Return the address of the page where a profile's steps are taken."""
    return f"/partners/{slug}/publication"


def _type(name: str, title: Any, model: Any, **more: Any) -> ObjectType:
    return ObjectType(
        name,
        title,
        model,
        label=lambda row: str(row.organisation.name),
        url=lambda row: path(row.organisation.slug),
        workflow=name,
        owner_organisation="organisation",
        **more,
    )


TYPES = (
    _type(PROFILE, lazy("Partner profile"), Publication),
    _type(CHANGE, lazy("Change of quality promises"), Change, permissions=_OWN),
)
