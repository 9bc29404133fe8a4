"""The way of a profile to the public, and that of a change of its quality promises.

Source: the states and roles follow the catalogue of workflows that the portal was designed by.
"""

from __future__ import annotations

from typing import Any

from plugins.partners import queries
from plugins.partners.models import Change, Publication
from plugins.partners.rules import lacking
from portal import permissions
from portal.context import REVIEWER, SITE_ADMIN, Actor, Context
from portal.hookspecs import ObjectType, RoleSource, State, Transition, Workflow
from portal.i18n import _, lazy_pgettext
from portal.i18n import lazy_gettext as lazy

PROFILE = "partners_profile"
CHANGE = "partners_change"
DRAFT, PENDING, PUBLISHED = "draft", "pending", "published"
SUSPENDED, ARCHIVED, DISCARDED = "suspended", "archived", "discarded"
LOCKED = (ARCHIVED,)
"""States in which the profile can't be edited."""

RESUBMIT = "resubmit"
"""What saving does to a profile in review; no button of its own."""

PROMISED_DAYS = 5
PEOPLE = {"OrgMember", REVIEWER, "Editor"}
EDITORS = {"OrgEditor", "OrgAdmin", "Editor"}
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


def _apart(ctx: Context, obj: Any) -> list[str]:
    """Refuse those who may edit it by sharing; the directory refuses its own people before."""
    if not ctx.actor.system and "Editor" in permissions.roles(ctx, obj):
        return [_("This profile is shared with you to edit. Another reviewer must decide this.")]
    return []


def _step(name: str, title: Any, source: str, target: str, may: str, **more: Any) -> Transition:
    return Transition(name, title, set(source.split()), target, may, **more)


def _review(name: str, title: Any, target: str, **more: Any) -> Transition:
    reviewed = {"four_eyes": True, "review": True, "promised_days": PROMISED_DAYS}
    return _step(name, title, PENDING, target, "review", **reviewed, **more)


_OWN = {"view": PEOPLE | {"Viewer"}, "history": PEOPLE, "share": ADMINS}
_WRITE, _SUBMIT, _DECIDE = {"edit": EDITORS}, {"submit": ADMINS}, {"review": {REVIEWER}}
_SEEN = {"view": PEOPLE, "history": PEOPLE}
_DELETE = {"delete": BOTH}
_SAID: dict[str, Any] = {"comment_required": True}
_ALONE: dict[str, Any] = {"guards": ("unchanged",)}
_OTHERS: dict[str, Any] = {"guards": ("apart",)}
_WHOLE: dict[str, Any] = {"guards": ("complete",)}
_TO_SUBMIT = ("complete", "agreed")
_LIVE = f"{DRAFT} {PUBLISHED} {SUSPENDED}"
FLOW = Workflow(
    PROFILE,
    lazy("Partner profiles"),
    DRAFT,
    (
        State(DRAFT, lazy("draft"), _OWN | _WRITE | _SUBMIT | _DELETE, tag="warn"),
        State(PENDING, lazy("in review"), _OWN | _WRITE | _SUBMIT | _DECIDE, tag="act"),
        State(
            PUBLISHED,
            lazy("published"),
            _OWN | {"view": {"Anonymous"}} | _WRITE | _SUBMIT | _DECIDE | _DELETE,
            tag="ok",
        ),
        State(
            SUSPENDED,
            lazy_pgettext("profile", "suspended"),
            _OWN | _WRITE | _DECIDE | _DELETE,
            tag="bad",
        ),
        State(
            ARCHIVED,
            lazy("archived"),
            {
                "view": {"OrgMember", SITE_ADMIN},
                "history": {"OrgMember", SITE_ADMIN},
                "delete": {SITE_ADMIN},
            },
            final=True,
        ),
    ),
    (
        _step("submit", lazy("Submit for review"), DRAFT, PENDING, "submit", guards=_TO_SUBMIT),
        _step("withdraw", lazy("Withdraw from review"), PENDING, DRAFT, "submit"),
        _step(RESUBMIT, lazy("Change during the review"), PENDING, PENDING, "edit", **_WHOLE),
        _review("publish", lazy("Publish"), PUBLISHED, **_OTHERS),
        _review("send_back", lazy("Send back"), DRAFT, **_SAID),
        _step("retract", lazy("Take back to draft"), PUBLISHED, DRAFT, "submit", **_SAID, **_ALONE),
        _step("suspend", lazy("Suspend"), PUBLISHED, SUSPENDED, "review", **_SAID, **_OTHERS),
        _step("reinstate", lazy("Show again"), SUSPENDED, PUBLISHED, "review", **_OTHERS),
        _step("archive", lazy("Archive"), _LIVE, ARCHIVED, "delete", **_ALONE),
        _step("restore", lazy("Restore as a draft"), ARCHIVED, DRAFT, "delete"),
    ),
    {"complete": _complete, "agreed": _agreed, "unchanged": _unchanged, "apart": _apart},
)

CHANGE_FLOW = Workflow(
    CHANGE,
    lazy("Changes of quality promises"),
    DRAFT,
    (
        State(DRAFT, lazy("not submitted yet"), _WRITE | _SUBMIT, tag="warn"),
        State(PENDING, lazy("in review"), _SUBMIT | _DECIDE, tag="act"),
        State(PUBLISHED, lazy("published"), {}, final=True, tag="ok"),
        State(DISCARDED, lazy("discarded"), {}, final=True),
    ),
    (
        _step("submit", lazy("Submit the change"), DRAFT, PENDING, "submit", guards=("agreed",)),
        _step("discard", lazy("Discard the change"), DRAFT, DISCARDED, "edit"),
        _step("withdraw", lazy("Withdraw the change"), PENDING, DRAFT, "submit"),
        _review("publish", lazy("Publish the change"), PUBLISHED),
        _review("send_back", lazy("Send the change back"), DRAFT, **_SAID),
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
    _type(PROFILE, lazy("Partner profile"), Publication, shareable=True),
    _type(CHANGE, lazy("Change of quality promises"), Change, permissions=_SEEN),
)


def shared_changes(ctx: Context) -> RoleSource:
    """Let those with whom a profile is shared to edit write its working copy of promises too."""

    def ids(_actor: Actor) -> Any:
        of: Any = Publication
        shared = of.select(of.organisation).where(permissions.visible(ctx, of, "edit"))
        return Change.select(Change.id).where(Change.organisation.in_(shared))

    return RoleSource("Editor", ids)
