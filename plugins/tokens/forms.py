"""The shape of a new token."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from plugins.tokens import labels, rules
from portal.i18n import Form, ngettext
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import OrganisationMember


class TokenForm(Form):
    """A name, what it may do, for which organisation and how long."""

    name = StringField(
        lazy("What it is for"),
        [InputRequired(lazy("Write what the token is for, such as the program's name."))],
        description=lazy("So that you know it again, such as: our school's timetable."),
        render_kw={"maxlength": rules.LONGEST_NAME, "autocomplete": "off"},
    )
    scope = RadioField(lazy("What it may do"), default="read", validate_choice=False)
    organisation = SelectField(lazy("For which organisation"), default="", validate_choice=False)
    days = SelectField(
        lazy("How long it is good"), default=rules.DAYS, coerce=int, validate_choice=False
    )

    def __init__(self, mine: list[OrganisationMember], *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.scope.choices = [
            SelectChoice(scope, labels.scope_name(scope)) for scope in rules.SCOPES
        ]
        self.organisation.choices = [
            SelectChoice("", lazy("Everything that I may see or change")),
            *(SelectChoice(item.organisation.public_id, item.organisation.name) for item in mine),
        ]
        self.days.choices = [
            SelectChoice(days, ngettext("%(num)s day", "%(num)s days", days))
            for days in rules.DAYS_OFFERED
        ]
