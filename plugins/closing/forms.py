"""Shapes of what a lead types on the closing."""

from __future__ import annotations

from typing import Any

from wtforms import StringField
from wtforms.validators import InputRequired, Optional

from portal.fields import NOT_EMPTY, DateField
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class ReportForm(Form):
    """The final report that was handed in."""

    report = StringField(
        lazy("Title or number of the report"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("As your National Agency knows it."),
    )
    reported_on = DateField(lazy("Handed in on"), [InputRequired(lazy("Say on which day."))])


class KeepForm(Form):
    """Until when records are kept."""

    keep_until = DateField(
        lazy("Records stay until"),
        [Optional()],
        description=lazy(
            "Grant agreements often ask for five years after the last payment. Look it up in yours."
        ),
    )

    def __init__(self, formdata: Any = None, **more: Any) -> None:
        super().__init__(formdata, **more)
