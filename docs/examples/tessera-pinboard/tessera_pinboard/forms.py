"""The shape of a notice."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy
from tessera_pinboard import labels
from tessera_pinboard.models import KINDS


class NoticeForm(Form):
    """A new notice; how long its texts may be is the service's matter."""

    kind = RadioField(
        lazy("What is it?"),
        [InputRequired(lazy("Choose what kind of notice it is."))],
        validate_choice=False,
    )
    title = StringField(lazy("Title"), [InputRequired(lazy("Fill this in."))])
    text = TextAreaField(lazy("Your notice"), [InputRequired(lazy("Fill this in."))])
    town = StringField(lazy("Town"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.kind.choices = [SelectChoice(kind, labels.kind_name(kind)) for kind in KINDS]
