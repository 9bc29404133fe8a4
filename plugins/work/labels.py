"""What the words of work plans are called on pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel.dates import get_month_names

from plugins.work import gantt, queries
from plugins.work.gantt import Bar, Chart
from plugins.work.models import DONE, DROPPED, RUNNING, TASK, Item, Package
from plugins.work.workflow import OPEN
from portal.i18n import _, locale, ngettext
from portal.i18n import day as written


def kind(key: str) -> str:
    """Return what a kind of work is called."""
    names = {"task": _("Task"), "milestone": _("Milestone"), "deliverable": _("Deliverable")}
    return names.get(key, key)


def kind_help(key: str) -> str:
    """Return in a line what a kind is for."""
    names = {
        "task": _("Something that somebody does within some days or weeks."),
        "milestone": _("A day on which something must have been reached."),
        "deliverable": _("Something that is handed in: a report, a set of materials."),
    }
    return names.get(key, "")


def is_late(item: Item, today: date) -> bool:
    """Whether a piece of work should be done by now and is not."""
    return item.state in OPEN and item.ends_on < today.isoformat()


def state(item: Item, today: date) -> tuple[str, str]:
    """Return how far a piece of work is, and the kind of its tag."""
    if is_late(item, today):
        days = (today - date.fromisoformat(item.ends_on)).days
        return ngettext("%(num)s day late", "%(num)s days late", days), "bad"
    names = {RUNNING: (_("under way"), "act"), DONE: (_("done"), "ok"), DROPPED: (_("dropped"), "")}
    return names.get(item.state, (_("planned"), ""))


def days(starts_on: str, ends_on: str) -> str:
    """Return days as people write them; one day where there is only the last."""
    last = written(date.fromisoformat(ends_on), "medium") if ends_on else ""
    if not starts_on:
        return last
    first = written(date.fromisoformat(starts_on), "medium")
    if not last:
        return _("from %(day)s", day=first)
    return _("%(first)s to %(last)s", first=first, last=last)


def number(package: Package) -> str:
    """Return the short name of a work package, such as WP 2."""
    return _("WP %(number)s", number=package.number)


def chart(everything: queries.Whole, today: date) -> Chart:
    """Return the picture of a plan; packages without days span what they hold."""
    bars: list[Bar] = []
    for package in everything.packages:
        rows = everything.items[package.id]
        inside = [_bar(row, today) for row in rows]
        days_of = [day for bar in inside for day in (bar.first, bar.last)]
        days_of += [date.fromisoformat(day) for day in (package.starts_on, package.ends_on) if day]
        if days_of:
            title = f"{number(package)} {package.title}"
            bars += [Bar(package.id, title, "package", min(days_of), max(days_of)), *inside]
    names = get_month_names("abbreviated", "stand-alone", locale())
    needs = {item: sorted(wanted) for item, wanted in everything.needs.items()}
    return gantt.draw(bars, needs, today, dict(names))


def _bar(row: Item, today: date) -> Bar:
    last = date.fromisoformat(row.ends_on)
    first = date.fromisoformat(row.starts_on) if row.starts_on and row.kind == TASK else last
    look = "late" if is_late(row, today) else row.state
    return Bar(row.id, row.title, row.kind, first, last, look)


def needed(everything: queries.Whole, item: Item) -> Sequence[Item]:
    """Return what an item needs, in the order of the plan."""
    wanted = everything.needs.get(item.id, set())
    return [row for row in everything.all if row.id in wanted]
