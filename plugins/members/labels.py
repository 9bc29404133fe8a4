"""What the words of members are called on pages."""

from __future__ import annotations

from portal.i18n import _
from portal.organisations.labels import role_name

__all__ = ["afterwards_name", "domain_words", "role_help", "role_name", "state_tag"]


def role_help(role: str) -> str:
    """Return what somebody with a role in an organisation may do."""
    words = {
        "OrgMember": _("Sees what belongs to the organisation, changes nothing."),
        "OrgEditor": _("Writes profile and requests, answers partners."),
        "OrgSignatory": _("Signs agreements for the organisation."),
        "OrgAdmin": _("Does everything, invites others and decides who may do what."),
    }
    return words.get(role, "")


def afterwards_name(afterwards: str) -> str:
    """Return what becomes of the one who hands over."""
    words = {
        "leave": _("I leave the organisation."),
        "OrgEditor": _("I stay as an editor."),
        "OrgMember": _("I stay as a member."),
        "OrgAdmin": _("I stay an administrator too."),
    }
    return words.get(afterwards, "")


def state_tag(state: str) -> tuple[str, str]:
    """Return how far an invitation is, in words and as a kind of tag."""
    words = {
        "sent": (_("waits"), "warn"),
        "held": (_("waits for you"), "warn"),
        "expired": (_("too old"), "bad"),
        "accepted": (_("accepted"), "ok"),
        "declined": (_("declined"), ""),
        "withdrawn": (_("withdrawn"), ""),
        "refused": (_("withdrawn"), ""),
    }
    return words.get(state, (state, ""))


def domain_words(says: str, domain: str) -> str:
    """Return what the address of somebody proves."""
    words = {
        "own": _(
            "The address is at %(domain)s, the domain of your website. That is a good sign, no proof.",
            domain=domain,
        ),
        "shared": _(
            "The address is at %(domain)s, which other organisations here use too. It proves nothing: "
            "ask a colleague.",
            domain=domain,
        ),
        "free": _("Anybody can get such an address. It proves nothing: ask a colleague."),
        "other": _("The address is not at the domain of your website. Ask a colleague."),
    }
    return words[says]
