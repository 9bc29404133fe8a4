"""What aims are called on pages."""

from __future__ import annotations

from portal.i18n import lazy_gettext as lazy

_AIMS = {
    "searcher": lazy("Find a partner"),
    "host": lazy("Host learners or staff"),
    "lead": lazy("Lead a consortium"),
    "stakeholder": lazy("Take part in a round table"),
}
_MEANT = {
    "searcher": lazy("We send learners or staff abroad and look for somebody to take them in."),
    "host": lazy("We take learners or staff in and want to be found."),
    "lead": lazy("We apply for and run mobility together with other organisations."),
    "stakeholder": lazy("We have an interest in mobility and want a place at the table."),
}


def aim_name(aim: str) -> str:
    """Return what somebody came for."""
    return str(_AIMS.get(aim, aim))


def aim_meant(aim: str) -> str:
    """Say in a sentence whom an aim is for."""
    return str(_MEANT.get(aim, ""))
