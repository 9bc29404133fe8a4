"""Who may use an invitation how, which role it gives, what an address says: decisions on plain values."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from plugins.members.models import HANDOVER, HELD, LEAVE, SIGNATORY
from portal.clock import working_days_after
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import MEMBER_ROLES
from portal.organisations.rules import clean_text
from portal.people.throttle import Limit

INVITABLE = ("OrgMember", "OrgEditor", "OrgAdmin")
AFTERWARDS = (LEAVE, "OrgEditor", "OrgMember", "OrgAdmin")
RANK = {"OrgMember": 1, "OrgSignatory": 2, "OrgEditor": 2, "OrgAdmin": 3}
MESSAGE_LENGTH = 1_000
PURPOSE_LENGTH = 300

INVITE_PERSON = Limit("members-invite", 30, 3_600)
"""Invitations that one account sends: a department fits, a list of addresses does not."""
INVITE_ADDRESS = Limit("members-address", 3, 3_600)
"""Invitations to one address, whoever sends them: nobody's mailbox is flooded."""
ASK_PERSON = Limit("members-ask", 10, 3_600)
"""Requests to join that one account sends."""
MOST_ASKED = 5
"""Requests of one person that may wait at a time."""
MOST_WAITING = 20
"""Requests to one organisation that may wait at a time, so that nobody can bury the others."""
REST = timedelta(days=30)
"""After a no, the same may be asked again."""
OBJECTION = timedelta(days=7)
"""So long those who are there may stop a hand-over by the site."""
LATE_FOR_SITE = timedelta(days=7)
"""So long after the promised day the site's administrators see a request."""
CLOSED_AFTER = timedelta(days=30)
"""So long after the promised day a request is closed unanswered."""
REMIND_BEFORE = timedelta(days=2)

ACCEPT, SIGN_IN, HOLD, WAITS, CONFIRM, EARLY, NOBODY = (
    "accept", "sign-in", "hold", "waits", "confirm", "early", ""
)  # fmt: skip
"""What whoever opened an invitation can do: take it, sign in first, ask to be confirmed, wait for
that, confirm name and function, come again later; nothing."""

FREE_MAIL = frozenset(
    "gmail.com googlemail.com outlook.com outlook.de outlook.es outlook.fr outlook.it hotmail.com "
    "hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl live.com live.nl live.it msn.com "
    "yahoo.com yahoo.de yahoo.es yahoo.fr yahoo.it gmx.de gmx.net gmx.at gmx.ch web.de freenet.de "
    "t-online.de icloud.com me.com mac.com aol.com proton.me protonmail.com mail.com zoho.com "
    "inbox.lv apollo.lv inbox.lt mail.ee libero.it virgilio.it tiscali.it alice.it orange.fr "
    "wanadoo.fr free.fr laposte.net sfr.fr wp.pl o2.pl onet.pl interia.pl seznam.cz centrum.cz "
    "azet.sk abv.bg freemail.hu citromail.hu ziggo.nl kpnmail.nl home.nl planet.nl telenet.be "
    "skynet.be terra.es telefonica.net sapo.pt bluewin.ch yandex.com ukr.net".split()
)
OWN, SHARED, FREE, OTHER = "own", "shared", "free", "other"


def is_more(role: str, present: str) -> bool:
    """Whether an invitation adds to what a member may do; one never takes anything away."""
    return RANK[role] > RANK.get(present, 0)


def stance(
    kind: str,
    state: str,
    *,
    is_early: bool,
    signed_in: bool,
    is_meant: bool,
    is_opener: bool,
    has_address: bool,
) -> str:
    """Say what whoever opened an invitation can do with it.

    `is_meant` says that it was sent to the account's own address, `is_opener` that it is held because
    of this account. A forwarded one is held for an
    administrator; one that was never mailed (`has_address` is false) is nothing to anybody else.
    """
    if not has_address and not is_meant:
        return NOBODY if signed_in or kind != HANDOVER else SIGN_IN
    if is_early:
        return EARLY
    if state == HELD and is_opener:
        return WAITS
    if is_meant:
        return CONFIRM if kind == SIGNATORY else ACCEPT
    if state == HELD:
        return WAITS
    if kind == SIGNATORY:
        return HOLD if signed_in else CONFIRM
    return HOLD if signed_in else SIGN_IN


def domain_says(address: str, domain: str, sharing: int) -> str:
    """Say what an address proves of an organisation whose website stands at `domain`.

    Nothing where `sharing` organisations have the same domain (a municipality, a school board), or
    where anybody can get an address.
    """
    host = address.rpartition("@")[2]
    if host in FREE_MAIL:
        return FREE
    if domain and (host == domain or host.endswith(f".{domain}")):
        return SHARED if sharing > 1 else OWN
    return OTHER


def checked_role(role: str, allowed: tuple[str, ...] = MEMBER_ROLES) -> str:
    """Return a role that may be given. Raises Invalid."""
    if role not in allowed:
        raise Invalid(_("Choose what the person may do."), "role")
    return role


def checked_line(text: str, field: str, told: str) -> str:
    """Return a line of text that must not be empty. Raises Invalid with `told`."""
    line = clean_text(text, field, 120)
    if not line:
        raise Invalid(told, field)
    return line


def checked_text(text: str, field: str, longest: int = MESSAGE_LENGTH) -> str:
    """Return lines of text without signs that can't be seen. Raises Invalid when they are too long."""
    lines = [clean_text(line, field, longest) for line in text.replace("\r", "").split("\n")]
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    if len(whole) > longest:
        raise Invalid(_("Write at most %(most)s characters.", most=longest), field)
    return whole


def due_after(moment: datetime, working_days: int) -> datetime:
    """Return until when a request that came at a moment is answered."""
    return working_days_after(moment, working_days)
