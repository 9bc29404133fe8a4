"""What states and roles are called on the pages of Site Setup."""

from __future__ import annotations

from typing import Any

from portal import settings
from portal.i18n import _, own_name, pgettext
from portal.kernel import registry as kernel
from portal.web import access

NEED_YOU = (kernel.NEEDS_UPGRADE, kernel.BROKEN, kernel.INCOMPATIBLE, kernel.SUSPENDED)
NOT_IN_USE = (kernel.INSTALLED, kernel.DISCOVERED, kernel.UNINSTALLED, kernel.MISSING)


def plugin_state(state: str) -> tuple[str, str, str, str]:
    """Return name, kind of tag, icon and token of a plugin's state."""
    names = {
        kernel.DISCOVERED: (_("available"), "", "", "awaited"),
        kernel.INSTALLED: (_("installed, not active"), "", "", "awaited"),
        kernel.ACTIVE: (_("active"), "ok", "", "closed"),
        kernel.NEEDS_UPGRADE: (_("needs upgrade"), "warn", "up", "apart"),
        kernel.SUSPENDED: (pgettext("plugin", "suspended"), "warn", "pause", "apart"),
        kernel.BROKEN: (_("broken"), "bad", "", "absent"),
        kernel.INCOMPATIBLE: (_("does not fit this portal"), "bad", "", "absent"),
        kernel.MISSING: (_("missing"), "", "", "absent"),
        kernel.UNINSTALLED: (_("uninstalled"), "", "", "awaited"),
    }
    return names.get(state, (state, "", "", "absent"))


def act_name(act: str) -> str:
    """Return what the button of an act says."""
    names = {
        "install": _("Install only"),
        "activate": _("Switch on"),
        "upgrade": _("Upgrade"),
        "resume": _("Resume"),
        "deactivate": _("Switch off"),
        "uninstall": _("Uninstall"),
        "purge": _("Delete its data"),
        "forget": _("Forget it"),
    }
    return names.get(act, act)


def plan_title(act: str, name: str, version: str) -> str:
    """Return the heading of a plan."""
    titles = {
        "install": _("Install %(plugin)s", plugin=name),
        "activate": _("Switch on %(plugin)s", plugin=name),
        "upgrade": _("Upgrade %(plugin)s to %(version)s", plugin=name, version=version),
        "resume": _("Resume %(plugin)s", plugin=name),
        "deactivate": _("Switch off %(plugin)s", plugin=name),
        "uninstall": _("Uninstall %(plugin)s, keep its data", plugin=name),
        "purge": _("Delete all data of %(plugin)s", plugin=name),
        "forget": _("Forget %(plugin)s and delete what it left", plugin=name),
    }
    return titles.get(act, act)


def done(act: str, name: str) -> str:
    """Return the sentence that says that an act was done."""
    sentences = {
        "install": _("%(plugin)s is installed.", plugin=name),
        "activate": _("%(plugin)s is active.", plugin=name),
        "upgrade": _("%(plugin)s is up to date.", plugin=name),
        "resume": _("%(plugin)s takes part again.", plugin=name),
        "deactivate": _("%(plugin)s is switched off. Its data is kept.", plugin=name),
        "uninstall": _("%(plugin)s is uninstalled. Its data is kept.", plugin=name),
        "purge": _("The data of %(plugin)s is deleted.", plugin=name),
        "forget": _("%(plugin)s is forgotten.", plugin=name),
    }
    return sentences.get(act, act)


def choice_name(item: settings.Field, value: str) -> str:
    """Return what a choice of a setting is called."""
    if item.key in {"languages", "default_language"}:
        return own_name(value)
    return _(item.choices[value])


def shown(item: settings.Field, value: Any) -> str:
    """Return the value of a setting in words."""
    if item.type == "yes_no":
        return _("yes") if value else _("no")
    if item.choices:
        values = value if isinstance(value, list) else [value]
        return ", ".join(choice_name(item, one) for one in values)
    if isinstance(value, list):
        value = ", ".join(value)
    return str(value) or _("empty")


def role_name(role: str) -> str:
    """Return the name of a role on the site."""
    names = {
        "Member": _("Member"),
        "Reviewer": _("Reviewer"),
        "SiteAdmin": _("Administrator"),
    }
    return names.get(role, role)


def actor_name(actors: str) -> str:
    """Return who a row of the access table lets in."""
    names = {
        access.ANYONE: _("everybody"),
        access.SIGNED_IN: _("people with an account"),
        access.REVIEWER: _("reviewers and administrators"),
        access.ADMIN: _("administrators"),
    }
    return names.get(actors, actors)


def job_state(state: str) -> tuple[str, str]:
    """Return name and kind of tag of a job's state."""
    names = {
        "waiting": (_("waiting"), ""),
        "running": (_("running"), "act"),
        "done": (_("done"), "ok"),
        "failed": (_("failed"), "bad"),
        "cancelled": (_("cancelled"), ""),
        "parked": (_("parked"), "warn"),
    }
    return names.get(state, (state, ""))


def mail_state(row: Any, most_attempts: int) -> tuple[str, str]:
    """Return name and kind of tag of how far a mail is."""
    if row.sent_at is not None:
        return pgettext("mail", "sent"), "ok"
    if row.attempts >= most_attempts:
        return _("failed"), "bad"
    return (_("tried, will be tried again"), "warn") if row.attempts else (_("waiting"), "")
