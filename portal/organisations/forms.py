"""The shape of what is typed; what values must be like stands in the module of rules."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.i18n import Form, country_name
from portal.i18n import lazy_gettext as lazy
from portal.organisations import labels
from portal.organisations.models import TYPES
from portal.organisations.rules import country_codes
from portal.text import sort_key

NEEDED_COUNTRY = InputRequired(lazy("Choose the country."))


class OrganisationForm(Form):
    """An organisation's own facts."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the organisation's name."))])
    country = SelectField(lazy("Country"), [NEEDED_COUNTRY], validate_choice=False)
    type = SelectField(lazy("Type"), default="other", validate_choice=False)
    city = StringField(lazy("Town"), default="")
    website = StringField(lazy("Website"), default="")

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        names = sorted((sort_key(country_name(code)), code) for code in country_codes())
        countries = [SelectChoice(code, country_name(code)) for _key, code in names]
        self.country.choices = [SelectChoice("", ""), *countries]
        self.type.choices = [SelectChoice(kind, labels.type_name(kind)) for kind in TYPES]


class EditForm(OrganisationForm):
    """The facts with the version that was shown."""

    version = HiddenField(default="0")
