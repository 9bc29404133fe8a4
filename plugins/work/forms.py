"""Shapes of what people type about work; what is right stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import HiddenField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional

from plugins.consortia.interface import Member
from plugins.work import labels, rules
from plugins.work.models import Item, Package
from portal.fields import NOT_EMPTY, Boxes, DateField, options, version_of
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


def _names(members: Sequence[Member], chosen: Any = None) -> list[tuple[str, str]]:
    """Return active members as choices; whoever left stands first, so that it is seen."""
    names = [(item.organisation.public_id, item.organisation.name) for item in members]
    if chosen is None or chosen.public_id in dict(names):
        return names
    return [(chosen.public_id, str(lazy("%(name)s (left)", name=chosen.name))), *names]


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


class PackageForm(Form):
    """A work package."""

    version = HiddenField(filters=[version_of])
    title = StringField(
        lazy("What is it about?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("A few words, such as: Common units for welders"),
    )
    lead = SelectField(lazy("Which member leads it?"))
    starts_on = DateField(lazy("From"), [Optional()])
    ends_on = DateField(lazy("To"), [Optional()])
    aim = TextAreaField(lazy("What should be there at the end?"))

    def __init__(
        self, formdata: Any = None, *, members: Sequence[Member], row: Package | None = None
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        kept: dict[str, Any] = {}
        if row is not None:
            kept = {name: getattr(row, name) for name in ("version", "title", "aim")}
            kept |= {name: _day(getattr(row, name)) for name in ("starts_on", "ends_on")}
            kept["lead"] = row.lead.public_id if row.lead else ""
        super().__init__(formdata, data=kept)
        self.lead.choices = options(_names(members, row.lead if row else None))

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = {name: self[name].data or "" for name in ("title", "aim", "lead")}
        return texts | {name: self[name].data for name in ("starts_on", "ends_on")}


class ItemForm(Form):
    """A task, a milestone or a deliverable."""

    version = HiddenField(filters=[version_of])
    kind = RadioField(lazy("What is it?"), [InputRequired(NOT_EMPTY)])
    title = StringField(lazy("What is to be done?"), [InputRequired(NOT_EMPTY)])
    owner = SelectField(lazy("Which member carries it?"))
    starts_on = DateField(lazy("Begins on"), [Optional()], description=lazy("For tasks only."))
    ends_on = DateField(lazy("Due on"), [InputRequired(lazy("Say on which day it is due."))])
    needs = Boxes(
        lazy("What has to be there first?"),
        description=lazy("It can't begin before these are due."),
    )
    text = TextAreaField(lazy("More about it"))

    def __init__(
        self,
        formdata: Any = None,
        *,
        members: Sequence[Member],
        others: Sequence[Item],
        row: Item | None = None,
        needs: Sequence[Item] = (),
        kind: str = "task",
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        kept: dict[str, Any] = {"kind": kind}
        if row is not None:
            kept = {name: getattr(row, name) for name in ("version", "kind", "title", "text")}
            kept |= {name: _day(getattr(row, name)) for name in ("starts_on", "ends_on")}
            kept |= {"owner": row.owner.public_id if row.owner else ""}
            kept |= {"needs": [item.public_id for item in needs]}
        super().__init__(formdata, data=kept)
        self.kind.choices = options(
            (key, f"{labels.kind(key)}: {labels.kind_help(key)}") for key in rules.KINDS
        )
        self.owner.choices = options(_names(members, row.owner if row else None))
        self.needs.choices = options(
            (item.public_id, f"{labels.number(item.package)}: {item.title}") for item in others
        )

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = {name: self[name].data or "" for name in ("kind", "title", "owner", "text")}
        days = {name: self[name].data for name in ("starts_on", "ends_on")}
        return texts | days | {"needs": self.needs.data or []}


class HandOverForm(Form):
    """Who takes over what a former member carried."""

    member = SelectField(lazy("Which member takes it over?"), [InputRequired(NOT_EMPTY)])

    def __init__(self, formdata: Any = None, *, members: Sequence[Member]) -> None:
        super().__init__(formdata)
        self.member.choices = options(_names(members))


class TotalForm(Form):
    """What the whole plan may cost."""

    version = HiddenField(filters=[version_of])
    cents = StringField(
        lazy("Budget of the whole plan, in euro"),
        description=lazy("As digits, such as 60000 or 12500.50"),
    )


class SharesForm(Form):
    """A work package's budget; the shares are one field a member, named by its public id."""

    version = HiddenField(filters=[version_of])
    cents = StringField(
        lazy("Budget of this work package, in euro"),
        description=lazy("As digits, such as 60000 or 12500.50"),
    )


class ReportsForm(Form):
    """How often members are told that a new report is there."""

    every = SelectField(lazy("Tell all members that a new report is there"))

    def __init__(self, formdata: Any = None, *, every: str = "") -> None:
        super().__init__(formdata, data={"every": every})
        self.every.choices = options(
            [
                ("", str(lazy("never"))),
                ("month", str(lazy("each month"))),
                ("quarter", str(lazy("each quarter"))),
            ]
        )


def amount(cents: int) -> str:
    """Write cents as people type them: 12500 or 12500.50; nothing for nothing."""
    return (
        ""
        if not cents
        else f"{cents // 100}.{cents % 100:02}"
        if cents % 100
        else str(cents // 100)
    )
