"""The shape of what is shared."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from plugins.tasks import labels
from portal.fields import DateField
from portal.hookspecs import ObjectType
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class ShareForm(Form):
    """Somebody gets a role on an object, for good or until the end of a day."""

    who = StringField(
        lazy("Who"),
        [
            InputRequired(
                lazy("Write the mail address of a person or the address of an organisation.")
            )
        ],
        description=lazy(
            "The mail address of a person's account, or the end of an organisation's address here, "
            "such as school-of-bonn: then all its people get it."
        ),
    )
    role = RadioField(lazy("What they may do"), [InputRequired(lazy("Choose one."))])
    expires_at = DateField(
        lazy("Last day"),
        [Optional()],
        description=lazy("Year, month, day: 2027-05-18. Leave it empty for no end."),
    )

    def __init__(self, kind: ObjectType, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.role.choices = [
            SelectChoice(role, labels.role_name(role)) for role in kind.shared_roles
        ]
