"""The form of a profile; what goes together is decided in `rules` and `service`."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TextAreaField,
    widgets,
)
from wtforms.validators import Length, NumberRange, Optional

from plugins.partners import codes
from plugins.partners.queries import Partner
from portal.errors import Invalid
from portal.i18n import Form, _, language_name, lazy_gettext, locale

LANGUAGES = (
    "bg cs da de el en es et fi fr ga hr hu is it lt lv mk mt nb nl pl pt ro sk sl sq sr sv tr uk"
).split()
PLAIN = (
    "roles", "fields", "modes", "targets", "inclusion", "accommodation", "months", "group_min",
    "group_max", "places_a_year", "stay_min_weeks", "stay_max_weeks", "minimum_age",
    "accompanying_max", "accompanying_free",
)  # fmt: skip


class Boxes(SelectMultipleField):
    """Several of a list, as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


def whole(label: Any, most: int, description: Any = "") -> IntegerField:
    """Return an optional field for a whole number from 0 to `most`."""
    limits = NumberRange(0, most, lazy_gettext("Write the number as digits, 0 to %(max)s."))
    return IntegerField(label, [Optional(), limits], description=description)


def _version(text: Any) -> int | None:
    return int(text) if str(text or "").isdigit() else None


class ProfileForm(Form):
    """A partner's profile. `partner` gives what is stored; texts come in up to three languages."""

    version = HiddenField(filters=[_version])
    roles = Boxes(lazy_gettext("Takes part as"))
    summary_1 = TextAreaField(
        lazy_gettext("About you, in your own language"),
        [Optional(), Length(max=5_000)],
        description=lazy_gettext(
            "Two to four sentences. Name the occupations: they are found in other languages too."
        ),
    )
    language_1 = SelectField(lazy_gettext("Language of this text"))
    summary_2 = TextAreaField(
        lazy_gettext("The same in a second language"), [Optional(), Length(max=5_000)]
    )
    language_2 = SelectField(lazy_gettext("Language of the second text"))
    fields = Boxes(lazy_gettext("Fields of education"))
    languages = Boxes(lazy_gettext("Languages at work"))
    modes = Boxes(lazy_gettext("Mode"))
    targets = Boxes(lazy_gettext("Works with"))
    inclusion = Boxes(lazy_gettext("Access and support"))
    accommodation = Boxes(lazy_gettext("Accommodation"))
    group_min = whole(lazy_gettext("Smallest group"), 500)
    group_max = whole(lazy_gettext("Largest group"), 500)
    places_a_year = whole(lazy_gettext("Places a year"), 10_000)
    stay_min_weeks = whole(lazy_gettext("Shortest stay in weeks"), 104)
    stay_max_weeks = whole(lazy_gettext("Longest stay in weeks"), 104)
    minimum_age = whole(lazy_gettext("Minimum age"), 99)
    accompanying_max = whole(lazy_gettext("Accompanying persons at most"), 50)
    accompanying_free = whole(lazy_gettext("of them without charge"), 50)
    months = Boxes(lazy_gettext("Months with places"), coerce=int)
    commitments = Boxes(
        lazy_gettext("Quality promises"),
        description=lazy_gettext("Promise only what you keep: partners will be asked about it."),
    )

    def __init__(self, formdata: Any = None, *, partner: Partner) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored(partner))
        self.partner = partner
        own = [(tag, language_name(tag, locale())) for tag in LANGUAGES]
        own.sort(key=lambda pair: pair[1])
        self.language_1.choices = self.language_2.choices = [("", "-"), *own]
        self.languages.choices = own
        self.roles.choices = [(key, str(name)) for key, name in codes.ROLES.items()]
        self.fields.choices = [(code, codes.field_name(code)) for code in codes.field_codes(3)]
        self.fields.choices += [
            (code, codes.field_name(code)) for code in partner.fields if len(code) != 3
        ]
        for name, field in (
            ("mode", self.modes),
            ("target", self.targets),
            ("inclusion", self.inclusion),
            ("accommodation", self.accommodation),
        ):
            field.choices = [(key, codes.key_name(name, key)) for key in codes.keys(name)]
        self.months.choices = [
            (month, format_date(date(2026, month, 1), "LLLL", locale=locale()))
            for month in range(1, 13)
        ]
        self.commitments.choices = [
            (key, codes.commitment_name(key)) for key in codes.commitments()
        ]

    def values(self) -> dict[str, Any]:
        """Return the profile's columns as typed; what the form does not show stays as it is."""
        kept = dict(self.partner.summaries)
        for tag in (self.language_1.object_data, self.language_2.object_data):
            kept.pop(tag, None)
        for text, tag in (
            (self.summary_1.data, self.language_1.data),
            (self.summary_2.data, self.language_2.data),
        ):
            if text and text.strip():
                kept[tag] = text.strip()
        levels = {pair[0]: pair[1] for pair in self.partner.languages}
        return {
            **{name: self[name].data for name in PLAIN},
            "languages": [[tag, levels.get(tag, "")] for tag in self.languages.data or []],
            "summaries": kept,
            "original": self.language_1.data if self.summary_1.data else "",
            "commitments": self.commitments.data or [],
        }

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, and that each text says its language."""
        good = super().validate(extra_validators)
        for text, tag in ((self.summary_1, self.language_1), (self.summary_2, self.language_2)):
            if (text.data or "").strip() and not tag.data:
                tag.errors = [*tag.errors, _("Say in which language the text is.")]
                good = False
        if (
            self.summary_1.data
            and self.summary_2.data
            and self.language_1.data == self.language_2.data
        ):
            self.language_2.errors = [_("Both texts are in the same language. Choose another one.")]
            good = False
        return good

    def attach(self, error: Invalid) -> None:
        """Show a refusal of the service beside its field."""
        field = self[error.field] if error.field in self else self.summary_1
        field.errors = [*field.errors, error.message]


def _stored(partner: Partner) -> dict[str, Any]:
    tags = [tag for tag in (partner.original, *partner.summaries) if tag in partner.summaries]
    tags = [*dict.fromkeys(tags), "", ""]
    return {
        **{name: partner.values[name] for name in PLAIN},
        "version": partner.version or "",
        "languages": [pair[0] for pair in partner.languages],
        "summary_1": partner.summaries.get(tags[0], ""),
        "language_1": tags[0] or locale(),
        "summary_2": partner.summaries.get(tags[1], ""),
        "language_2": tags[1],
        "commitments": list(partner.commitments),
    }
