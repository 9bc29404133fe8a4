"""The shape of what is typed about a search that is kept."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField
from wtforms.validators import InputRequired

from plugins.saved import labels, rules
from portal.fields import options
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class SearchForm(Form):
    """Name of a search, and when to tell of what is new in it."""

    name = StringField(
        lazy("Name"),
        [InputRequired(lazy("Fill this in; it can't stay empty."))],
        description=lazy("So that you know it again in alerts."),
    )
    rhythm = RadioField(lazy("Tell me what is new"), default=rules.DAILY, validate_choice=False)

    def __init__(self, formdata: Any = None, **data: Any) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=data)
        self.rhythm.choices = options(labels.rhythms().items())
