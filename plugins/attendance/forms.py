"""The shape of what is typed at and after a round table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import wtforms
from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    widgets,
)
from wtforms.validators import InputRequired

from plugins.attendance import outcomes, rules
from plugins.attendance.models import Outcome
from plugins.roundtables.interface import Series
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

NOT_EMPTY = lazy("Fill this in; it can't stay empty.")
SPARE = 3
"""Empty rows for more actions."""


class Boxes(SelectMultipleField):
    """Several of a list, as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class DateField(wtforms.DateField):
    """A day that may stay empty."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed."""
        if valuelist and not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(lazy("Write the day as year, month, day: 2027-05-18."))) from None


def version_of(text: Any) -> int:
    """Read the version that a form was made from; 0 where it says none."""
    shown = str(text or "")[:9]
    return int(shown) if shown.isascii() and shown.isdigit() else 0


class OutcomeForm(Form):
    """What a table found; the rows of actions stand beside it."""

    version = HiddenField(filters=[version_of])
    notes = TextAreaField(
        lazy("What was said"), description=lazy("In a few sentences. Name no persons.")
    )
    agreed = TextAreaField(lazy("What was agreed"), description=lazy("One point a line."))
    open = TextAreaField(lazy("What stays open"), description=lazy("One point a line."))
    related = Boxes(
        lazy("What came of it"),
        description=lazy("Others see those that they may open."),
        validate_choice=False,
    )
    comments_until = DateField(
        lazy("Those who were there can comment until"),
        description=lazy("Year, month, day: 2027-05-18. Empty: no comments."),
    )


def outcome_form(
    formdata: Any, row: Outcome, series: Series, related: Sequence[tuple[str, str]]
) -> OutcomeForm:
    """Fill the form from what was typed, else from what is stored."""
    until = row.comments_until and row.comments_until.astimezone(ZoneInfo(series.zone)).date()
    kept = {name: row.findings.get(name, "") for name in rules.FOUND}
    form = OutcomeForm(
        formdata,
        data={**kept, "related": row.related, "comments_until": until, "version": row.version},
    )
    form.related.choices = list(related)
    if not related:
        del form.related
    return form


def actions(form: Mapping[str, str] | None, row: Outcome) -> list[dict[str, Any]]:
    """Return the rows of actions: as typed, else as stored with a few empty ones."""
    names = ("what", "who", "due", "done")
    if form:
        return [
            {name: form.get(f"{name}_{at}", "") for name in names}
            for at in range(1, rules.MOST_ACTIONS + 1)
            if f"what_{at}" in form
        ]
    kept = outcomes.actions_of(row)
    empty = [dict.fromkeys(names, "") for _at in range(SPARE)]
    return [*kept, *empty][: rules.MOST_ACTIONS]


class GroupsForm(Form):
    """How many groups, in how many rounds."""

    groups = IntegerField(lazy("Number of groups"), [InputRequired(NOT_EMPTY)], default=3)
    rounds = IntegerField(
        lazy("Number of rounds"),
        [InputRequired(NOT_EMPTY)],
        default=1,
        description=lazy("In each round people meet others than before, as far as that goes."),
    )
    together = SelectField(
        lazy("Keep together"),
        description=lazy("Such as those who need the same interpreter. All else is mixed."),
        default="",
    )
