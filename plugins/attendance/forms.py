"""The shape of what is typed at and after a round table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from plugins.attendance import outcomes, rules
from plugins.attendance.models import Outcome
from plugins.roundtables.interface import Series
from portal.fields import NOT_EMPTY, Boxes, DateField, options, version_of
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

SPARE = 3
"""Empty rows for more actions."""


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
    form.related.choices = options(related)
    if not related:
        del form.related
    return form


def actions(
    form: Mapping[str, str] | None, row: Outcome, owners: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return the rows of actions: as typed, else as stored with a few empty ones.

    `owners` says who is reminded, by the id of the action.
    """
    names = ("what", "who", "due", "done", "owner", "id")
    if form:
        return [
            {name: form.get(f"{name}_{at}", "") for name in names}
            for at in range(1, rules.MOST_ACTIONS + 1)
            if f"what_{at}" in form
        ]
    kept = [
        {"id": "", **one, "owner": owners.get(one.get("id", ""), "")}
        for one in outcomes.actions_of(row)
    ]
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
