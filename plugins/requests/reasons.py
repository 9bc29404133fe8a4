"""Says why somebody fits a request, from the very points that made the order."""

from __future__ import annotations

from plugins.partners.interface import ROLES, field_name, key_name, name_of
from plugins.requests import labels
from plugins.requests.rules import Fit, Point, Response
from portal.i18n import _, language_name, locale, ngettext

MOST_NAMED = 3


def why(fit: Fit, projects: int) -> list[str]:
    """Return what somebody covers, the weightiest first."""
    said = [_share(fit, kind) for kind in ("field", "occupation")]
    covered = {kind: _named(fit.covered, kind) for kind in ("language", "mode", "inclusion")}
    kinds = {point.kind for point in fit.covered}
    if "role" in kinds:
        said.append(_does(next(point.key for point in fit.covered if point.kind == "role")))
    if covered["language"]:
        said.append(_("speaks %(languages)s", languages=covered["language"]))
    said.append(_months(fit))
    if covered["mode"]:
        said.append(covered["mode"])
    if covered["inclusion"]:
        said.append(_("offers %(support)s", support=covered["inclusion"]))
    if "places" in kinds:
        said.append(_("takes groups of this size"))
    if "age" in kinds:
        said.append(_("takes people of this age"))
    if projects:
        said.append(
            ngettext("took part in %(num)s project", "took part in %(num)s projects", projects)
        )
    return [text for text in said if text]


def lacks(fit: Fit) -> str:
    """Return what was asked and is not in the profile, empty when nothing lacks."""
    found = [point for point in fit.missing if point.kind != "experience"]
    names = [point_name(point) for point in found[:MOST_NAMED]]
    return ", ".join(names) + (" …" if len(found) > MOST_NAMED else "")


def point_name(point: Point) -> str:
    """Return what a point is called."""
    if point.kind == "field":
        return field_name(point.key)
    if point.kind == "language":
        return language_name(point.key, locale())
    if point.kind in {"mode", "inclusion"}:
        return key_name(point.kind, point.key)
    if point.kind == "month":
        return labels.month_of_year(int(point.key))
    names = {
        "role": _role(point.key),
        "places": _("room for %(number)s", number=point.key),
        "age": _("age %(number)s", number=point.key),
    }
    return names.get(point.kind, point.key)


def point_title(point: Point) -> str:
    """Return what a point is called, with its kind where the name alone does not tell."""
    name = point_name(point)
    if point.kind in {"month", "language", "mode", "occupation"}:
        return f"{labels.kind_name(point.kind)}: {name}"
    names = {
        "role": _("Takes part as: %(role)s", role=name_of(ROLES, point.key)),
        "places": _("Room for %(number)s", number=point.key),
        "age": _("From age %(number)s", number=point.key),
    }
    return names.get(point.kind, name)


def answering(found: Response) -> str:
    """Say how an organisation answers what it is asked."""
    if not found.tenths:
        return _("Answers fewer than 1 of 10 enquiries")
    return ngettext(
        "Answers %(tenths)s of 10 enquiries within a day",
        "Answers %(tenths)s of 10 enquiries within %(num)s days",
        found.days,
        tenths=found.tenths,
    )


def _share(fit: Fit, kind: str) -> str:
    covered, asked = fit.counts(kind)
    if not covered:
        return ""
    named = {"covered": covered, "asked": asked}
    if kind == "field":
        return ngettext(
            "covers the field asked for", "covers %(covered)s of %(asked)s fields", asked, **named
        )
    return ngettext(
        "names the occupation", "names %(covered)s of %(asked)s occupations", asked, **named
    )


def _does(role: str) -> str:
    names = {"host": _("hosts"), "sending": _("sends"), "supporting": _("supports others")}
    return names.get(role, role)


def _role(role: str) -> str:
    names = {"host": _("hosting"), "sending": _("sending"), "supporting": _("supporting others")}
    return names.get(role, role)


def _months(fit: Fit) -> str:
    covered, asked = fit.counts("month")
    if not covered:
        return ""
    named = {"covered": covered, "asked": asked}
    return ngettext(
        "has places in that month", "has places in %(covered)s of %(asked)s months", asked, **named
    )


def _named(points: tuple[Point, ...], kind: str) -> str:
    names = [point_name(point) for point in points if point.kind == kind]
    return ", ".join(names[:MOST_NAMED]) + (" …" if len(names) > MOST_NAMED else "")
