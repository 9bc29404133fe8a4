"""The shape of what is typed; what it must be like stands in `rules`."""

from __future__ import annotations

from typing import Any

from wtforms import (
    FileField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from plugins.cooperation import labels, rules
from plugins.partners.interface import LANGUAGES
from portal.fields import NOT_EMPTY, DateField, languages, options
from portal.i18n import Form, locale
from portal.i18n import lazy_gettext as lazy

TOO_LONG = lazy("Write at most %(max)d characters.")
WE, THEY = "we", "they"


class RecordForm(Form):
    """Past cooperation."""

    organisation = SelectField(lazy("Your organisation"), validate_choice=False)
    partner = StringField(
        lazy("The organisation you worked with"),
        [InputRequired(NOT_EMPTY), Length(max=300)],
        description=lazy(
            "Its name as on its profile here, its website or a number such as its OID."
        ),
    )
    who = RadioField(
        lazy("Who sent participants?"),
        [InputRequired(NOT_EMPTY)],
        choices=[
            SelectChoice(WE, lazy("We sent participants to them")),
            SelectChoice(THEY, lazy("They sent participants to us")),
        ],
    )
    project = StringField(
        lazy("Number of the project"),
        [InputRequired(NOT_EMPTY), Length(max=60)],
        description=lazy("As in the grant agreement: %(example)s", example="2024-1-DE02-KA121-VET-000012345"),
    )  # fmt: skip
    first_month = StringField(
        lazy("First month"),
        [InputRequired(NOT_EMPTY), Length(max=10)],
        description=lazy("Year and month: %(example)s", example="2025-03"),
    )
    last_month = StringField(
        lazy("Last month"),
        [InputRequired(NOT_EMPTY), Length(max=10)],
        description=lazy("Year and month: %(example)s", example="2025-04"),
    )
    participants = IntegerField(lazy("How many participants"), [InputRequired(NOT_EMPTY)])

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        names = ("project", "first_month", "last_month", "participants")
        return {name: self[name].data for name in names} | {"we_sent": self.who.data == WE}


class DocumentForm(Form):
    """A dated document of a stay."""

    kind = SelectField(
        lazy("What it is"),
        choices=[SelectChoice(kind, title) for kind, title in labels.KINDS.items()],
    )
    dated_on = DateField(lazy("The date that stands in it"), [InputRequired(NOT_EMPTY)])
    file = FileField(
        lazy("The document"),
        description=lazy("PDF, PNG or JPEG, at most 5 MB. Cross out names of participants first."),
    )


class AskForm(Form):
    """Whom somebody asks for a reference: an organisation here, or an address."""

    organisation = SelectField(lazy("Your organisation"), validate_choice=False)
    giver = StringField(
        lazy("An organisation that is here"),
        [Optional(), Length(max=300)],
        description=lazy(
            "Its name as on its profile here, its website or a number such as its OID."
        ),
    )
    email = StringField(
        lazy("Or a mail address"),
        [Optional(), Length(max=254)],
        description=lazy("They get a link and need no account. We show where the address is from, not whose it is."),
    )  # fmt: skip
    name = StringField(lazy("Name, for the mail"), [Optional(), Length(max=120)])
    language = SelectField(lazy("Language of the mail"), validate_choice=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        """Offer languages."""
        super().__init__(*args, **more)
        self.language.choices = options(languages(LANGUAGES))
        if self.language.data not in LANGUAGES:
            self.language.data = locale()


class ReferenceForm(Form):
    """The words of a reference."""

    worked = StringField(
        lazy("When did you work together?"),
        [InputRequired(NOT_EMPTY), Length(max=80, message=TOO_LONG)],
        description=lazy("Such as: 2022 to 2024"),
    )
    text = TextAreaField(
        lazy("How was it to work with them?"),
        [InputRequired(NOT_EMPTY), Length(max=rules.LONGEST_TEXT, message=TOO_LONG)],
        description=lazy("Name no persons. A reviewer reads it; then everybody can."),
    )


class ReplyForm(Form):
    """An answer to a reference."""

    text = TextAreaField(
        lazy("Your answer"),
        [InputRequired(NOT_EMPTY), Length(max=rules.LONGEST_TEXT, message=TOO_LONG)],
        description=lazy(
            "Everybody can read it. Name no persons. There is one answer to a reference."
        ),
    )
