"""The recurring report: what was done, what is late, what comes next, who carries it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from plugins.consortia.interface import Seen
from plugins.paper import interface as paper
from plugins.work import labels, queries, rules
from plugins.work.models import Item
from plugins.work.workflow import OPEN
from portal.context import Context
from portal.i18n import _, locale, ngettext, number
from portal.i18n import day as written

TEMPLATE = "work/report.typ"


@dataclass(frozen=True)
class Load:
    """What a member carries: finished in the period, open at its end, late of these."""

    name: str
    done: int
    open: int
    late: int


@dataclass(frozen=True)
class Report:
    """What a report says; the lists are in the order of days. `until` is the day it looks from."""

    kind: str
    first: date
    last: date
    until: date
    done: list[Item]
    late: list[Item]
    coming: list[Item]
    loads: list[Load]

    @property
    def lists(self) -> list[tuple[str, str, list[Item]]]:
        """The three lists: key, heading, rows."""
        return [
            ("done", _("What was done"), self.done),
            ("late", _("What is late"), self.late),
            ("coming", _("What comes next"), self.coming),
        ]

    @property
    def days(self) -> str:
        """The period as people write it."""
        return labels.days(self.first.isoformat(), self.last.isoformat())


def make(seen: Seen, kind: str, first: date, last: date, today: date) -> Report:
    """Make the report on a period; what is late is looked at on its last day, or today before that.

    Work without anybody stands under its own name. "Next" is the same length after the period.
    """
    everything = queries.whole(seen.id).all
    until = min(last, today)
    ahead = rules.shifted(kind, first, last, 1)[1]
    day = until.isoformat()
    done = [row for row in everything if first.isoformat() <= row.done_on <= last.isoformat()]
    open_ones = [row for row in everything if row.state in OPEN or row.done_on > day]
    late = [row for row in open_ones if row.ends_on < day]
    coming = [row for row in open_ones if day <= row.ends_on <= ahead.isoformat()]
    names = {row.owner_id: _name(row) for row in everything}
    loads = [
        Load(name, *(sum(row.owner_id == key for row in some) for some in (done, open_ones, late)))
        for key, name in names.items()
    ]
    return Report(
        kind,
        first,
        last,
        until,
        sorted(done, key=lambda row: (row.done_on, row.id)),
        sorted(late, key=lambda row: (row.ends_on, row.id)),
        sorted(coming, key=lambda row: (row.ends_on, row.id)),
        sorted(loads, key=lambda load: (-load.late, -load.open, -load.done, load.name)),
    )


def _name(row: Item) -> str:
    return row.owner.name if row.owner else _("nobody")


def heads() -> list[str]:
    """Return the names of the columns of a file."""
    return [
        _("Part"), _("Work package"), _("Kind"), _("Title"), _("Carried by"), _("Begins on"),
        _("Due on"), _("State"), _("Done on"),
    ]  # fmt: skip


def rows(parts: Sequence[tuple[str, list[Item]]], today: date) -> Iterator[list[str]]:
    """Return what a file says of work, under `heads`."""
    for part, some in parts:
        for row in some:
            yield [
                part,
                f"{labels.number(row.package)} {row.package.title}",
                labels.kind(row.kind),
                row.title,
                _name(row),
                row.starts_on,
                row.ends_on,
                labels.state(row, today)[0],
                row.done_on,
            ]


def summary(report: Report) -> str:
    """Say in a sentence how the period went."""
    done = ngettext(
        "%(num)s piece of work was done", "%(num)s pieces of work were done", len(report.done)
    )
    late = ngettext("%(num)s is late", "%(num)s are late", len(report.late))
    return _("%(done)s, %(late)s.", done=done, late=late)


def pdf(ctx: Context, seen: Seen, report: Report) -> bytes:
    """Return the report as a PDF that screen readers can read. Raises Unavailable without typst."""
    title = _("Report of work: %(name)s", name=seen.name)
    today = ctx.clock.now().date()
    data: dict[str, Any] = {
        "demo": _("Demonstration: made-up organisations.") if seen.is_fictional else "",
        "days": report.days,
        "summary": summary(report),
        "made": _("As of %(day)s", day=written(report.until)),
        "empty": _("Nothing."),
        "heads": [_("Work"), _("Carried by"), _("Due on"), _("State")],
        "lists": [
            {
                "title": heading,
                "rows": [
                    [
                        f"{labels.number(row.package)} {labels.kind(row.kind)}: {row.title}",
                        _name(row),
                        rules.shown(row.ends_on),
                        labels.state(row, today)[0],
                    ]
                    for row in some
                ],
            }
            for _key, heading, some in report.lists
        ],
        "loads": {
            "title": _("Who carries it"),
            "heads": [_("Member"), _("Done"), _("Open"), _("Late")],
            "rows": [
                [load.name, *(number(amount) for amount in (load.done, load.open, load.late))]
                for load in report.loads
            ],
        },
    }
    return paper.pdf(ctx, TEMPLATE, data, language=locale(), title=title)
