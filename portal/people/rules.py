"""Decisions on plain values: addresses, passwords, ways back, names of devices."""

from __future__ import annotations

import re
import unicodedata
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from portal.errors import Invalid
from portal.i18n import _

SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
SHORTEST_REST = 6
LONGEST_ADDRESS = 254
SESSION_REFRESHED = timedelta(hours=1)
SESSION_LONGEST = timedelta(days=90)
ROLES = ("Member", "Reviewer", "SiteAdmin")

_ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@"
    r"(localhost|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?)"
)
# What browsers and systems write, each before those that claim to be it.
_BROWSERS = ("Edg: Edge", "OPR: Opera", "Firefox", "Chrom: Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS: macOS", "CrOS: ChromeOS", "Linux")

_LISTED = Path(__file__).parent / "common_passwords.txt"
COMMON = frozenset(_LISTED.read_text(encoding="utf-8").split())


def normal_address(text: str) -> str:
    """Return a mail address as it is stored: small letters, the domain in ASCII.

    Raises Invalid for what can't be one.
    """
    name, at, domain = text.strip().lower().rpartition("@")
    try:
        address = name + at + domain.encode("idna").decode("ascii")
    except UnicodeError:
        address = ""
    if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise Invalid(_("Write the address in full, such as name@school.example."), field="email")
    return address


def normal_name(text: str) -> str:
    """Return a person's name on one line, without signs that can't be seen. Raises Invalid when empty."""
    seen = (char for char in text if char.isspace() or char.isprintable())
    name = " ".join("".join(seen).split())[:120]
    if not name:
        raise Invalid(_("Write the name others should see."), field="name")
    return name


def normal_password(password: str) -> str:
    """Return one form of what looks alike on different keyboards."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, email: str, name: str, field: str = "password") -> None:
    """Refuse a new password that is short, long, common or made of the person's own data.

    No rule about kinds of signs (NIST SP 800-63B-4, 3.1.1.2). Raises Invalid.
    """
    folded, told = normal_password(password).casefold(), ""
    if len(password) < SHORTEST_PASSWORD:
        told = _("Choose a password of at least %(num)s characters.", num=SHORTEST_PASSWORD)
    elif len(password) > LONGEST_PASSWORD:
        told = _("Choose a password of at most %(num)s characters.", num=LONGEST_PASSWORD)
    elif _is_common(folded):
        told = _("This password is among the first that others try. Choose another one.")
    elif _is_own(folded, email, name):
        told = _("This password is little more than your name or address. Choose another one.")
    if told:
        raise Invalid(told, field)


def _is_common(folded: str) -> bool:
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    return folded in COMMON or core in COMMON or not core.strip() or len(set(folded)) < 4


def _is_own(folded: str, email: str, name: str) -> bool:
    words = {email, *re.split(r"[@.+_-]", email), name, *name.split()}
    parts = {normal_password(word).casefold() for word in words}
    return any(
        len(part) >= 4 and part in folded and len(folded) - len(part) < SHORTEST_REST
        for part in parts
    )


def own_path(text: str, default: str = "/") -> str:
    """Return a way back inside this portal, the default for anything that may lead elsewhere.

    Browsers drop tabs and line ends, read a backslash as a slash, and two slashes as a host.
    """
    parts = urlsplit(text) if _is_plain(text) else None
    if parts is None or parts.scheme or parts.netloc or "//" in parts.path:
        return default
    return default if parts.path.rstrip("/") == "/account/sign-in" else text


def _is_plain(text: str) -> bool:
    for form in (text, unicodedata.normalize("NFKC", text)):
        if not form.startswith("/") or form.startswith("//") or "\\" in form or len(form) > 2_000:
            return False
        if any(unicodedata.category(char)[0] in "CZ" for char in form):
            return False
    return True


def device_name(agent: str) -> str:
    """Return what a browser and its system are called, without versions: "Firefox, Linux"."""
    names = []
    for kinds in (_BROWSERS, _SYSTEMS):
        marks = (kind.partition(": ") for kind in kinds)
        names += [name or mark for mark, _colon, name in marks if mark in agent][:1]
    return ", ".join(names)
