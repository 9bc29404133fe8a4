"""The shape of what is typed; what values must be like stands in the module of rules."""

from __future__ import annotations

from typing import Any

from wtforms import HiddenField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from portal.errors import Invalid
from portal.i18n import Form, country_name
from portal.i18n import lazy_gettext as lazy
from portal.organisations import labels
from portal.organisations.models import TYPES
from portal.organisations.rules import country_codes
from portal.text import sort_key


class OrganisationForm(Form):
    """An organisation's own facts."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the organisation's name."))])
    country = SelectField(
        lazy("Country"), [InputRequired(lazy("Choose the country."))], validate_choice=False
    )
    type = SelectField(lazy("Type"), default="other", validate_choice=False)
    city = StringField(lazy("Town"))
    website = StringField(lazy("Website"))
    version = HiddenField(default="0")

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        names = sorted((sort_key(country_name(code)), code) for code in country_codes())
        countries = [SelectChoice(code, country_name(code)) for _key, code in names]
        self.country.choices = [SelectChoice("", ""), *countries]
        self.type.choices = [SelectChoice(kind, labels.type_name(kind)) for kind in TYPES]

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {name: typed or "" for name, typed in self.data.items() if name != "version"}


def mark(form: Any, error: Invalid) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    if error.field and error.field in form:
        form[error.field].errors = [error.message]
    else:
        form.form_errors = [*form.form_errors, error.message]
