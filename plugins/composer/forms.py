"""Shapes of a wish and of a network; what is right stands in `wishing` and with the consortia."""

from __future__ import annotations

from typing import Any

from wtforms import IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from plugins.composer.composing import SCORES
from plugins.consortia.interface import MOST_PLACES, countries
from plugins.partners.interface import (
    LANGUAGES,
    ROLES,
    field_codes,
    field_name,
    key_name,
    keys,
)
from portal.fields import NOT_EMPTY, Boxes, languages, options
from portal.i18n import Form, number
from portal.i18n import lazy_gettext as lazy
from portal.text import sort_key


class WishForm(Form):
    """What a consortium looks for: a wish for each country and field."""

    part = SelectField(lazy("The partner should be"), validate_choice=False)
    countries = Boxes(lazy("In which countries?"), description=lazy("A wish for each of them."))
    fields = Boxes(lazy("For which fields?"), description=lazy("A wish for each of them."))
    language = SelectField(lazy("Language that helps"), validate_choice=False)
    places = IntegerField(
        lazy("Size of the group"),
        [
            Optional(),
            NumberRange(0, MOST_PLACES, lazy("Write the number as digits, 0 to %(max)s.")),
        ],
    )

    inclusion = SelectField(lazy("What learners may need"), validate_choice=False)
    least = SelectField(
        lazy("Rated at least"),
        description=lazy("Whoever has too few ratings for a score is left out then."),
        validate_choice=False,
    )

    def __init__(self, formdata: Any = None, *, is_rated: bool = False) -> None:
        super().__init__(formdata, data={"part": "host"})
        if not is_rated:
            del self.least
        else:
            scores = [(str(tenths), number(tenths / 10, 1)) for tenths in SCORES]
            self.least.choices = options([("", str(lazy("any"))), *scores])
        wanted = [(key, key_name("inclusion", key)) for key in keys("inclusion")]
        self.inclusion.choices = options([("", str(lazy("nothing special"))), *wanted])
        self.part.choices = options((key, str(name)) for key, name in ROLES.items())
        self.countries.choices = options(countries())
        names = [(code, field_name(code)) for code in field_codes(4)]
        self.fields.choices = options(sorted(names, key=lambda pair: sort_key(pair[1])))
        self.language.choices = options([("", str(lazy("any"))), *languages(LANGUAGES)])

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = {name: self[name].data or "" for name in ("part", "language", "inclusion")}
        least = self.least.data if self.least else ""
        texts["least"] = least or ""
        several = {name: self[name].data or [] for name in ("countries", "fields")}
        return texts | several | {"places": self.places.data or 0}


class GrowForm(Form):
    """The network that cooperations grow into."""

    name = StringField(lazy("Name of the network"), [InputRequired(NOT_EMPTY)])
    purpose = TextAreaField(
        lazy("What do you want to do together?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Two or three sentences. Everybody can read them once it has started."),
    )
    message = TextAreaField(lazy("A word to them"))
