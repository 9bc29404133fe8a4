"""What things are called, for people."""

from __future__ import annotations

from portal import settings
from portal.i18n import _, own_name
from portal.i18n import lazy_gettext as lazy

_SUPPORTS = {
    "captions": lazy("Captions"), "sign": lazy("Sign language"),
    "interpretation": lazy("Interpretation"), "dial_in": lazy("Dial-in by phone"),
    "easy_read": lazy("Papers in easy language"),
    "assistant": lazy("A seat for an assistant, which uses no place"),
    "chat": lazy("Taking part by chat alone"),
}  # fmt: skip
_PLACES = {
    "offered": (lazy("offered"), "act"), "accepted": (lazy("accepted"), "ok"),
    "declined": (lazy("declined"), ""), "expired": (lazy("not answered in time"), ""),
    "left": (lazy("given back"), ""), "attended": (lazy("came"), "ok"),
    "absent": (lazy("did not come"), ""), "excused": (lazy("excused"), ""),
    "gone": (lazy("table cancelled"), "bad"),
}  # fmt: skip
_PEOPLE = {
    "asked": (lazy("address not confirmed"), "warn"),
    "interested": (lazy("interest confirmed"), "ok"),
    "withdrawn": (lazy("withdrawn"), ""),
}


def support(key: str) -> str:
    """Return an access offer."""
    return str(_SUPPORTS[key])


def place(state: str) -> tuple[str, str]:
    """Return the state of a place in words, and how it is shown."""
    words, kind = _PLACES[state]
    return str(words), kind


def person(state: str) -> tuple[str, str]:
    """Return the state of an interest in words, and how it is shown."""
    words, kind = _PEOPLE[state]
    return str(words), kind


def choice(at: int) -> str:
    """Return the label of a choice."""
    return _("First choice") if at == 1 else _("Choice %(num)s", num=at)


def mail_languages() -> list[tuple[str, str]]:
    """Return the languages in which mails can be read, by their own names."""
    return [(code, own_name(code)) for code in settings.of()["languages"]]
