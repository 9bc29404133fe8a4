"""What events, conditions, receivers and states are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugins.rules import models, rules
from portal import events
from portal.context import Context
from portal.i18n import _, pgettext


def event_titles(ctx: Context) -> dict[str, str]:
    """Return what the known events are called, by name, sorted by that."""
    found = {name: str(kind.title) for name, kind in events.types(ctx).items()}
    return dict(sorted(found.items(), key=lambda pair: (pair[1].casefold(), pair[0])))


def what(name: str) -> str:
    """Return what a condition looks at."""
    return {
        rules.STATE: _("state of the object"),
        rules.COUNTRY: _("country"),
        rules.ROLE: _("role of whoever did it"),
        rules.PAYLOAD: _("field of the event"),
        rules.OBJECT: _("field of the object"),
    }.get(name, name)


def test(name: str) -> str:
    """Return how a condition compares."""
    return {
        rules.EQUALS: _("is"),
        rules.ONE_OF: _("is one of"),
        rules.CONTAINS: _("contains"),
        rules.IS_SET: _("is filled in"),
    }.get(name, name)


def condition(item: Mapping[str, Any]) -> str:
    """Return a condition as a short clause."""
    looked = what(item["what"]) + (f" {item['field']}" if item["field"] else "")
    return f"{looked} {test(item['test'])} {', '.join(item['value'])}".strip()


def receiver(name: str) -> str:
    """Return who gets a mail."""
    return {
        rules.OPERATOR: _("the operator of this site"),
        rules.ADDRESS: _("one address, written below"),
        rules.ACTOR: _("whoever did it"),
        "Reviewer": _("all reviewers"),
        "SiteAdmin": _("all administrators of the site"),
        "OrgAdmin": _("administrators of the organisation"),
        "OrgEditor": _("editors of the organisation"),
        "OrgSignatory": _("signatories of the organisation"),
        "OrgMember": _("everybody of the organisation"),
        "Owner": _("whoever began the object"),
    }.get(name, name)


def action(item: Mapping[str, Any], mail_to: str, hooks: Mapping[str, str]) -> str:
    """Return an action as a short clause."""
    if item["kind"] == rules.SEND_MAIL:
        to = mail_to or _("an address that was erased")
        return _("mail to %(who)s", who=to if item["to"] == rules.ADDRESS else receiver(item["to"]))
    if item["kind"] == rules.NOTIFY:
        return _("notice to %(who)s", who=receiver(item["to"]))
    if item["kind"] == rules.TRANSITION:
        return _("step %(step)s", step=item["step"])
    return _("webhook %(name)s", name=hooks.get(item["webhook"], "?"))


def act(kind: str) -> str:
    """Return what an act does."""
    return {
        rules.SEND_MAIL: _("Send a mail"),
        rules.NOTIFY: _("Tell a notice"),
        rules.TRANSITION: _("Take a step"),
        rules.CALL: _("Tell a webhook"),
    }.get(kind, kind)


def run_state(state: str) -> tuple[str, str, str]:
    """Return name, kind of tag and icon of a run's state."""
    return {
        models.DONE: (_("done"), "ok", ""),
        models.FAILED: (_("failed"), "bad", ""),
        models.STOPPED: (_("stopped"), "warn", "pause"),
        models.PASSED: (_("not for this rule"), "", ""),
        models.WAITING: (_("waiting"), "warn", ""),
    }.get(state, (state, "", ""))


def delivery_state(state: str) -> tuple[str, str, str]:
    """Return name, kind of tag and icon of a message's state."""
    return {
        models.SENT: (pgettext("webhook", "sent"), "ok", ""),
        models.FAILED: (_("given up"), "bad", ""),
        models.WAITING: (_("waiting"), "warn", ""),
    }.get(state, (state, "", ""))
