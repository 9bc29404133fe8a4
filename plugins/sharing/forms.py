"""The shape of what a lead types to share the status page."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired

from portal.fields import languages, options
from portal.i18n import SHIPPED, Form, locale
from portal.i18n import lazy_gettext as lazy


class ShareForm(Form):
    """Who gets a link to the status page."""

    email = StringField(
        lazy("Mail address"), [InputRequired(lazy("Write the address as name@domain."))]
    )
    name = StringField(
        lazy("What you call them"),
        description=lazy("For your own list, such as: National Agency."),
    )
    language = SelectField(lazy("Language of the mail"))

    def __init__(self, formdata: Any = None) -> None:
        super().__init__(formdata, data={"language": locale()})
        self.language.choices = options(languages(SHIPPED))
